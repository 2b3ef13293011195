"""The project's own gate: what dbt and the linters cannot see, one line per check with its counts.

`python -m callmart.checks --warehouse DIR` reads the catalogue and the other seeds, the manifest that the last
build in that warehouse left, the release that readers see there, and the files of the repository. Exit code 1
when a check fails.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from callmart.kpi_pages import LANGUAGES, Sources
from callmart.paths import PROJECT, warehouse_folder

Node = Mapping[str, Any]
SeedRow = Mapping[str, str]

KINDS = frozenset({"count", "ratio", "distinct", "percentile", "derived"})
DIRECTIONS = frozenset({"higher", "lower", "none"})
UNITS = frozenset(
    [
        "calls",
        "calls/h",
        "contacts/h",
        "currency",
        "currency/day",
        "customers",
        "days",
        "erlangs",
        "follow-ups",
        "hours",
        "leads",
        "minutes",
        "percent",
        "points",
        "records",
        "score",
        "seconds",
        "tickets",
        "visits",
    ]
)
SCOPES = frozenset(
    [
        "all",
        "queue",
        "site",
        "channel",
        "source_channel",
        "campaign",
        "team",
        "agent",
        "contact_list",
        "industry",
        "company_size",
        "survey",
        "segment",
        "product_feature",
    ]
)
TEXTS = ("name_en", "name_fr", "definition_en", "definition_fr")
GUIDE_TEXTS = tuple(
    f"{text}_{language}"
    for text in ("question", "counted", "left_out", "elsewhere", "pitfalls")
    for language in LANGUAGES
)
SAID_OF_A_COLUMN = ("Unit:", "Null:", "Additive:")
# Each flag of a disposition, and the wider one it implies.
WIDER_FLAG = {
    "is_human_answered": "is_connected",
    "is_contact_established": "is_human_answered",
    "is_argued": "is_contact_established",
    "is_positive": "is_argued",
    "is_conversion": "is_positive",
    "is_sale": "is_conversion",
    "is_appointment": "is_conversion",
    "is_refusal": "is_contact_established",
    "is_do_not_call": "is_refusal",
    "is_callback": "is_human_answered",
}
# The names of a folder's models, by the start of the model's path; the longest start decides.
NAMES = {
    "connectors/": r"connector_records|[a-z][a-z0-9_]*__[a-z0-9_]+",
    "staging/": r"stg_[a-z0-9_]+|(rejected|superseded|replaced|touched)_records",
    "staging/landed/": r"landed_[a-z0-9_]+",
    "intermediate/": r"int_[a-z0-9]+(_[a-z0-9]+)*(__[a-z0-9]+(_[a-z0-9]+)*)?",
    "intermediate/touched/": r"touched_[a-z0-9_]+|(measure_)?context(_used)?",
    "marts/": r"(?!stg_|int_|fct_|dim_|landed_)[a-z0-9]+(_[a-z0-9]+)*",
    "marts/core/": r"(fct|dim)_[a-z0-9_]+",
}
FOREVER = "9999-12-31"
# Folders that only one machine has, where a path begins; and hosts that only one network's installs need.
MACHINE_PATH = re.compile(r"(?<![\w.$}~/*-])/(?:home|root|Users|tmp|var/tmp|private/tmp)/[\w.~-]")
REGISTRY_HOST = re.compile(
    r"(?:--(?:extra-)?index-url|\bindex-url\s*=|files\.pythonhosted\.|\bpypi\.org|\bartifactory\b|\bnexus\.)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Project:
    """What the checks look at.

    Attributes:
        manifest: dbt's manifest of the project.
        seeds: rows of the seed files, by the seed's name.
        database: the release that readers open.
        root: the project's folder.
    """

    manifest: Mapping[str, Any]
    seeds: Mapping[str, Sequence[SeedRow]]
    database: Path
    root: Path

    @property
    def catalogue(self) -> Sequence[SeedRow]:
        """One row per KPI."""
        return self.seeds["kpi_catalogue"]

    @property
    def models(self) -> list[Node]:
        """The models, by name."""
        return self._nodes("model")

    @property
    def public_models(self) -> list[Node]:
        """The models that readers see."""
        return [model for model in self.models if model["config"].get("access") == "public"]

    @property
    def measures(self) -> dict[str, list[str]]:
        """Every measure, with the models that define it."""
        found: dict[str, list[str]] = {}
        for model in self.models:
            for name, column in model["columns"].items():
                if _meta(column).get("measure"):
                    found.setdefault(name, []).append(model["name"])
        return found

    def seed_nodes(self) -> list[Node]:
        """The seeds as dbt knows them."""
        return self._nodes("seed")

    def _nodes(self, kind: str) -> list[Node]:
        nodes = [node for node in self.manifest["nodes"].values() if node["resource_type"] == kind]
        return sorted(nodes, key=lambda node: str(node["name"]))


@dataclass(frozen=True)
class Verdict:
    """What a check found: a few words with counts, and a sentence for everything that is wrong."""

    summary: str
    problems: Sequence[str] = field(default_factory=list)


Check = Callable[[Project], Verdict]


# KPIs


def kpis_have_unit_tests(project: Project) -> Verdict:
    """Every KPI is named by a unit test's `meta.kpis`, and these name no other."""
    known = {row["kpi_id"] for row in project.catalogue}
    problems = []
    tested: set[str] = set()
    for test in project.manifest.get("unit_tests", {}).values():
        for kpi_id in _meta(test).get("kpis", []):
            if kpi_id not in known:
                problems.append(
                    f"The unit test {test['name']} names the KPI {kpi_id}, which the catalogue has not."
                )
            tested.add(kpi_id)
    problems += [
        f"Write a unit test for {kpi_id} and name it in its `meta.kpis`." for kpi_id in sorted(known - tested)
    ]
    return Verdict(f"{len(known & tested)} of {len(known)} KPIs have a unit test", problems)


