"""One more day of raw files on top of a sample: what a nightly run finds.

The day is cut out of a sample of a week made with another seed. Its keys get a prefix, so that nothing it brings
is a correction of what is there; agents, queues, customers and campaigns are those of the same names.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from callmart.contract import read_contract
from callmart.sample import write_sample
from callmart.sql_text import identifier, literal

# The column by which a row belongs to a day, of the tables that grow every day.
DAILY_TABLES = {
    "calls": "started_at", "agent_states": "started_at", "customer_events": "occurred_at", "leads": "created_at",
    "lead_activities": "occurred_at", "appointments": "booked_at", "opportunities": "created_at",
    "orders": "ordered_at", "tickets": "created_at", "survey_invitations": "sent_at",
    "survey_responses": "answered_at", "email_sends": "sent_at", "selfservice_sessions": "started_at",
    "web_visits": "visit_date", "qa_evaluations": "evaluated_at", "campaign_costs": "cost_date",
}  # fmt: skip
_WEEK = 7
_CHOSEN_DAY = 2  # a day in the middle of the week has the tickets and answers of the days before


def add_day(raw: Path, scratch: Path, day: dt.date, legs: int, seed: int) -> dict[str, int]:
    """Write the files of this UTC day, with about so many legs; return the rows by table."""
    week = scratch / "week"
    write_sample(
        week,
        seed=seed,
        legs=legs * _WEEK,
        start=day - dt.timedelta(days=_CHOSEN_DAY),
        days=_WEEK,
        file_format="parquet",
    )
    rows = {}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table, column in DAILY_TABLES.items():
            rows[table] = _copy_day(connection, week / table, raw / table, column, day)
    return rows


def _copy_day(
    connection: duckdb.DuckDBPyConnection, source: Path, target: Path, column: str, day: dt.date
) -> int:
    files = [str(path) for path in sorted(source.glob("*.parquet")) if _is_typed(connection, path, column)]
    if not files:
        return 0
    described = connection.execute("describe select * from read_parquet(?)", [files]).fetchall()
    prefix = literal(f"{day:%y%m%d}-")
    values = [
        f"{prefix} || {identifier(name)} as {identifier(name)}" if _names_an_event(name) else identifier(name)
        for name, *_ in described
    ]
    target.mkdir(parents=True, exist_ok=True)
    written = connection.execute(
        f"copy (select {', '.join(values)} from read_parquet({files!r}) where cast({identifier(column)} as date) ="
        f" date {literal(day.isoformat())}) to {literal(str(target / f'day_{day}.parquet'))} (format parquet)"
    ).fetchone()
    return int(written[0]) if written else 0


def _is_typed(connection: duckdb.DuckDBPyConnection, path: Path, column: str) -> bool:
    """Whether the file's rows have a day without reading text: those with broken values are text."""
    kinds = {
        name: kind for name, kind, *_ in connection.execute(f"describe from {literal(str(path))}").fetchall()
    }
    return bool(kinds.get(column, "VARCHAR") != "VARCHAR")


def _event_keys() -> set[str]:
    """Names of the keys of what happens, such as `call_id`: a new day brings new ones."""
    tables = read_contract().tables
    keys = {tables[name].key[0] for name in DAILY_TABLES if len(tables[name].key) == 1}
    return keys | {"interaction_id"}


def _names_an_event(column: str) -> bool:
    return any(column == key or column.endswith(f"_{key}") for key in _event_keys())
