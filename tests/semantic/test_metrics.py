"""The metrics say what `kpi_values` says, and running and filtered ones what its days add up to."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from asking import GRAINS, PYTHON, TOLERANCE, Question, batches, compiled, disagreements

from callmart.metrics import SEMANTIC
from callmart.paths import PROJECT
from callmart.releases import DATABASE
from callmart.semantic.layer import Layer
from callmart.semantic.views import make_views

LAYER = Layer(PROJECT)


def ask(warehouse: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `scripts/metrics` without the part that makes the environment."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("CALLMART_", "DBT_"))
    }
    variables |= {
        "CALLMART_WAREHOUSE": str(warehouse),
        "PYTHONPATH": str(PROJECT / "scripts"),
        "DO_NOT_TRACK": "1",
    }
    command = [str(PYTHON), "-m", "callmart.metrics", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the `warehouse` of the default sample: read only."""
    if os.environ.get("CALLMART_BUILT_SAMPLE"):
        return Path(os.environ["CALLMART_BUILT_SAMPLE"])
    folder = tmp_path_factory.mktemp("sample")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("CALLMART_")}
    variables |= {"CALLMART_RAW": str(folder / "raw"), "CALLMART_WAREHOUSE": str(folder / "warehouse")}
    command = [sys.executable, "-m", "callmart.build"]
    subprocess.run(command, env=variables | {"PYTHONPATH": str(PROJECT / "scripts")}, check=True)
    return folder


@pytest.fixture(scope="module")
def warehouse(sample: Path) -> Path:
    """The sample's, after a first question: it parses the definitions."""
    done = ask(sample / "warehouse", "list", "entities", "--metrics", "service_level")
    assert done.returncode == 0, done.stdout + done.stderr
    return sample / "warehouse"