def catalogue_is_sound(project: Project) -> Verdict:
    """Names and definitions in both languages, known words, a multiplier, and the sides its kind has."""
    problems = []
    for row in project.catalogue:
        kpi_id = row["kpi_id"]
        problems += [f"{kpi_id}: {name} is empty." for name in TEXTS if not row[name].strip()]
        for name, known in (("kind", KINDS), ("unit", UNITS), ("better", DIRECTIONS)):
            if row[name] not in known:
                problems.append(f"{kpi_id}: {name} is {row[name]!r}, none of {', '.join(sorted(known))}.")
        scopes = row["scopes"].split(" ")
        problems += [f"{kpi_id}: {scope!r} is no scope." for scope in scopes if scope not in SCOPES]
        problems += [
            f"{kpi_id}: scope {scope} is given twice." for scope in set(scopes) if scopes.count(scope) > 1
        ]
        if not re.fullmatch(r"[1-9][0-9]*(/[1-9][0-9]*)?", row["multiplier"]):
            problems.append(
                f"{kpi_id}: multiplier {row['multiplier']!r} is neither a whole number from 1 nor a fraction like 1/60."
            )
        if row["kind"] == "count" and row["denominator"]:
            problems.append(f"{kpi_id}: a count has no denominator.")
        if row["kind"] in ("ratio", "percentile") and not row["denominator"]:
            problems.append(f"{kpi_id}: a {row['kind']} needs a denominator.")
        if (row["kind"] == "derived") == bool(row["numerator"]):
            problems.append(f"{kpi_id}: it names a numerator, or its kind is derived.")
    ids = [row["kpi_id"] for row in project.catalogue]
    problems += [
        f"{kpi_id} stands in the catalogue twice." for kpi_id in sorted(set(ids)) if ids.count(kpi_id) > 1
    ]
    return Verdict(f"{len(ids)} KPIs with names and definitions in English and French", problems)


