"""What was first reported of each day, and what changed of it since.

`reported.duckdb` beside the releases holds, for each local day, the KPI values of the first release made after the day
was over, and of which days each raw file held rows from when to when. It depends on past runs, so it lies beside the
releases and not in them. Every run adds what is new to a copy and puts that in its place, so that nobody waits and a
run that dies loses nothing. Without the file the kept releases tell what they know.

Values of an agent or of a list of contacts are left out, as they are many and no one's report; so are those of
employees' answers, of which two readings that differ by one answer would give that answer away.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from callmart.contract import read_contract
from callmart.memory import limit_memory
from callmart.releases import DATABASE, ReleaseError, former_names, release_facts, release_names
from callmart.sql_text import identifier, literal

REPORTED = "reported.duckdb"
_UNREPORTED_SCOPES = ("agent", "contact_list")
_UNREPORTED_KPIS = ("enps", "pulse_score")
_REPORTED_VALUES = (
    "grain = 'day'"
    f" and scope_type not in ({', '.join(map(literal, _UNREPORTED_SCOPES))})"
    f" and kpi_id not in ({', '.join(map(literal, _UNREPORTED_KPIS))})"
)
_SCHEMA = """
    create table if not exists releases (
        number integer, release varchar, over_until date, settings varchar, code varchar
    );
    create table if not exists days (period_start date, number integer);
    create table if not exists first_values (
        period_start date, kpi_id varchar, scope_type varchar, scope_id varchar, value double
    );
    create table if not exists files (file varchar, sha256 varchar, came integer, went integer);
    create table if not exists file_days (file varchar, sha256 varchar, event_date date, landed_rows bigint);
"""


class File(NamedTuple):
    """A raw file that came, or went, after a day of its rows was reported.

    `rows` counts those of that day, whatever became of them; `release` is the first one made with it, or without it.
    """

    file: str
    fate: str
    release: str
    rows: int


@dataclass(frozen=True)
class Change:
    """A value of a day that is not what was first reported; None is no value.

    Attributes:
        kpi_id, scope_type, scope_id: what it is a value of.
        first, now: the value first reported, and that of the release shown.
    """

    kpi_id: str
    scope_type: str
    scope_id: str
    first: float | None
    now: float | None


@dataclass(frozen=True)
class ChangedDay:
    """A local day of which a release says something else than the one that first reported it.

    Attributes:
        day: the day.
        first_release: the release that first reported it.
        changes: every value that differs.
        files: with rows of the day, that came or went since.
        reasons: why the values may differ, see `reasons_of`.
    """

    day: date
    first_release: str
    changes: Sequence[Change]
    files: Sequence[File]
    reasons: Sequence[str]


def note_reported(warehouse: Path, built: Path | None) -> None:
    """Add what the releases that are not known yet report first.

    `built` is the file the newest release was made of: new raw files are looked up there for the days of their rows.

    Raises:
        duckdb.Error, OSError, ReleaseError: it cannot be written, or a release not be read; what is known stays.
    """
    with _writing(warehouse) as connection:
        names = release_names(warehouse)
        _rename_replaced(connection, warehouse, names)
        known = connection.execute("select release from releases order by number").fetchall()
        # Names are in the order of publication, whatever the clock did.
        last = names.index(known[-1][0]) if known and known[-1][0] in names else -1
        fresh = [name for name in names[last + 1 :] if (name,) not in known]
        for number, name in enumerate(fresh, start=len(known) + 1):
            _note(connection, warehouse, name, number)
        if fresh and built is not None:
            _note_days_of_files(connection, release_facts(warehouse, fresh[-1]), built)


def changed_days(warehouse: Path, release: str, since: str | None = None) -> list[ChangedDay]:
    """The days of which a release says something else than was first reported, oldest first.

    `since` leaves out days that were first reported before that release.

    Raises:
        ReleaseError: one of the two releases is not known.
        duckdb.Error, OSError: something cannot be read.
    """
    with duckdb.connect(str(warehouse / REPORTED), read_only=True) as connection:
        limit_memory(connection)
        numbers = dict(connection.execute("select release, number from releases").fetchall())
        for name in filter(None, (release, since)):
            if name not in numbers:
                raise ReleaseError(
                    f"Nothing is remembered of a release {name}: the runs after it tell of it."
                )
        connection.execute(
            f"attach {literal(str(warehouse / 'releases' / release / DATABASE))} as shown (read_only)"
        )
        found: dict[tuple[date, int], list[Change]] = {}
        rows = connection.execute(_CHANGES, [numbers[release], numbers[since] if since else 0]).fetchall()
        for day, number, *change in rows:
            found.setdefault((day, number), []).append(Change(*change))
        explain = _Explanations(connection, numbers[release])
        return [explain.day(day, number, changes) for (day, number), changes in found.items()]


# A day that the release shown does not find over is none of its business.
_CHANGES = f"""
    with shown_values as (
        select period_start, kpi_id, scope_type, scope_id, value from shown.marts.kpi_values where {_REPORTED_VALUES}
    ),
    compared as (
        select
            coalesce(reported.period_start, present.period_start) as period_start,
            coalesce(reported.kpi_id, present.kpi_id) as kpi_id,
            coalesce(reported.scope_type, present.scope_type) as scope_type,
            coalesce(reported.scope_id, present.scope_id) as scope_id,
            reported.value as first_value,
            present.value
        from first_values as reported
        full outer join shown_values as present
            on reported.period_start = present.period_start and reported.kpi_id = present.kpi_id
            and reported.scope_type = present.scope_type and reported.scope_id = present.scope_id
        where reported.value is distinct from present.value
    )
    select days.period_start, days.number, kpi_id, scope_type, scope_id, first_value, value
    from compared
    inner join days on compared.period_start = days.period_start
    where days.number < $1 and days.number >= $2
        and days.period_start < (select over_until from releases where number = $1)
    order by all
