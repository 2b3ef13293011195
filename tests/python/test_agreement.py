"""Two computations of every KPI agree: the models' SQL, and plain Python over the raw rows (`tests/oracle`)."""

# mypy: disable-error-code=import-not-found

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import isclose
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import oracle
from callmart.landing import RunFacts, land
from callmart.paths import PROJECT

Key = tuple[str, str, date | None, str, str]
Values = dict[Key, float | None]
Row = dict[str, object]
Tables = dict[str, list[tuple[str, Row]]]

SEEDS = PROJECT / "seeds"
TOLERANCE = 1e-9
FAILED_CAST = "optional column not castable: "


# Comparing


@dataclass
class Agreement:
    """What was compared, and what differs."""

    data_sets: int = 0
    values: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.data_sets} data sets, {self.values:,} values compared"


def without_denominator() -> dict[str, bool]:
    """Every delivered KPI, and whether it has no denominator: then no row is the same as 0."""
    with (SEEDS / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as lines:
        return {row["kpi_id"]: not row["denominator"] for row in csv.DictReader(lines)}


def published(connection: duckdb.DuckDBPyConnection) -> Values:
    rows = connection.execute(
        "select kpi_id, grain, case when grain <> 'total' then period_start end, scope_type, scope_id, value"
        " from marts.kpi_values"
    ).fetchall()
    values: Values = {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}
    assert len(values) == len(rows)
    return values


def compare_values(found: Values, results: Mapping[Key, tuple[Any, Any, Any]], agreement: Agreement) -> None:
    """Every KPI, scope and grain that either side has."""
    is_count = without_denominator()
    expected = {key: result[2] for key, result in results.items() if key[0] in is_count}
    assert {key[0] for key in found} <= set(is_count)
    for key in found.keys() | expected.keys():
        agreement.values += 1
        sql, python = found.get(key), expected.get(key)
        if is_count[key[0]]:
            sql, python = sql or 0.0, python or 0.0
        if sql is None or python is None:
            is_same = sql is python
        else:
            is_same = isclose(sql, python, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        if not is_same:
            agreement.differences.append(f"{key}: SQL {sql}, oracle {results.get(key)}")


def compare_staging(
    connection: duckdb.DuckDBPyConnection, counts: Mapping[str, oracle.TableCounts], agreement: Agreement
) -> None:
    """What became of the rows of every table, and the reasons."""
    found: dict[str, dict[str, int]] = {}
    for table, landed, staged, rejected, superseded in connection.execute(
        "select raw_table, landed_rows, staged_rows, rejected_rows, superseded_rows from marts.landing_summary"
    ).fetchall():
        found[table] = {
            "landed": landed,
            "staged": staged,
            "rejected": rejected,
            "superseded": superseded,
        }
    for table, reason, rows in connection.execute("from marts.rejection_summary").fetchall():
        found[table][reason] = rows
    assert set(found) == set(counts)
    for table, count in counts.items():
        expected = {
            "landed": count.landed,
            "staged": count.staged,
            "rejected": count.rejected,
            "superseded": count.superseded,
            **count.reasons,
            **{f"{FAILED_CAST}{column}": rows for column, rows in count.failed_casts.items()},
        }
        for name in found[table].keys() | expected.keys():
            agreement.values += 1
            if found[table].get(name, 0) != expected.get(name, 0):
                agreement.differences.append(
                    f"{table}, {name}: SQL {found[table].get(name, 0)}, oracle {expected.get(name, 0)}"
                )


# The default sample


@pytest.fixture(scope="module")
def sample_run(sample: Path) -> datetime:
    """When the run that built the sample's release started."""
    facts = json.loads((sample / "warehouse" / "current" / "release.json").read_text())
    return datetime.fromisoformat(facts["run_started_at"])


def test_the_sample_gives_the_same_kpi_values(
    sample: Path, sample_run: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    agreement = Agreement(data_sets=1)
    with duckdb.connect(sample / "warehouse" / "current" / "callmart.duckdb", read_only=True) as connection:
        found = published(connection)
    compare_values(found, oracle.compute(sample / "raw", SEEDS, {}, sample_run), agreement)
    with capsys.disabled():
        print(f"\nsample, KPI values: {agreement}")
    assert agreement.values >= len(found) > 0
    assert agreement.differences == []


def test_the_sample_is_staged_the_same(
    sample: Path, sample_run: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    agreement = Agreement(data_sets=1)
    with duckdb.connect(sample / "warehouse" / "current" / "callmart.duckdb", read_only=True) as connection:
        compare_staging(connection, oracle.staging(sample / "raw", {}, sample_run), agreement)
    with capsys.disabled():
        print(f"\nsample, staging counts: {agreement}")
    assert agreement.differences == []


# The project's own SQL, compiled once and run on small data

_AS_OF_DATE, _AS_OF_INSTANT = "1999-12-31", "1999-12-31T23:59:59Z"

# Settings of a compilation. An `as_of` in it stands for one that each data set brings along.
VARIANTS: tuple[dict[str, object], ...] = (
    {},
    {
        "as_of": _AS_OF_DATE,
        "source_timezone": "Europe/Paris",
        "fcr_window_days": 1,
        "service_level_seconds": 30,
    },
    {
        "as_of": _AS_OF_INSTANT,
        "source_timezone": "America/New_York",
        "reporting_timezone": "America/New_York",
        "short_abandon_seconds": 10,
        "ring_cycle_seconds": 3,
        "selfcare_window_hours": 2,
    },
)
NEEDED = ("kpi_values", "landing_summary", "rejection_summary")
RUN_DBT = """
import json, sys
from dbt.cli.main import dbtRunner
for arguments in json.loads(sys.argv[1]):
    result = dbtRunner().invoke(arguments)
    if not result.success:
        sys.exit(f"dbt {arguments[0]} failed: {result.exception}")
"""


@dataclass(frozen=True)
class Model:
    relation: str
    kind: str
    sql: str


@dataclass(frozen=True)
class Compiled:
    """The project's models in an order in which they can be built, and its seeds.

    Attributes:
        variables: the settings they were compiled with.
        models: what `kpi_values` and the summaries of staging need.
        seeds: a database with the seeds, loaded by dbt.
    """

    variables: Mapping[str, object]
    models: Sequence[Model]
    seeds: Path

    def sql_of(self, model: Model, as_of: str | None) -> str:
        """The model's SQL with the data set's `as_of` where the compiled one stands."""
        return model.sql.replace(str(self.variables["as_of"]), as_of) if as_of else model.sql


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> list[Compiled]:
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "work").mkdir()
    common = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet", "--no-partial-parse"]
    select = ["--select", *(f"+{name},resource_type:model" for name in NEEDED)]
    commands = [["seed", *common, "--target-path", str(folder / "seeds"), "--log-path", str(folder)]]
    for number, variables in enumerate(VARIANTS):
        target = ["--target-path", str(folder / str(number)), "--log-path", str(folder)]
        commands.append(["compile", *common, *select, *target, "--vars", json.dumps(variables)])
    done = subprocess.run(
        [sys.executable, "-c", RUN_DBT, json.dumps(commands)],
        env={**os.environ, "CALLMART_WAREHOUSE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [
        Compiled(variables, models_in_order(folder / str(number)), folder / "work" / "callmart.duckdb")
        for number, variables in enumerate(VARIANTS)
    ]


def models_in_order(target: Path) -> list[Model]:
    """The models dbt compiled, each after those it reads."""
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    waiting = {
        name: {parent for parent in node["depends_on"]["nodes"] if parent.startswith("model.")}
        for name, node in nodes.items()
        if node["resource_type"] == "model" and node.get("compiled")
    }
    ordered = []
    while waiting:
        ready = sorted(name for name, parents in waiting.items() if not parents & waiting.keys())
        assert ready, "the models read each other in a circle"
        for name in ready:
            node = nodes[name]
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            ordered.append(Model(node["relation_name"], kind, node["compiled_code"]))
            del waiting[name]
    return ordered


def built(raw: Path, run_started_at: datetime, project: Compiled, as_of: str | None) -> Iterator[Any]:
    """A database with every model, over the raw files."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        connection.execute(f"attach '{project.seeds}' as loaded (read_only)")
        connection.execute("attach ':memory:' as callmart")
        connection.execute("use callmart")
        for schema in ("settings", "staging", "intermediate", "marts"):
            connection.execute(f"create schema {schema}")
        for (name,) in connection.execute(
            "select table_name from information_schema.tables"
            " where table_catalog = 'loaded' and table_schema = 'settings'"
        ).fetchall():
            connection.execute(f"create table settings.{name} as from loaded.settings.{name}")
        land(connection, raw, RunFacts(run_started_at, "pepper", False), {})
        for model in project.models:
            sql = project.sql_of(model, as_of)
            connection.execute(f"create {model.kind} {model.relation} as {sql}")
        yield connection


# Small random data


@dataclass(frozen=True)
class DataSet:
    """Raw rows, each with the file it lies in, and what a run of them is given.

    Attributes:
        variant: which of the compiled projects.
        as_of: the setting, or None where the newest event decides.
        run_started_at: what lies after it is in the future.
        tables: the rows.
    """

    variant: int
    as_of: str | None
    run_started_at: datetime
    tables: Tables

    def write(self, folder: Path) -> None:
        for table, rows in self.tables.items():
            for name in dict.fromkeys(name for name, _ in rows):
                path = folder / table / name
                path.parent.mkdir(parents=True, exist_ok=True)
                write_rows(path, [row for other, row in rows if other == name])


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


# Nights and days that KPIs go wrong on: both clock changes of Paris and New York, a turn of the year.
ANCHORS = (
    datetime(2024, 3, 31, 1, tzinfo=UTC),
    datetime(2024, 10, 27, 1, tzinfo=UTC),
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 11, 3, 6, tzinfo=UTC),
    datetime(2024, 12, 31, 23, tzinfo=UTC),
    datetime(2024, 6, 12, 9, tzinfo=UTC),
)
DAY, WEEK = 86400, 7 * 86400
# Seconds from an anchor: around it, around midnights, exactly a window of days away, and anywhere near.
SHIFTS = st.one_of(
    st.sampled_from(
        [0, -1, 1, -3600, 3600, 1800, -1800, 7200, -7200, 22 * 3600, 23 * 3600, 4 * 3600, 5 * 3600]
    ),
    st.sampled_from([DAY, DAY + 1, -DAY, WEEK, WEEK + 1, WEEK - 1, -WEEK, -WEEK - 1]),
    st.integers(-3 * DAY, 3 * DAY).map(lambda seconds: seconds // 900 * 900),
)
GAPS = st.sampled_from(
    [0, 0, 1, 2, 4, 5, 6, 9, 10, 11, 17, 18, 19.6, 20, 20.4, 21, 30, 31, 59, 60, 61, 600, 5000]
)
DURATIONS = st.sampled_from(
    [
        "",
        "",
        "",
        "0",
        "4",
        "5",
        "6",
        "9",
        "10",
        "11",
        "17",
        "18",
        "20",
        "20.4",
        "20.5",
        "21",
        "30",
        "60",
        "61",
        "900",
    ]
)
BOOLEANS = st.sampled_from(["", "", "true", "0", "yes", "NON", "1", "maybe"])
CALL_IDS = [f"c{number}" for number in range(14)]
INBOUND = ["answered"] * 6 + [
    "abandoned",
    "abandoned",
    "abandoned_ivr",
    "voicemail",
    "callback_requested",
    "self_served",
    "overflowed",
    "timed_out",
    "closed",
    "failed",
]
OUTBOUND = ["answered"] * 3 + [
    "answering_machine",
    "no_answer",
    "busy",
    "invalid_number",
    "agent_abandoned",
    "dialer_dropped",
    "failed",
]
FILES = st.sampled_from(["a.csv", "a.csv", "b.csv", "deep/a.csv", "z.jsonl"])
VERSIONS = st.sampled_from(["", "", "", "2024-12-01T00:00:00Z", "2024-12-02T00:00:00Z"])
DISPOSITIONS = ["", "", "NO_SUCH_CODE", *(
    row["code"] for row in csv.DictReader((SEEDS / "dispositions.csv").read_text().splitlines())
)]  # fmt: skip


class Draw:
    """Draws the rows of one data set."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.variant = draw(st.integers(0, len(VARIANTS) - 1))
        self.anchor = draw(st.sampled_from(ANCHORS))
        self.is_repeat_caller = draw(st.booleans())
        self.source_zone = ZoneInfo(str(VARIANTS[self.variant].get("source_timezone", "UTC")))

    def of(self, *choices: object) -> Any:
        return self.draw(st.sampled_from(choices))

    def moment(self) -> datetime:
        return self.anchor + timedelta(seconds=self.draw(SHIFTS))

    def text(self, instant: datetime | None) -> str:
        """An instant as a file may write it; without an offset it is in the source's zone."""
        if instant is None:
            return ""
        spelling = self.draw(st.integers(0, 3))
        if spelling == 0:
            return instant.astimezone(self.source_zone).replace(tzinfo=None).isoformat()
        if spelling == 1:
            return instant.astimezone(ZoneInfo("Asia/Kolkata")).isoformat(sep=" ")
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def rows(self, one: Any, most: int) -> list[tuple[str, Row]]:
        return [(self.draw(FILES), one()) for _ in range(self.draw(st.integers(0, most)))]

    def call(self) -> Row:
        return {**self.any_call(), **(self.repeat_call() if self.is_repeat_caller else {})}

    def repeat_call(self) -> Row:
        """What makes contacts of one customer follow each other, most of them answered and resolved."""
        outcome = self.of(*["answered"] * 4, "abandoned", "voicemail")
        started = self.moment()
        return {
            "direction": self.of(*["inbound"] * 8, "outbound") if outcome == "answered" else "inbound",
            "outcome": outcome,
            "interaction_id": self.of("", "x1", "x2", "x3", "x4"),
            "started_at": self.text(started),
            "queued_at": self.text(started),
            "answered_at": self.text(started) if outcome == "answered" else "",
            "ended_at": self.text(started + timedelta(seconds=60)),
            "wrap_seconds": "",
            "customer_id": self.of("u1", "u1", "u2", "u3", "u4"),
            "is_resolved": self.of("1", "1", "1", "0"),
            "is_escalated": self.of(*[""] * 4, "1"),
            "is_test": "",
        }

    def any_call(self) -> Row:
        direction = self.of(*["inbound"] * 6, *["outbound"] * 3, "internal")
        outcome = self.of(*(OUTBOUND if direction == "outbound" else INBOUND))
        started = self.moment()
        queued = self.later(started)
        answered = self.later(queued or started) if outcome == "answered" or self.of(*[0] * 9, 1) else None
        ended = self.later(answered or queued or started)
        return {
            "call_id": self.of(*CALL_IDS),
            "interaction_id": self.of("", "", "x1", "x2", "x3"),
            "previous_call_id": self.of(*[""] * 5, *CALL_IDS[:4]),
            "direction": direction if self.of(*range(40)) else "sideways",
            "outcome": outcome,
            "channel": self.of("", "", "Chat", "email"),
            "started_at": self.text(started),
            "queued_at": self.text(queued),
            "answered_at": self.text(answered),
            "ended_at": self.text(ended) if self.of(*range(25)) else "not an instant",
            "wait_seconds": self.draw(DURATIONS),
            "talk_seconds": self.draw(DURATIONS),
            "hold_seconds": self.draw(DURATIONS),
            "wrap_seconds": self.draw(DURATIONS) if self.of(*range(30)) else "-1",
            "queue_id": self.of("", "q1", "q1", "q2", "q3", "q9"),
            "agent_id": self.of("", "a1", "a1", "a2", "a3", "a9"),
            "customer_id": self.of("", "u1", "u1", "u2"),
            "campaign_id": self.of("", "k1", "k2", "k9"),
            "contact_list_id": self.of("", "l1", "l2"),
            "source_channel": self.of("", "web", "tv"),
            "disposition_code": self.of(*DISPOSITIONS),
            "contact_reason": self.of("", "", "billing", "fault"),
            "is_resolved": self.draw(BOOLEANS),
            "is_escalated": self.of("", "", "", "1", "0"),
            "is_recorded": self.draw(BOOLEANS),
            "recording_url": self.of("", "", "https://example.org/1"),
            "is_test": self.of(*[""] * 8, "0", "1"),
            "is_callback": self.of(*[""] * 6, "0", "1"),
            "redirected_to": self.of("", "", "web", "faq"),
            "updated_at": self.draw(VERSIONS),
        }

    def later(self, instant: datetime) -> datetime | None:
        """The instant and a gap; unknown one time in six, before it one time in thirty."""
        if not self.of(*range(6)):
            return None
        gap = self.draw(GAPS) if self.of(*range(30)) else -1
        return instant + timedelta(seconds=gap)

    def queue(self) -> Row:
        zones = ("", "", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "No/Zone")
        return {
            "queue_id": self.of("q1", "q2", "q3"),
            "site": self.of("", "Lille", "Lyon"),
            "timezone": self.of(*zones),
            "tier": self.of("", "1", "2", "3"),
            "updated_at": self.draw(VERSIONS),
        }

    def agent(self) -> Row:
        since = self.anchor.date() + timedelta(days=self.draw(st.integers(-3, 2)))
        return {
            "agent_id": self.of("a1", "a1", "a2", "a3"),
            "team_id": self.of("", "t1", "t2"),
            "site": self.of("", "Lille", "Lyon"),
            "valid_from": self.of("", since.isoformat(), since.isoformat()),
            "updated_at": self.draw(VERSIONS),
        }

    def state(self) -> Row:
        started = self.moment()
        length = timedelta(seconds=self.of(0, 1, 600, 3600, 5400, 30 * 3600))
        return {
            "agent_id": self.of("a1", "a1", "a2", "a3"),
            "started_at": self.text(started),
            "ended_at": self.text(self.of(None, started + length, started + length)),
            "state": self.of("available", "on_contact", "wrap", "break", "offline", "Offline"),
            "queue_id": self.of("", "q1"),
            "updated_at": self.draw(VERSIONS),
        }

    def session(self) -> Row:
        return {
            "session_id": f"s{self.draw(st.integers(0, 9))}",
            "customer_id": self.of("", "u1", "u1", "u2"),
            "started_at": self.text(self.moment()),
            "updated_at": self.draw(VERSIONS),
        }

    def campaign(self) -> Row:
        return {"campaign_id": self.of("k1", "k2"), "objective": self.of("", "sale", "Sales", "leads")}

    def ticket(self) -> Row:
        return {"ticket_id": self.of("i1", "i2"), "created_at": self.text(self.moment()), "status": "open"}

    def as_of(self) -> str | None:
        given = VARIANTS[self.variant].get("as_of")
        if given is None:
            return None
        instant = self.moment() + timedelta(days=self.of(0, 9, 9))
        return instant.date().isoformat() if given == _AS_OF_DATE else f"{instant:%Y-%m-%dT%H:%M:%SZ}"

    def data_set(self) -> DataSet:
        calls = [(self.draw(FILES), self.call()) for _ in range(self.draw(st.integers(1, 16)))]
        others = {
            "queues": self.rows(self.queue, 4),
            "agents": self.rows(self.agent, 6),
            "agent_states": self.rows(self.state, 8),
            "selfservice_sessions": self.rows(self.session, 4),
            "campaigns": self.rows(self.campaign, 2),
            "tickets": self.rows(self.ticket, 1),
        }
        run_started_at = self.of(*[datetime(2026, 1, 1, tzinfo=UTC)] * 5, self.anchor + timedelta(days=1))
        return DataSet(self.variant, self.as_of(), run_started_at, {"calls": calls, **others})


@st.composite
def data_sets(draw: st.DrawFn) -> DataSet:
    return Draw(draw).data_set()


def check(data: DataSet, compiled: Sequence[Compiled], agreement: Agreement) -> None:
    """Build the data set with the project's SQL, compute it in Python, and compare."""
    project = compiled[data.variant]
    variables = {**project.variables, **({"as_of": data.as_of} if data.as_of else {})}
    own = Agreement(data_sets=1)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder)
        data.write(raw)
        for connection in built(raw, data.run_started_at, project, data.as_of):
            compare_staging(connection, oracle.staging(raw, variables, data.run_started_at), own)
            results = oracle.compute(raw, SEEDS, variables, data.run_started_at)
            compare_values(published(connection), results, own)
    agreement.data_sets += 1
    agreement.values += own.values
    assert not own.differences, "\n".join(sorted(own.differences)[:20])


RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def test_small_random_data_give_the_same(
    compiled: list[Compiled], capsys: pytest.CaptureFixture[str]
) -> None:
    agreement = Agreement()

    @settings(
        max_examples=25,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=RELAXED,
    )
    @given(data_sets())
    def agrees(data: DataSet) -> None:
        check(data, compiled, agreement)

    agrees()
    with capsys.disabled():
        print(f"\nrandom data: {agreement}")


@pytest.mark.slow
def test_much_small_random_data_give_the_same(
    compiled: list[Compiled], capsys: pytest.CaptureFixture[str]
) -> None:
    agreement, drawn = Agreement(), Counter[int]()

    @settings(max_examples=400, deadline=None, suppress_health_check=RELAXED)
    @given(data_sets())
    def agrees(data: DataSet) -> None:
        drawn[data.variant] += 1
        check(data, compiled, agreement)

    agrees()
    with capsys.disabled():
        print(f"\nrandom data: {agreement}")
    assert set(drawn) == set(range(len(VARIANTS)))