def kpis_are_explained(project: Project) -> Verdict:
    """Every KPI has every text of the guide, and a page with a worked example in both languages."""
    guide = {row["kpi_id"]: row for row in project.seeds["kpi_guide"]}
    known = {row["kpi_id"] for row in project.catalogue}
    examples = Sources(project.root).examples
    problems = [
        f"The guide is about {kpi_id}, which the catalogue has not." for kpi_id in guide.keys() - known
    ]
    explained = 0
    for row in project.catalogue:
        kpi_id = row["kpi_id"]
        texts = guide.get(kpi_id, {})
        found = [f"the guide has no {name}" for name in GUIDE_TEXTS if not texts.get(name, "").strip()]
        found += [
            f"the other reading {reading} is no KPI"
            for reading in texts.get("other_readings", "").split()
            if reading not in known
        ]
        found += [
            f"it has no page in {language}"
            for language in LANGUAGES
            if not (project.root / "docs" / "kpis" / language / f"{kpi_id}.md").is_file()
        ]
        if kpi_id not in examples:
            found.append("no unit test has an example of it in its `meta.examples`")
        problems += [f"{kpi_id}: {problem}." for problem in found]
        explained += not found
    return Verdict(
        f"{explained} of {len(known)} KPIs have a guide, a worked example and a page in English and French",
        problems,
    )


def kpis_stand_on_contracts(project: Project) -> Verdict:
    """Every KPI is made of described columns of an enforced contract: its measures, or the value of its formula."""
    described = {
        name
        for model in project.models
        if model["config"]["contract"]["enforced"]
        for name, column in model["columns"].items()
        if column["description"].strip()
    }
    problems = []
    for row in project.catalogue:
        needed = [row[side] for side in ("numerator", "denominator") if row[side]] or ["value"]
        problems += [
            f"{row['kpi_id']}: no enforced contract describes the column {name}."
            for name in needed
            if name not in described
        ]
    failing = {problem.partition(":")[0] for problem in problems}
    total = len(project.catalogue)
    return Verdict(
        f"{total - len(failing)} of {total} KPIs are described columns of an enforced contract", problems
    )


def measures_exist_and_are_used(project: Project) -> Verdict:
    """Every side of a KPI is a measure; every measure is one, part of a formula, or a column readers see by itself."""
    measures = project.measures
    named: dict[str, str] = {}
    for row in project.catalogue:
        if row["kind"] != "derived":
            named |= {row[side]: row["kpi_id"] for side in ("numerator", "denominator") if row[side]}
    problems = [
        f"{kpi_id} names the measure {name}, which no model defines."
        for name, kpi_id in sorted(named.items())
        if name not in measures
    ]
    shown = {name for model in project.public_models for name in model["columns"]}
    formulas = next(model["raw_code"] for model in project.models if model["name"] == "kpi_derived")
    shown |= {name for name in measures if re.search(rf"\b{name}\b", formulas)}
    unused = sorted(set(measures) - set(named))
    problems += [
        f"No KPI and no public table uses the measure {name} of {', '.join(measures[name])}: remove it."
        for name in unused
        if name not in shown
    ]
    return Verdict(
        f"{len(measures)} measures: {len(set(named) & set(measures))} in a KPI, {len(set(unused) & shown)} in a"
        " formula or shown as they are",
        problems,
    )


def kpis_have_values(project: Project) -> Verdict:
    """Every KPI has values in every scope of its, unless its raw tables are absent."""
    rows = _query(
        project.database, "select distinct kpi_id, scope_type from marts.kpi_values where value is not null"
    )
    absent = {
        kpi_id
        for (kpi_id,) in _query(
            project.database, "select kpi_id from marts.data_availability where not is_available"
        )
    }
    expected = {
        (row["kpi_id"], scope)
        for row in project.catalogue
        if row["kpi_id"] not in absent
        for scope in row["scopes"].split(" ")
    }
    found = set(rows)
    problems = [f"{kpi_id} has no value in scope {scope}." for kpi_id, scope in sorted(expected - found)]
    problems += [
        f"{kpi_id} has values in scope {scope}, which the catalogue does not give it."
        for kpi_id, scope in sorted(found - expected)
    ]
    kpis = {kpi_id for kpi_id, _ in found}
    return Verdict(
        f"{len(kpis)} of {len(project.catalogue)} KPIs have values, in {len(expected & found)} of {len(expected)}"
        f" pairs of KPI and scope; {len(absent)} not available",
        problems,
    )


# Public tables