@pytest.fixture
def published(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """What MetricFlow queries on."""
    with duckdb.connect() as connection:
        make_views(connection, warehouse / "current" / DATABASE)
        yield connection


def compare(
    published: duckdb.DuckDBPyConnection, grains: tuple[str, ...], scopes_of_each: int | None = None
) -> tuple[int, list[str]]:
    """Ask for every KPI; return how many cells were compared, and what differs."""
    asked = list(batches(LAYER, grains, scopes_of_each))
    cells, sentences = 0, []
    for batch, sql in zip(asked, compiled([batch.question() for batch in asked]), strict=True):
        compared, found = disagreements(published, batch, sql)
        cells += compared
        sentences += found
    metrics = {each.metric for batch in asked for each in batch.asked}
    pairs = {(each.metric, batch.scope) for batch in asked for each in batch.asked}
    print(
        f"{len(metrics)} metrics, {len(pairs)} pairs of metric and scope, {len(grains)} grains:"
        f" {cells} values compared with kpi_values"
    )
    return cells, sentences


def test_every_kpi_by_month_in_its_first_two_scopes_is_as_in_kpi_values(
    published: duckdb.DuckDBPyConnection,
) -> None:
    cells, sentences = compare(published, ("month",), 2)
    assert sentences == []
    assert cells > 5000


@pytest.mark.slow
@pytest.mark.parametrize("grain", GRAINS)
def test_every_kpi_in_every_scope_is_as_in_kpi_values(
    published: duckdb.DuckDBPyConnection, grain: str
) -> None:
    cells, sentences = compare(published, (grain,))
    assert sentences == []
    assert cells > 1000


def test_running_values_are_the_sums_of_days(published: duckdb.DuckDBPyConnection) -> None:
    metrics = (
        "service_level_trailing_7_days",
        "service_level_month_to_date",
        "offered_calls_month_to_date",
        "offered_calls_year_to_date",
    )
    [sql] = compiled([Question(metrics, ["metric_time__day", "queue"])])
    row = published.execute(f"""
        with days as (
            select period_start as day, scope_id as queue, numerator, denominator
            from callmart.marts.kpi_values
            where kpi_id = 'service_level' and grain = 'day' and scope_type = 'queue'
        ),

        running as (
            select
                answer.*,
                100 * {_running("numerator", "metric_time__day - interval 6 day")}::double
                / {_running("denominator", "metric_time__day - interval 6 day")}::double as week_level,
                100 * {_running("numerator", "date_trunc('month', metric_time__day)")}::double
                / {_running("denominator", "date_trunc('month', metric_time__day)")}::double as month_level,
                {_running("denominator", "date_trunc('month', metric_time__day)")} as month_calls,
                {_running("denominator", "date_trunc('year', metric_time__day)")} as year_calls
            from ({sql}) as answer
        )

        select
            count(*),
            count(*) filter (where {_differ("service_level_trailing_7_days", "week_level")}),
            count(*) filter (where {_differ("service_level_month_to_date", "month_level")}),
            count(*) filter (where offered_calls_month_to_date is distinct from month_calls),
            count(*) filter (where offered_calls_year_to_date is distinct from year_calls)
        from running
        where queue is not null
    """).fetchone()
    assert row is not None
    assert row[0] > 1000
    assert row[1:] == (0, 0, 0, 0)


def test_a_running_total_of_a_month_is_where_the_month_ended(published: duckdb.DuckDBPyConnection) -> None:
    [sql] = compiled([Question(["offered_calls", "offered_calls_month_to_date"], ["metric_time__month"])])
    rows = published.execute(f"select offered_calls, offered_calls_month_to_date from ({sql})").fetchall()
    calls = [row for row in rows if row[0]]
    assert len(calls) >= 12
    assert all(offered == running for offered, running in calls)


def test_working_days_leave_week_ends_and_holidays_out(published: duckdb.DuckDBPyConnection) -> None:
    [sql] = compiled([Question(["service_level_on_working_days"], ["metric_time__month"])])
    row = published.execute(f"""
        with expected as (
            select
                date_trunc('month', period_start) as month,
                100 * sum(numerator)::double / sum(denominator)::double as value
            from callmart.marts.kpi_values
            inner join callmart.marts.dim_dates on period_start = calendar_date
            where
                kpi_id = 'service_level' and grain = 'day' and scope_type = 'all'
                and not is_weekend and not is_holiday
            group by month
        )

        select count(*), count(*) filter (where {_differ("service_level_on_working_days", "value")})
        from ({sql}) as answer
        full outer join expected on metric_time__month = month
        where service_level_on_working_days is not null or value is not null
    """).fetchone()
    assert row is not None
    assert row[0] >= 12
    assert row[1] == 0


def test_sales_growth_is_as_in_kpi_values(published: duckdb.DuckDBPyConnection) -> None:
    grains = ("week", "month", "quarter", "year")
    texts = compiled(
        [Question([f"sales_growth_{grain}"], [f"metric_time__{grain}", "campaign"]) for grain in grains]
    )
    compared = 0
    for grain, sql in zip(grains, texts, strict=True):
        row = published.execute(
            f"""
            select count(*), count(*) filter (where {_differ(f"sales_growth_{grain}", "value")})
            from (from ({sql}) where campaign is not null and sales_growth_{grain} is not null) as answer
            full outer join (
                select period_start, scope_id, value
                from callmart.marts.kpi_values
                where kpi_id = 'sales_growth' and grain = ? and scope_type = 'campaign' and value is not null
            ) as expected on metric_time__{grain} = period_start and campaign = scope_id
            """,
            [grain],
        ).fetchone()
        assert row is not None
        assert row[1] == 0, grain
        compared += row[0]
    assert compared > 100


def test_two_dimensions_at_once_count_the_same_calls(published: duckdb.DuckDBPyConnection) -> None:
    [sql] = compiled(
        [Question(["offered_calls", "answered_within_target_calls"], ["queue", "channel", "queue__tier"])]
    )
    found = published.execute(
        f"select queue, channel, offered_calls, answered_within_target_calls from ({sql}) order by all"
    ).fetchall()
    expected = published.execute("""
        select queue_id, channel, count(*), count(*) filter (where is_answered_within_target)
        from callmart.marts.fct_calls where is_offered group by all order by all
    """).fetchall()
    assert found == expected


def test_every_saved_query_answers(published: duckdb.DuckDBPyConnection) -> None:
    queries = yaml.safe_load((SEMANTIC / "models" / "saved_queries.yml").read_text())["saved_queries"]
    assert len(queries) >= 10
    for query, sql in zip(
        queries, compiled([Question(saved_query=query["name"]) for query in queries]), strict=True
    ):
        answer = published.execute(sql)
        columns = [column[0] for column in answer.description]
        rows = answer.fetchall()
        for metric in query["query_params"]["metrics"]:
            assert any(row[columns.index(metric)] is not None for row in rows), (query["name"], metric)


def test_the_command_answers_a_question(warehouse: Path, tmp_path: Path) -> None:
    out = tmp_path / "answer.csv"
    question = ["--metrics", "service_level", "--group-by", "metric_time__week,queue"]
    done = ask(warehouse, "query", *question, "--csv", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    with out.open(newline="") as lines:
        found = {
            (row["metric_time__week"][:10], row["queue"]): float(row["service_level"])
            for row in csv.DictReader(lines)
            if row["queue"]
        }
    with duckdb.connect(str(warehouse / "current" / DATABASE), read_only=True) as connection:
        expected = connection.execute("""
            select period_start, scope_id, value from marts.kpi_values
            where kpi_id = 'service_level' and grain = 'week' and scope_type = 'queue'
        """).fetchall()
    assert found == {
        (str(start), queue): pytest.approx(value, abs=TOLERANCE) for start, queue, value in expected
    }


def test_hostile_text_in_a_filter_is_text(warehouse: Path) -> None:
    where = "{{ Entity('queue') }} = '<script>''; drop table x; --'"
    done = ask(warehouse, "query", "--metrics", "offered_calls", "--group-by", "queue", "--where", where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "offered_calls" not in done.stdout


def test_an_unknown_metric_is_an_error(warehouse: Path) -> None:
    done = ask(warehouse, "query", "--metrics", "servise_level")
    assert done.returncode == 1
    assert "service_level" in done.stdout  # what was meant, perhaps


def test_without_a_release_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = ask(tmp_path, "query", "--metrics", "service_level")
    assert done.returncode == 1
    assert done.stderr == f"metrics: Nothing is published in {tmp_path}: run scripts/build first.\n"


def test_the_saved_queries_are_listed_with_what_they_answer(tmp_path: Path) -> None:
    done = ask(tmp_path, "questions")
    assert done.returncode == 0, done.stderr
    assert "service_level_by_queue: Which queue answers in time" in done.stdout


def _running(side: str, since: str) -> str:
    """The sum of a side of the KPI over the days from `since` up to the day."""
    on_days = f"days.queue = answer.queue and day between {since} and metric_time__day"
    return f"(select sum({side}) from days where {on_days})"


def _differ(found: str, expected: str) -> str:
    """Whether two values are not the same number, or not both unknown."""
    is_far = f"abs({found} - {expected}) > {TOLERANCE} * greatest(1, abs({expected}))"
    return f"({found} is null) <> ({expected} is null) or {is_far}"
