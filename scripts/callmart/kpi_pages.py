"""The documentation pages of the KPIs, one per KPI in `docs/kpis/en` and `docs/kpis/fr`, written from its definition.

`python -m callmart.kpi_pages --write` writes them, `--check` tells whether they are up to date. A page takes names
and definition from the catalogue, the texts for readers from the guide, the measures from the models' properties,
and its worked example from the unit test that holds the KPI to it.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from callmart.generated import write_or_check
from callmart.paths import PROJECT
from callmart.scorecard_text import Language, Style

LANGUAGES: tuple[Language, ...] = ("en", "fr")
Row = Mapping[str, str]

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "index": "KPIs",
        "index_intro": (
            "One page per KPI, written by `python -m callmart.kpi_pages --write` from the catalogue, the guide, the"
            " models and their unit tests. In the data: `marts.kpi_dictionary`."
        ),
        "other_language": "en français",
        "unit": "unit",
        "better": "better",
        "higher": "higher",
        "lower": "lower",
        "none": "neither",
        "counted_by": "counted by",
        "scopes": "scopes",
        "needs": "raw tables needed",
        "source": "source",
        "definition": "Definition",
        "derived": "A formula over several measures, written in `models/marts/kpi/kpi_derived.sql`.",
        "percentile": "It is a percentile: the denominator says over how many rows.",
        "numerator": "numerator",
        "denominator": "denominator",
        "measure": "measure",
        "model": "model",
        "meaning": "meaning",
        "counted": "Who is in",
        "left_out": "Who is out",
        "example": "Worked example",
        "example_end": "A unit test holds the models to it.",
        "readings": "Other readings, under their own names",
        "elsewhere": "How others count it",
        "pitfalls": "Pitfalls",
        "compared": "Compared with",
        "target": "Target {target}, warning up to {warning} ({scope}).",
        "benchmark": "Benchmark {value}: {source}.",
        "no_reference": (
            "No published benchmark and no seeded target: it is compared with the centre's own target in"
            " `seeds/kpi_targets.csv`, once set, and with its own history."
        ),
        "query": "Where to read it",
        "query_also": "Also a column of {tables}.",
    },
    "fr": {
        "index": "Indicateurs",
        "index_intro": (
            "Une page par indicateur, écrite par `python -m callmart.kpi_pages --write` à partir du catalogue, du"
            " guide, des modèles et de leurs tests unitaires. Dans les données : `marts.kpi_dictionary`."
        ),
        "other_language": "in English",
        "unit": "unité",
        "better": "mieux",
        "higher": "plus haut",
        "lower": "plus bas",
        "none": "ni l'un ni l'autre",
        "counted_by": "daté par",
        "scopes": "périmètres",
        "needs": "tables brutes nécessaires",
        "source": "source",
        "definition": "Définition",
        "derived": "Une formule sur plusieurs mesures, écrite dans `models/marts/kpi/kpi_derived.sql`.",
        "percentile": "C'est un centile : le dénominateur dit sur combien de lignes.",
        "numerator": "numérateur",
        "denominator": "dénominateur",
        "measure": "mesure",
        "model": "modèle",
        "meaning": "sens (en anglais)",
        "counted": "Ce qui compte",
        "left_out": "Ce qui ne compte pas",
        "example": "Exemple chiffré (en anglais)",
        "example_end": "Un test unitaire y tient les modèles.",
        "readings": "Autres lectures, sous leur propre nom",
        "elsewhere": "Comment d'autres le comptent",
        "pitfalls": "Pièges",
        "compared": "Comparé à",
        "target": "Objectif {target}, alerte jusqu'à {warning} ({scope}).",
        "benchmark": "Référence {value} : {source}.",
        "no_reference": (
            "Ni référence publiée ni objectif fourni : il se compare à l'objectif du centre dans"
            " `seeds/kpi_targets.csv`, une fois fixé, et à son propre historique."
        ),
        "query": "Où le lire",
        "query_also": "C'est aussi une colonne de {tables}.",
    },
}
_SOURCES: dict[str, dict[str, str]] = {
    "en": {
        "S0": "a call-tracking vendor's page",
        "S1": "an outsourced call centre's page",
        "S2": "a telemarketing article",
        "S3": "a customer-relation glossary",
        "S4": "a support-KPI page",
        "peers": "what established products publish",
    },
    "fr": {
        "S0": "la page d'un éditeur de suivi d'appels",
        "S1": "la page d'un centre d'appels externalisé",
        "S2": "un article de télémarketing",
        "S3": "un glossaire de la relation client",
        "S4": "une page sur les indicateurs du support",
        "peers": "ce que publient les produits établis",
    },
}
# What the catalogue calls the date a row counts on, in French.
_DATE_ROLES = {
    "call start": "début de l'appel",
    "campaign": "début de la campagne",
    "cost date": "date du coût",
    "email sent": "envoi du courriel",
    "evaluation": "évaluation",
    "first contact": "premier contact",
    "follow-up": "relance",
    "interval": "intervalle",
    "lead converted": "conversion du lead",
    "lead created": "création du lead",
    "lead qualified": "qualification du lead",
    "list supplied": "remise du fichier",
    "meeting held": "tenue de l'entretien",
    "opportunity closed": "clôture de l'opportunité",
    "order": "commande",
    "order / cost date": "commande et date du coût",
    "period": "période",
    "state": "état de l'agent",
    "survey answered": "réponse à l'enquête",
    "survey sent": "envoi de l'enquête",
    "ticket closed": "clôture du ticket",
    "ticket created": "création du ticket",
    "ticket solved": "résolution du ticket",
    "visit date": "date de la visite",
}
_DOC = re.compile(r"\{%\s*docs\s+(\w+)\s*%\}(.*?)\{%\s*enddocs\s*%\}", re.DOTALL)
_DOC_USE = re.compile(r"\{\{\s*doc\(['\"](\w+)['\"]\)\s*\}\}")


@dataclass(frozen=True)
class Measure:
    """A column that a KPI is made of.

    Attributes:
        name: of the column.
        model: that defines it; several, joined by a comma, where each gives a part.
        meaning: its description without unit, meaning of null and additivity.
    """

    name: str
    model: str
    meaning: str


@dataclass(frozen=True)
class Sources:
    """Where everything on a page comes from, below the project's folder."""

    root: Path

    def seed(self, name: str) -> list[dict[str, str]]:
        """The rows of a seed file."""
        with (self.root / "seeds" / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    @cached_property
    def catalogue(self) -> dict[str, Row]:
        """The KPIs, by id, in the order of the catalogue."""
        return {row["kpi_id"]: row for row in self.seed("kpi_catalogue")}

    @cached_property
    def guide(self) -> dict[str, Row]:
        """The texts for readers, by KPI."""
        return {row["kpi_id"]: row for row in self.seed("kpi_guide")}

    @cached_property
    def targets(self) -> list[dict[str, str]]:
        """The seeded targets."""
        return [row for row in self.seed("kpi_targets") if row["target"]]

    @cached_property
    def benchmarks(self) -> list[dict[str, str]]:
        """The published reference values."""
        return self.seed("benchmarks")

    @cached_property
    def properties(self) -> list[dict[str, Any]]:
        """The properties files of the marts."""
        paths = sorted((self.root / "models" / "marts").rglob("*.yml"))
        return [yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in paths]

    @cached_property
    def models(self) -> list[dict[str, Any]]:
        """The models of the marts, as their properties files declare them."""
        return [model for properties in self.properties for model in properties.get("models", [])]

    @cached_property
    def docs(self) -> dict[str, str]:
        """The shared descriptions, by name."""
        found: dict[str, str] = {}
        for path in sorted((self.root / "models").rglob("*.md")):
            found |= {name: text.strip() for name, text in _DOC.findall(path.read_text(encoding="utf-8"))}
        return found

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Every measure, by name."""
        found: dict[str, Measure] = {}
        for model in self.models:
            for column in model.get("columns", []):
                if not column.get("config", {}).get("meta", {}).get("measure"):
                    continue
                name, models = column["name"], str(model["name"])
                if name in found:
                    models = f"{found[name].model}, {models}"
                text = _DOC_USE.sub(lambda use: self.docs[use[1]], column["description"])
                found[name] = Measure(name, models, " ".join(text.partition("Unit:")[0].split()))
        return found

    @cached_property
    def examples(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """By KPI: the sentence that works a number by hand, and the row a unit test expects of it."""
        found: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for properties in self.properties:
            for test in properties.get("unit_tests", []):
                sentences = test.get("config", {}).get("meta", {}).get("examples", {})
                for kpi_id, sentence in sentences.items():
                    rows = [row for row in test["expect"]["rows"] if row.get("kpi_id") == kpi_id]
                    if rows:
                        found[kpi_id] = (sentence, rows[0])
        return found

    def tables_with(self, column: str) -> list[str]:
        """The public tables that have a column of this name."""
        return [
            str(model["name"])
            for model in self.models
            if model.get("config", {}).get("access") == "public"
            and any(found["name"] == column for found in model.get("columns", []))
        ]


def pages(sources: Sources) -> dict[str, str]:
    """Every page, by its path below `docs/kpis`."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        found[f"{language}/README.md"] = "\n".join(_index(sources, language)) + "\n"
        for kpi_id in sources.catalogue:
            found[f"{language}/{kpi_id}.md"] = "\n".join(_page(sources, kpi_id, language)) + "\n"
    return found


def _index(sources: Sources, language: Language) -> Iterator[str]:
    words = _WORDS[language]
    style = Style(language, is_ascii=False, currency="€")
    yield f"# {words['index']}"
    yield ""
    yield words["index_intro"]
    other = _other(language)
    yield ""
    yield f"[{words['other_language']}](../{other}/README.md)"
    for domain in dict.fromkeys(row["domain"] for row in sources.catalogue.values()):
        yield ""
        yield f"## {style.domain(domain)}"
        yield ""
        for kpi_id, row in sources.catalogue.items():
            if row["domain"] == domain:
                question = sources.guide[kpi_id][f"question_{language}"]
                yield f"- [{row[f'name_{language}']}]({kpi_id}.md): {question}"


def _page(sources: Sources, kpi_id: str, language: Language) -> Iterator[str]:
    words, row, guide = _WORDS[language], sources.catalogue[kpi_id], sources.guide[kpi_id]
    style = Style(language, is_ascii=False, currency="€")
    other = _other(language)
    yield f"# {row[f'name_{language}']}"
    yield ""
    yield f"*{row[f'name_{other}']}* ([{words['other_language']}](../{other}/{kpi_id}.md))"
    yield ""
    yield f"**{guide[f'question_{language}']}**"
    yield ""
    unit = style.unit(row["unit"]) or row["unit"]
    yield f"| `{kpi_id}` | |"
    yield "|---|---|"
    for label, text in (
        ("unit", unit),
        ("better", words[row["better"]]),
        ("counted_by", row["date_role"] if language == "en" else _DATE_ROLES[row["date_role"]]),
        ("scopes", ", ".join(f"`{scope}`" for scope in row["scopes"].split())),
        ("needs", ", ".join(f"`{table}`" for table in row["raw_tables"].split())),
        ("source", ", ".join(_SOURCES[language][source] for source in row["source"].split())),
    ):
        yield f"| {words[label]} | {text} |"
    yield from _section(words["definition"], row[f"definition_{language}"])
    yield ""
    yield from _formula(sources, row, words)
    yield from _section(words["counted"], guide[f"counted_{language}"])
    yield from _section(words["left_out"], guide[f"left_out_{language}"])
    if kpi_id in sources.examples:
        yield from _section(words["example"], *_example(sources.examples[kpi_id], style, row["unit"]))
        yield ""
        yield words["example_end"]
    readings = guide["other_readings"].split()
    if readings:
        lines = [
            f"- [`{reading}`]({reading}.md): {sources.catalogue[reading][f'definition_{language}']}"
            for reading in readings
        ]
        yield from _section(words["readings"], *lines)
    yield from _section(words["elsewhere"], guide[f"elsewhere_{language}"])
    yield from _section(words["pitfalls"], guide[f"pitfalls_{language}"])
    yield from _section(words["compared"], *_references(sources, kpi_id, style, row["unit"], words))
    scope = next(scope for scope in reversed(row["scopes"].split()))
    yield from _section(
        words["query"],
        "```sql",
        "select period_start, scope_id, numerator, denominator, value",
        "from marts.kpi_values",
        f"where kpi_id = '{kpi_id}' and grain = 'month' and scope_type = '{scope}'",
        "order by period_start, scope_id",
        "```",
    )
    tables = sources.tables_with(kpi_id)
    if tables:
        yield ""
        yield words["query_also"].format(tables=", ".join(f"`{table}`" for table in tables))


def _formula(sources: Sources, row: Row, words: Mapping[str, str]) -> Iterator[str]:
    if row["kind"] == "derived":
        yield words["derived"]
        return
    sides = [side for side in ("numerator", "denominator") if row[side]]
    text = f"{row['multiplier']} x `{row['numerator']}`"
    if row["kind"] == "percentile":
        yield words["percentile"]
        yield ""
    elif len(sides) == 2:
        text += f" / `{row['denominator']}`"
    yield f"`{row['kpi_id']}` = {text}"
    yield ""
    yield f"| | {words['measure']} | {words['model']} | {words['meaning']} |"
    yield "|---|---|---|---|"
    for side in sides:
        measure = sources.measures[row[side]]
        models = ", ".join(f"`{model}`" for model in measure.model.split(", "))
        yield f"| {words[side]} | `{measure.name}` | {models} | {measure.meaning} |"


def _example(example: tuple[str, Mapping[str, Any]], style: Style, unit: str) -> Iterator[str]:
    sentence, expected = example
    yield sentence
    value = expected.get("value")
    if value is not None:
        yield ""
        yield f"`value` = {style.quantity(float(value), unit)} {style.unit(unit)}".rstrip()


def _references(
    sources: Sources, kpi_id: str, style: Style, unit: str, words: Mapping[str, str]
) -> Iterator[str]:
    lines = []
    for row in sources.targets:
        if row["kpi_id"] == kpi_id:
            scope = " ".join(part for part in (row["scope_type"], row["scope_id"]) if part)
            quantities = {
                name: f"{style.quantity(float(row[name]), unit)} {style.unit(unit)}" if row[name] else "-"
                for name in ("target", "warning")
            }
            lines.append("- " + words["target"].format(scope=scope, **quantities))
    for row in sources.benchmarks:
        if row["kpi_id"] == kpi_id:
            value = f"{style.quantity(float(row['value']), unit)} {style.unit(unit)}"
            lines.append("- " + words["benchmark"].format(value=value, source=row["source"]))
    yield from lines or [words["no_reference"]]


def _section(title: str, *lines: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield from lines


def _other(language: Language) -> Language:
    return "fr" if language == "en" else "en"


def main(arguments: Sequence[str] | None = None, root: Path = PROJECT) -> int:
    """Run `python -m callmart.kpi_pages --write | --check`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m callmart.kpi_pages", description="The documentation pages of the KPIs."
    )
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write them, and remove those of no KPI")
    choice.add_argument("--check", action="store_true", help="fail when they are not up to date")
    options = parser.parse_args(arguments)
    folder = root / "docs" / "kpis"
    try:
        expected = pages(Sources(root))
    except (OSError, KeyError) as error:
        print(f"kpi_pages: a page lacks {error}.", file=sys.stderr)
        return 1
    return write_or_check("kpi_pages", folder, expected, folder.rglob("*.md"), write=options.write)


if __name__ == "__main__":
    sys.exit(main())