def public_tables_are_as_declared(project: Project) -> Verdict:
    """Columns and types: the same in the properties file, the enforced contract and the published table."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in _query(
        project.database,
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'marts'"
        " order by table_name, ordinal_position",
    ):
        found.setdefault(table, []).append((column, kind))
    problems = []
    for model in project.public_models:
        name = model["name"]
        if not model["config"]["contract"]["enforced"]:
            problems.append(f"{name}: its contract is not enforced.")
        if not model["config"].get("group"):
            problems.append(f"{name}: it has no group.")
        declared = [(column, _type(said["data_type"])) for column, said in model["columns"].items()]
        published = [(column, _type(kind)) for column, kind in found.get(name, [])]
        if not published:
            problems.append(f"{name}: it is not published.")
        elif declared != published:
            differing = sorted({column for column, _ in set(declared) ^ set(published)})
            told = ", ".join(differing) or "the order of its columns"
            problems.append(f"{name}: declared and published table differ in {told}.")
    names = {model["name"] for model in project.public_models}
    problems += [f"{name}: it is published and no model is it." for name in sorted(set(found) - names)]
    columns = sum(len(model["columns"]) for model in project.public_models)
    return Verdict(f"{len(names)} public tables, {columns} columns as declared", problems)


def public_columns_are_explained(project: Project) -> Verdict:
    """Every description says unit, meaning of null and additivity, and is the comment of the published column."""
    comments = {
        (table, column): comment
        for table, column, comment in _query(
            project.database,
            "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
            " union all select table_name, null, comment from duckdb_tables() where schema_name = 'marts'",
        )
    }
    problems = []
    counted = 0
    for model in project.public_models:
        if _plain(comments.get((model["name"], None))) != _plain(model["description"]):
            problems.append(f"{model['name']}: the published table's comment is not its description.")
        for column, said in model["columns"].items():
            counted += 1
            where, description = f"{model['name']}.{column}", said["description"]
            missing = [word for word in SAID_OF_A_COLUMN if word not in description]
            if missing:
                problems.append(f"{where}: its description lacks {' and '.join(missing)}")
            if _plain(comments.get((model["name"], column))) != _plain(description):
                problems.append(f"{where}: the published column's comment is not its description.")
    return Verdict(
        f"{counted} public columns with unit, null and additivity, commented in the release", problems
    )


# Models


def data_go_one_way(project: Project) -> Verdict:
    """No public model reads staging, only staging reads raw tables, and staging reads nothing else of ours."""
    by_id = {str(model["unique_id"]): model for model in project.models}
    problems = []
    references = 0
    for model in project.models:
        is_staging = _folder(model) == "staging"
        for parent in model["depends_on"]["nodes"]:
            references += 1
            if parent in by_id:
                of_staging = _folder(by_id[parent]) == "staging"
                if of_staging and model["config"].get("access") == "public":
                    problems.append(
                        f"{model['name']} is public and reads {by_id[parent]['name']} of staging."
                    )
                if is_staging and not of_staging:
                    problems.append(
                        f"{model['name']} of staging reads {by_id[parent]['name']}, which is no staging."
                    )
            elif parent.startswith("source.") and not is_staging and parent.split(".")[2] == "raw":
                problems.append(
                    f"{model['name']} reads the raw table {parent.split('.')[3]}: only staging does."
                )
    return Verdict(f"{references} references between models go one way", problems)


def what_readers_use_is_public_and_owned(project: Project) -> Verdict:
    """Exposures, and the questions kept as analyses, stand on public tables; each, and each group, has an owner.

    An exposure whose `meta` names its code depends on exactly the tables that the code names.
    """
    public = {str(model["unique_id"]) for model in project.public_models}
    exposures = list(project.manifest.get("exposures", {}).values())
    analyses = [node for node in project.manifest["nodes"].values() if node["resource_type"] == "analysis"]
    problems = []
    for user in [*exposures, *analyses]:
        kind = user["resource_type"]
        problems += [
            f"The {kind} {user['name']} reads {parent.split('.')[-1]}, which is not public."
            for parent in user["depends_on"]["nodes"]
            if parent not in public
        ]
        if not user["depends_on"]["nodes"]:
            problems.append(f"The {kind} {user['name']} reads nothing.")
    for exposure in exposures:
        problems += _differs_from_code(exposure, project.root)
    groups = list(project.manifest.get("groups", {}).values())
    for owned in [*exposures, *groups]:
        if not _plain((owned.get("owner") or {}).get("name")):
            problems.append(f"The {owned['resource_type']} {owned['name']} has no owner.")
        if not _plain(owned["description"]):
            problems.append(f"The {owned['resource_type']} {owned['name']} has no description.")
    return Verdict(
        f"{len(exposures)} exposures and {len(analyses)} analyses read public tables; {len(groups)} groups are owned",
        problems,
    )


def _differs_from_code(exposure: Mapping[str, Any], root: Path) -> list[str]:
    code = exposure["config"]["meta"].get("code")
    if code is None:
        return []
    path = root / code
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    read = {table for file in files for table in re.findall(r"\bmarts\.(\w+)", file.read_text("utf-8"))}
    declared = {parent.split(".")[-1] for parent in exposure["depends_on"]["nodes"]}
    return [
        *(
            f"{code} reads {table}, which the exposure {exposure['name']} leaves out."
            for table in read - declared
        ),
        *(
            f"The exposure {exposure['name']} names {table}, which {code} does not read."
            for table in declared - read
        ),
    ]


def everything_is_described(project: Project) -> Verdict:
    """Every model, public column, seed, source table and source column has a description."""
    described: list[tuple[str, str]] = []
    for kind, nodes in (("model", project.models), ("seed", project.seed_nodes())):
        described += [(f"The {kind} {node['name']}", node["description"]) for node in nodes]
    for model in project.public_models:
        described += [
            (f"The column {model['name']}.{name}", column["description"])
            for name, column in model["columns"].items()
        ]
    for source in project.manifest["sources"].values():
        where = f"{source['source_name']}.{source['name']}"
        described.append((f"The source table {where}", source["description"]))
        described += [
            (f"The source column {where}.{name}", column["description"])
            for name, column in source["columns"].items()
        ]
    problems = [f"{what} has no description." for what, text in described if not text.strip()]
    return Verdict(
        f"{len(described) - len(problems)} of {len(described)} things have a description", problems
    )


def names_follow_the_style(project: Project) -> Verdict:
    """A model's name begins as its folder asks; columns are in snake case, those of bookkeeping after a `_`."""
    problems = []
    for model in project.models:
        start = max((start for start in NAMES if model["path"].startswith(start)), key=len, default="")
        if not start:
            problems.append(f"{model['name']} lies in {model['path']}, which is no folder for models.")
        elif not re.fullmatch(NAMES[start], model["name"]):
            problems.append(f"{model['name']}: models/{start} holds names such as {NAMES[start]}.")
        problems += [
            f"{model['name']}.{column}: a column's name is in snake case."
            for column in model["columns"]
            if not re.fullmatch(r"_?[a-z][a-z0-9]*(_[a-z0-9]+)*", column)
        ]
    return Verdict(f"{len(project.models)} models named by their folder", problems)


