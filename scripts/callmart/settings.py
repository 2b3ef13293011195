"""The project's settings: every dbt variable with its type, bounds, unit and meaning, in one table.

The defaults are not here but in `dbt_project.yml`, under `vars`, where dbt finds them too.
`python -m callmart.settings --write` writes the table to `docs/settings.md`, `--check` tells whether that
page is up to date.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn
from zoneinfo import available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from callmart.connectors import known_connectors
from callmart.contract import read_contract
from callmart.paths import PROJECT

PROJECT_FILE = PROJECT / "dbt_project.yml"
PAGE = PROJECT / "docs" / "settings.md"

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(?P<offset>[Zz]|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_COLUMN = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# What the loader adds to every raw table.
_LOADER_COLUMNS = frozenset({"_file", "_landed_at", "_row", "_unlisted"})


class SettingsError(ValueError):
    """A setting cannot be used; the message is one sentence that says what to set."""


def _as_of(value: object) -> str | None:
    """A date as it is; an instant in UTC, as `2024-06-30T22:00:00Z`."""
    if value is None:
        return None
    text = str(value)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise ValueError(f"{error}.") from None
    form = _INSTANT.fullmatch(text)
    if form is None:
        raise ValueError("")
    if form["offset"] is None:
        raise ValueError("add its offset, such as Z or +02:00.")
    try:
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{error}.") from None
    return instant.replace(tzinfo=None).isoformat() + "Z"


def _timezone(name: str) -> str:
    known = available_timezones() - {"localtime"}  # the machine's own zone, which the engines do not know
    if name not in known:
        raise ValueError(_nearest(name, known))
    return name


def _plain_text(text: str) -> str:
    """A short text that is safe inside an SQL literal on every engine."""
    if not text.strip() or len(text) > 100 or not text.isprintable() or set(text) & set("'\"\\"):
        raise ValueError("")
    return text


def _nearest(word: str, known: Sequence[str] | set[str] | frozenset[str]) -> str:
    """The question whether a known word was meant, or nothing when none is near."""
    lowered = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(word.lower().replace("-", "_"), lowered, n=1)
    found = found or difflib.get_close_matches(word.lower(), lowered, n=1)
    return f"did you mean {lowered[found[0]]}?" if found else ""


def _setting(allowed: str, unit: str, description: str, **constraints: Any) -> Any:
    """A row of the table: what may be set, in which unit, what it does."""
    return Field(description=description, json_schema_extra={"allowed": allowed, "unit": unit}, **constraints)


def _whole(low: int, high: int, unit: str, description: str) -> Any:
    """A row of the table for a whole number between two bounds, both included."""
    return _setting(f"a whole number from {low} to {high}", unit, description, ge=low, le=high)


def _number(low: int, high: int, unit: str, description: str) -> Any:
    """A row of the table for a number between two bounds, both included."""
    return _setting(f"a number from {low} to {high}", unit, description, ge=low, le=high, allow_inf_nan=False)


_Zone = Annotated[str, AfterValidator(_timezone)]
_Text = Annotated[str, AfterValidator(_plain_text)]
_ZONE_RULE = "the name of an IANA time zone, such as Europe/Paris"
_TEXT_RULE = "a text of 1 to 100 printable characters without quotes and backslashes"


class ConnectorSetting(BaseModel):
    """A connector that is on.

    `instance` tells several systems of one vendor apart: it goes before every id, and behind the folder's name.
    `timezone` is that of its clock readings without an offset, null for `source_timezone`. `shared_ids` are columns
    that keep their ids as they are, because other sources use the same. `options` are lists of texts that the
    connector's page explains.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    connector: str
    instance: Annotated[str, Field(pattern="^[a-z0-9_]{1,30}$")] | None = None
    timezone: _Zone | None = None
    shared_ids: list[Annotated[str, Field(pattern="^[a-z_]+_id$")]] = Field(default_factory=list)

    options: dict[Annotated[str, Field(pattern="^[a-z_]+$")], list[_Text]] = Field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Its folder below the raw folder, and what its rows name as their `source_system`."""
        return self.connector if self.instance is None else f"{self.connector}@{self.instance}"


def _connector(value: object) -> object:
    """The name alone stands for a connector without anything else."""
    return {"connector": value} if isinstance(value, str) else value


class Settings(BaseModel):
    """One value for every variable of the project. The order is that of the table in the documentation."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    as_of: Annotated[str | None, BeforeValidator(_as_of)] = _setting(
        "null, a date (YYYY-MM-DD) or an instant with its offset (2024-06-30T22:00:00Z)",
        "",
        "Data count up to here: it decides what is mature, open or overdue. A date means the end of that day "
        "in the reporting time zone. Null means the newest event of the facts that is not after the run's "
        "start.",
    )
    reporting_timezone: _Zone = _setting(
        _ZONE_RULE, "", "The zone whose calendar days the KPIs are counted on, unless a queue has its own."
    )
    source_timezone: _Zone = _setting(_ZONE_RULE, "", "The zone of the raw instants that carry no offset.")
    source_system: _Text = _setting(_TEXT_RULE, "", "The `source_system` of the raw rows that name none.")
    reporting_currency: str = _setting(
        "an ISO 4217 code of three capitals, such as EUR",
        "",
        "The currency all amounts are converted to, by the seed `exchange_rates`.",
        pattern="^[A-Z]{3}$",
    )
    connectors: list[Annotated[ConnectorSetting, BeforeValidator(_connector)]] = _setting(
        "a list of connectors: names of folders in `models/connectors`, or mappings {connector, instance, timezone,"
        " shared_ids, options}",
        "",
        "Whose exports are read beside the files of the raw contract ([the connectors](connectors/README.md)).",
    )
    service_level_seconds: int = _whole(
        0,
        3600,
        "seconds",
        "Service level: a call answered after at most this wait is in time. A target of a queue in the seed "
        "`kpi_targets` takes precedence.",
    )
    short_abandon_seconds: int = _whole(
        0, 600, "seconds", "A caller who leaves the queue after at most this wait is a short abandon."
    )
    ring_cycle_seconds: int = _whole(
        1,
        60,
        "seconds",
        "One ring and the silence after it; before the third ring is a wait below twice this.",
    )
    fcr_window_days: int = _whole(
        1,
        90,
        "days of 24 hours",
        "First-contact resolution: how long a customer must not come back, and must not have called before.",
    )
    selfcare_window_hours: int = _whole(
        1,
        720,
        "hours",
        "A call redirected to a digital channel counts as a self-care transfer when its customer opens a "
        "self-service session within this time of the call's start.",
    )
    follow_up_days: int = _whole(
        1,
        365,
        "days of 24 hours",
        "How long after its first established contact a lead counts as followed up.",
    )
    lead_conversion_days: int = _whole(
        1,
        730,
        "days of 24 hours",
        "Lead funnel: a lead is converted in the window when it converts within this time of its creation; only "
        "leads whose window has passed are counted.",
    )
    attempts_to_process: int = _whole(
        1,
        100,
        "calls",
        "A record without a final disposition is processed after this many calls in as many clock hours.",
    )
    solicitation_cap: int = _whole(
        1,
        100,
        "calls",
        "The contact policy: a record called more often within the window is listed. Business records are outside.",
    )
    solicitation_window_days: int = _whole(
        1,
        365,
        "days",
        "The contact policy: the window of the cap, in consecutive local calendar days.",
    )
    min_group_size: int = _whole(
        2, 1000, "answers", "Employee survey results of a group with fewer answers are suppressed everywhere."
    )
    alert_history_weeks: int = _whole(
        4,
        52,
        "weeks",
        "Alerts of drift: a day is compared with the same weekday, a week with the weeks, of so many weeks before.",
    )
    alert_min_history: int = _whole(
        3,
        52,
        "periods",
        "Alerts of drift: with fewer such periods that have volume enough there is no verdict. At most "
        "`alert_history_weeks`.",
    )
    alert_min_volume: int = _whole(
        1,
        1_000_000_000,
        "units of the denominator",
        "Alerts: a period with less is not judged. The `min_volume` of a target in the seed `kpi_targets`, then that "
        "of the KPI in the seed `alert_kpis`, takes precedence.",
    )
    alert_open_z: float = _number(
        1, 100, "robust standard deviations", "Alerts of drift: a value as far from its median is unusual."
    )
    alert_close_z: float = _number(
        0,
        100,
        "robust standard deviations",
        "Alerts of drift: a value at most as far from its median is usual again. At most `alert_open_z`.",
    )
    alert_min_change_percent: float = _number(
        0,
        1000,
        "percent of the median",
        "Alerts of drift: a smaller change is usual, however steady the history.",
    )
    alert_open_periods: int = _whole(
        1, 14, "judged periods", "Alerts: one opens after so many bad periods in a row."
    )
    alert_close_periods: int = _whole(
        1, 14, "judged periods", "Alerts: one closes after so many good periods in a row."
    )
    alert_lapse_days: int = _whole(
        7,
        366,
        "days",
        "Alerts: one ends without a verdict when nothing was judged for more than so many days.",
    )
    pass_through_columns: dict[str, list[str]] = _setting(
        "a mapping of raw tables to lists of column names in snake_case, each at most 63 characters",
        "",
        "Columns of raw files that the raw contract does not list and the facts should carry, of calls, tickets,"
        " orders, opportunities, customers, campaign_costs, email_sends, selfservice_sessions and web_visits.",
    )
    centre_industry: _Text | None = _setting(
        f"null or {_TEXT_RULE}", "", "The industry whose benchmarks the centre is compared with."
    )
    centre_company_size: Literal["small", "medium", "enterprise"] | None = _setting(
        "null, small, medium or enterprise",
        "",
        "The size of company whose benchmarks the centre is compared with.",
    )

    @property
    def connector_folders(self) -> dict[str, list[str]]:
        """The folders below the raw folder of each connector that is on."""
        folders: dict[str, list[str]] = {}
        for entry in self.connectors:
            folders.setdefault(entry.connector, []).append(entry.folder)
        return folders