"""


class _Explanations:
    """Why the values of a day may be others in the release shown."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, shown: int) -> None:
        self._connection = connection
        self._shown = shown
        self._releases: dict[int, tuple[str, dict[str, Any], str | None]] = {
            number: (name, json.loads(settings), code)
            for number, name, settings, code in connection.execute(
                "select number, release, settings, code from releases"
            ).fetchall()
        }

    def day(self, day: date, first: int, changes: Sequence[Change]) -> ChangedDay:
        name, settings, code = self._releases[first]
        _, settings_now, code_now = self._releases[self._shown]
        files = self._files(day, first)
        others = self._connection.execute(
            "select 1 from files where came > $1 and came <= $2 or went > $1 and went <= $2 limit 1",
            [first, self._shown],
        ).fetchone()
        other_settings = [key for key in sorted(settings_now) if settings.get(key) != settings_now[key]]
        reasons = reasons_of(other_settings, code != code_now, bool(files), others is not None)
        return ChangedDay(day, name, changes, files, reasons)

    def _files(self, day: date, first: int) -> list[File]:
        rows = self._connection.execute(
            """
            select file, fate, number, cast(sum(landed_rows) as bigint)
            from (
                select file, sha256, 'came' as fate, came as number from files
                union all
                select file, sha256, 'went' as fate, went as number from files
            )
            inner join file_days using (file, sha256)
            where event_date = ? and number > ? and number <= ?
            group by number, file, fate
            order by number, file, fate desc
            """,
            [day, first, self._shown],
        ).fetchall()
        return [File(file, fate, self._releases[number][0], count) for file, fate, number, count in rows]


def reasons_of(
    settings: Sequence[str], is_other_code: bool, has_files_of_day: bool, has_other_files: bool
) -> list[str]:
    """Why a day may have other values than were first reported, in the words readers see.

    Args:
        settings: names of the settings with another value; a moved `as_of` alone only lets more days count.
        is_other_code: whether models, seeds, loader or engine are others.
        has_files_of_day: whether files with rows of the day came or went.
        has_other_files: whether any files did.
    """
    found = [f"setting {name}" for name in settings if name != "as_of"]
    if is_other_code:
        found.append("other definitions or code")
    if has_files_of_day:
        found.append("rows of the day came or went")
    elif has_other_files:
        found.append("rows of other days came or went")
    return found or ["later days count now"]


def over_until(facts: Mapping[str, Any]) -> date:
    """The first local day that was not over at a release's `as_of`. A day given as `as_of` is over."""
    as_of = datetime.fromisoformat(str(facts["as_of"])) + timedelta(microseconds=1)
    return as_of.astimezone(ZoneInfo(str(facts["settings"]["reporting_timezone"]))).date()