# Seeds


def dispositions_imply_the_wider_ones(project: Project) -> Verdict:
    """A disposition with a flag has the wider flag too; a flag is true or false, a code stands once."""
    rows = project.seeds["dispositions"]
    problems = []
    for row in rows:
        flags = {name: row[name] for name in row if name.startswith("is_")}
        problems += [
            f"{row['code']}: {name} is {value!r}, neither true nor false."
            for name, value in flags.items()
            if value not in ("true", "false")
        ]
        problems += [
            f"{row['code']}: {narrow} is true and {wide} is not."
            for narrow, wide in WIDER_FLAG.items()
            if flags.get(narrow) == "true" and flags.get(wide) != "true"
        ]
    codes = [row["code"] for row in rows]
    problems += [f"{code} stands there twice." for code in sorted(set(codes)) if codes.count(code) > 1]
    return Verdict(f"{len(rows)} dispositions, {len(WIDER_FLAG)} flags that imply a wider one", problems)


def dated_targets_do_not_overlap(project: Project) -> Verdict:
    """At most one target holds for a KPI and scope on a day; a target is of a KPI the catalogue has."""
    rows = project.seeds["kpi_targets"]
    known = {row["kpi_id"] for row in project.catalogue}
    problems = [
        f"A target is of {row['kpi_id']}, which the catalogue has not."
        for row in rows
        if row["kpi_id"] not in known
    ]
    periods: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for row in rows:
        period = (row["valid_from"] or "0001-01-01", row["valid_to"] or FOREVER)
        where = f"{row['kpi_id']} of {row['scope_type']} {row['scope_id']}".strip()
        if period[1] <= period[0]:
            problems.append(f"The target of {where} ends on {period[1]}, before it begins.")
        periods.setdefault((row["kpi_id"], row["scope_type"], row["scope_id"]), []).append(period)
    for (kpi_id, scope_type, scope_id), spans in periods.items():
        problems += [
            f"Two targets of {kpi_id} of {scope_type} {scope_id} hold on {later[0]}.".replace("  ", " ")
            for earlier, later in pairwise(sorted(spans))
            if later[0] < earlier[1]
        ]
    return Verdict(f"{len(rows)} targets, none over another", problems)