class _Loader(yaml.SafeLoader):
    """YAML without dates, which stay text as they are in JSON, and without a key that is given twice."""


_Loader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _unique_keys(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.YAMLError(f"{key} is given twice")
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_keys)


def load_settings(project_file: Path = PROJECT_FILE, vars_text: str | None = None) -> Settings:
    """The project's defaults, with the values of a `--vars` text (a YAML or JSON mapping) in their place.

    Raises:
        SettingsError: a value, a name or the text itself cannot be used.
    """
    defaults = _defaults(project_file)
    given = _mapping(vars_text or "{}", "--vars")
    for origin, values in ((project_file.name, defaults), ("--vars", given)):
        for name in values:
            if name not in Settings.model_fields:
                _refuse_name(name, origin)
    values = {**defaults, **given}
    for name in Settings.model_fields:
        if name not in values:
            raise SettingsError(f"Give {name} a default under `vars` in {project_file.name}.")
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        _refuse_value(values, error)
    _check_pass_through(settings.pass_through_columns)
    _check_alerts(settings)
    _check_connectors(settings.connectors)
    return settings


def settings_table(project_file: Path = PROJECT_FILE) -> str:
    """The table of all settings in Markdown, with the defaults of the project file."""
    defaults = _defaults(project_file)
    lines = ["| variable | default | may be | unit | meaning |", "|---|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        allowed, unit = _rule(name)
        cells = (f"`{name}`", f"`{json.dumps(defaults.get(name))}`", allowed, unit, field.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _defaults(project_file: Path) -> dict[str, Any]:
    try:
        text = project_file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"Restore {project_file}, which cannot be read: {error.strerror}.") from None
    project = _mapping(text, project_file.name)
    values = project.get("vars")
    if not isinstance(values, dict):
        raise SettingsError(f"Give {project_file.name} a mapping of the settings' defaults under `vars`.")
    return values


def _mapping(text: str, origin: str) -> dict[str, Any]:
    try:
        values = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise SettingsError(
            f"Write {origin} as a YAML or JSON mapping, such as {{as_of: 2024-06-30}}: {problem}{place}."
        ) from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(
            f"Write {origin} as a YAML or JSON mapping, such as {{as_of: 2024-06-30}}, not {_shown(values)}."
        )
    return values


def _refuse_name(name: object, origin: str) -> NoReturn:
    hint = _nearest(str(name), set(Settings.model_fields)) or "docs/settings.md lists those that exist."
    raise SettingsError(f"There is no variable {_shown(name)} (in {origin}): {hint}")


def _refuse_value(values: Mapping[str, Any], error: ValidationError) -> NoReturn:
    first = error.errors()[0]
    name = str(first["loc"][0])
    cause = first.get("ctx", {}).get("error")
    hint = str(cause) if isinstance(cause, ValueError) else ""
    allowed, unit = _rule(name)
    unit = f" ({unit})" if unit else ""
    raise SettingsError(
        f"Set {name} to {allowed}{unit}, not to {_shown(values[name])}" + (f": {hint}" if hint else ".")
    ) from None


# The raw tables whose fact or dimension ends with `passed_through`.
_CARRIED_TABLES = frozenset(
    [
        "calls",
        "campaign_costs",
        "customers",
        "email_sends",
        "opportunities",
        "orders",
        "selfservice_sessions",
        "tickets",
        "web_visits",
    ]
)


def _check_pass_through(columns: Mapping[str, Sequence[str]]) -> None:
    """Refuse a table the raw contract does not know, and a column that would hide another."""
    if not columns:
        return
    tables = read_contract().tables
    for table, names in columns.items():
        where = f"pass_through_columns of {table}"
        if table not in tables:
            hint = _nearest(table, set(tables)) or "the raw contract lists those that exist."
            raise SettingsError(f"There is no raw table {_shown(table)} (in pass_through_columns): {hint}")
        if table not in _CARRIED_TABLES:
            raise SettingsError(
                f"Take {table} out of pass_through_columns: its columns are not carried. Those of"
                f" {', '.join(sorted(_CARRIED_TABLES))} are."
            )
        listed = set(tables[table].column_names)
        taken = (
            listed
            | _LOADER_COLUMNS
            | {f"{name}_hash" for name in listed}
            | {f"has_{name}" for name in listed}
        )
        for name in names:
            if not _COLUMN.fullmatch(name):
                raise SettingsError(
                    f"Name the {where} in snake_case with at most 63 characters: {_shown(name)} is not."
                )
            if name in taken:
                raise SettingsError(f"Take {name} out of the {where}: the project has a column of that name.")
            if names.count(name) > 1:
                raise SettingsError(f"Name {name} once in the {where}.")


def _check_connectors(entries: Sequence[ConnectorSetting]) -> None:
    """Refuse a connector that does not exist, and two whose files or ids could not be told apart."""
    known = known_connectors()
    for entry in entries:
        if entry.connector not in known:
            hint = _nearest(entry.connector, set(known)) or f"there are {', '.join(known)}."
            raise SettingsError(f"There is no connector {_shown(entry.connector)} (in connectors): {hint}")
    folders = [entry.folder for entry in entries]
    for entry in entries:
        if folders.count(entry.folder) > 1:
            raise SettingsError(
                f"Name {entry.folder} once in connectors, or give each of several an instance of its own, such as"
                f" {{connector: {entry.connector}, instance: lyon}}."
            )


def _check_alerts(settings: Settings) -> None:
    """Refuse two settings of alerts that contradict each other."""
    for small, large in (("alert_min_history", "alert_history_weeks"), ("alert_close_z", "alert_open_z")):
        if getattr(settings, small) > getattr(settings, large):
            raise SettingsError(
                f"Set {small} to at most {large}, which is {getattr(settings, large)}, not to"
                f" {getattr(settings, small)}."
            )


def _rule(name: str) -> tuple[str, str]:
    """What a setting may be, and its unit."""
    extra = Settings.model_fields[name].json_schema_extra
    if not isinstance(extra, dict):
        raise TypeError(f"{name} has no row in the table")
    return str(extra["allowed"]), str(extra["unit"])


def _shown(value: object) -> str:
    """A value as one may have written it, in one line and not too long."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _page() -> str:
    return f"""# Settings

<!-- Written by `python -m callmart.settings --write`; the sources are that module and dbt_project.yml. -->

Variables are set for one run with `scripts/build --vars '{{as_of: 2024-06-30, fcr_window_days: 14}}'`, or for
good under `vars` in `dbt_project.yml`. Each is checked before a run starts; a value that cannot be used stops
it with one sentence.

{settings_table()}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `python -m callmart.settings --write | --check`; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m callmart.settings", description="The page of settings.")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write docs/settings.md")
    choice.add_argument("--check", action="store_true", help="fail when docs/settings.md is not up to date")
    options = parser.parse_args(arguments)
    try:
        load_settings()
        page = _page()
    except SettingsError as error:
        print(f"settings: {error}", file=sys.stderr)
        return 1
    if options.write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
        print(
            "settings: docs/settings.md is not up to date: run python -m callmart.settings --write.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