@contextmanager
def _writing(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of what is known, which takes its place at the end of the block. Needs the build's lock."""
    path = warehouse / REPORTED
    partial = warehouse / f".{REPORTED}.partial"
    log = Path(f"{partial}.wal")
    # What a run that died had begun to write would be taken for part of the new copy.
    partial.unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    try:
        if path.exists():
            shutil.copyfile(path, partial)
        with duckdb.connect(str(partial)) as connection:
            partial.chmod(0o640)
            connection.execute("set enable_progress_bar = false")
            limit_memory(connection)
            connection.execute(_SCHEMA)
            yield connection
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def _rename_replaced(connection: duckdb.DuckDBPyConnection, warehouse: Path, names: Sequence[str]) -> None:
    """Know releases by the names of those that took their places: they report the same, of the same files."""
    for name in names:
        for former in former_names(release_facts(warehouse, name)):
            connection.execute("update releases set release = ? where release = ?", [name, former])


def _note(connection: duckdb.DuckDBPyConnection, warehouse: Path, name: str, number: int) -> None:
    facts: Mapping[str, Any] = release_facts(warehouse, name)
    until = over_until(facts)
    settings = json.dumps(facts["settings"], sort_keys=True)
    connection.execute(
        "insert into releases values (?, ?, ?, ?, ?)", [number, name, until, settings, facts.get("code")]
    )
    present = [(file["file"], file["sha256"]) for file in facts.get("files") or () if file["sha256"]]
    connection.execute("create or replace temp table present (file varchar, sha256 varchar)")
    if present:
        connection.executemany("insert into present values (?, ?)", present)
    connection.execute(
        "update files set went = ? where went is null and (file, sha256) not in (select (file, sha256) from present)",
        [number],
    )
    connection.execute(
        "insert into files select file, sha256, ?, null from present"
        " where (file, sha256) not in (select (file, sha256) from files where went is null)",
        [number],
    )
    connection.execute(
        f"attach {literal(str(warehouse / 'releases' / name / DATABASE))} as noted (read_only)"
    )
    # A day without a value was reported too: as empty.
    connection.execute(
        f"""
        insert into days
        select period_start, ?
        from (
            select cast(unnest(generate_series(min(period_start), cast(? as date) - 1, interval 1 day)) as date)
                as period_start
            from noted.marts.kpi_values
            where {_REPORTED_VALUES}
        )
        where period_start not in (select days.period_start from days)
        """,
        [number, until],
    )
    connection.execute(
        f"""
        insert into first_values
        select period_start, kpi_id, scope_type, scope_id, value
        from noted.marts.kpi_values
        where {_REPORTED_VALUES} and period_start in (select period_start from days where number = ?)
        """,
        [number],
    )
    connection.execute("detach noted")


def _note_days_of_files(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, Any], built: Path) -> None:
    """Note of the files that are there for the first time on which local days their rows lie."""
    zone = literal(str(facts["settings"]["reporting_timezone"]))
    tables = read_contract().tables
    connection.execute(
        "create or replace temp table unseen as select file, sha256 from files"
        " where went is null and (file, sha256) not in (select (file, sha256) from file_days)"
    )
    unseen = {file for (file,) in connection.execute("select file from unseen").fetchall()}
    connection.execute(f"attach {literal(str(built))} as built (read_only)")
    landed = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'staging'"
    ).fetchall()
    given = {file["table"] for file in facts.get("files") or () if file["file"] in unseen}
    # The export of a connector may give rows of any table.
    for table in tables if given - tables.keys() else given:
        dated_by = tables[table].dated_by
        if dated_by is None or (f"landed_{table}",) not in landed:
            continue
        moment, day = identifier(dated_by.name), "moment"
        if dated_by.type == "instant":
            # Zones differ by quarters of an hour, and converting one of these is as dear as converting a row.
            moment = f"time_bucket(interval 15 minutes, {moment})"
            day = f"cast(moment at time zone 'UTC' at time zone {zone} as date)"
        connection.execute(
            f"""
            insert into file_days
            select file, sha256, {day} as event_date, sum(landed_rows)
            from (
                select unseen.file, unseen.sha256, {moment} as moment, count(*) as landed_rows
                from built.staging.{identifier(f"landed_{table}")} as landed
                inner join unseen on landed._landed_file = unseen.file
                group by all
            )
            where moment is not null
            group by all
            """
        )
    connection.execute("detach built")