# Files


def files_name_no_machine(project: Project) -> Verdict:
    """No file of the repository holds a path in a home or temporary folder, or the host of a registry."""
    problems = []
    files = list(_repository_files(project.root))
    for path in files:
        try:
            text = (project.root / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE_PATH.search(line):
                problems.append(f"{path}, line {number}: a path of one machine.")
            if REGISTRY_HOST.search(line):
                problems.append(f"{path}, line {number}: the host of a package registry.")
    return Verdict(f"{len(files)} files name no machine and no registry", problems)


def _repository_files(root: Path) -> Iterator[str]:
    """Paths of the files that are in the repository, or would be with the next commit."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    yield from sorted({name.decode() for name in listed.stdout.split(b"\0") if name})


CHECKS: Mapping[str, Check] = {
    "unit tests": kpis_have_unit_tests,
    "catalogue": catalogue_is_sound,
    "guide and pages": kpis_are_explained,
    "contracts": kpis_stand_on_contracts,
    "measures": measures_exist_and_are_used,
    "values": kpis_have_values,
    "public tables": public_tables_are_as_declared,
    "public columns": public_columns_are_explained,
    "one way": data_go_one_way,
    "faces": what_readers_use_is_public_and_owned,
    "descriptions": everything_is_described,
    "names": names_follow_the_style,
    "dispositions": dispositions_imply_the_wider_ones,
    "targets": dated_targets_do_not_overlap,
    "files": files_name_no_machine,
}


def read_project(warehouse: Path, root: Path = PROJECT) -> Project:
    """The project, as the last build in a warehouse left it.

    Raises:
        OSError: nothing was built there.
    """
    manifest = json.loads((warehouse / "work" / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    database = (warehouse / "current" / "callmart.duckdb").resolve(strict=True)
    seeds = {path.stem: _read_seed(path) for path in sorted((root / "seeds").glob("*.csv"))}
    return Project(manifest=manifest, seeds=seeds, database=database, root=root)


def run(project: Project, checks: Mapping[str, Check] = CHECKS) -> bool:
    """Print one line per check, and below it what is wrong; return whether all is well."""
    is_well = True
    for name, check in checks.items():
        verdict = check(project)
        print(f"{'FAILED' if verdict.problems else 'ok':<8}{name:<16}{verdict.summary}")
        for problem in verdict.problems:
            print(f"        - {problem}")
        is_well = is_well and not verdict.problems
    return is_well


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m callmart.checks [--warehouse DIR]`; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m callmart.checks", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--warehouse", type=Path, help="where scripts/build built the project (default: CALLMART_WAREHOUSE)"
    )
    options = parser.parse_args(arguments)
    warehouse = options.warehouse or warehouse_folder()
    try:
        project = read_project(warehouse)
    except OSError as error:
        print(
            f"checks: {error.filename or error} is missing: run scripts/build into {warehouse} first.",
            file=sys.stderr,
        )
        return 1
    return 0 if run(project) else 1


def _read_seed(path: Path) -> list[SeedRow]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _meta(thing: Node) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = thing.get("config", {}).get("meta", {})
    return meta


def _folder(model: Node) -> str:
    return str(model["path"]).partition("/")[0]


def _plain(text: str | None) -> str:
    return (text or "").strip()


def _type(name: str | None) -> str:
    """A type's name as DuckDB writes it."""
    plain = re.sub(r"\s+", "", (name or "").upper())
    return {"STRING": "VARCHAR", "TEXT": "VARCHAR", "INT": "INTEGER"}.get(plain, plain)


if __name__ == "__main__":
    sys.exit(main())
