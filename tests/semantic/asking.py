"""Questions to the semantic layer, turned into SQL by MetricFlow and run by the test itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from callmart.metrics import SEMANTIC
from callmart.paths import PROJECT
from callmart.semantic.layer import Layer

PYTHON = PROJECT / ".venv-semantic" / "bin" / "python"
GRAINS = ("day", "week", "month", "quarter", "year", "total")
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Question:
    """Metrics by dimensions.

    Attributes:
        metrics: their names.
        group_by: as MetricFlow calls the dimensions.
        saved_query: instead of both.
    """

    metrics: Sequence[str] = ()
    group_by: Sequence[str] = ()
    saved_query: str | None = None

    def request(self) -> dict[str, object]:
        if self.saved_query:
            return {"saved_query": self.saved_query}
        return {"metrics": list(self.metrics), "group_by": list(self.group_by)}


@dataclass(frozen=True)
class Asked:
    """A KPI's metric and its two sides, in one grain and scope.

    Attributes:
        metric: the KPI's.
        kpi_id: the KPI.
        numerator: the metric of the numerator; None for a formula.
        denominator: likewise; None too for a KPI without.
    """

    metric: str
    kpi_id: str
    numerator: str | None
    denominator: str | None

    @property
    def metrics(self) -> list[str]:
        return list(dict.fromkeys(name for name in (self.metric, self.numerator, self.denominator) if name))


@dataclass
class Batch:
    """KPIs asked for by the same grain and scope, in one question."""

    grain: str
    scope: str
    asked: list[Asked] = field(default_factory=list)

    def question(self) -> Question:
        group_by = [] if self.grain == "total" else [f"metric_time__{self.grain}"]
        group_by += [] if self.scope == "all" else [self.scope]
        return Question(list(dict.fromkeys(name for each in self.asked for name in each.metrics)), group_by)


def batches(layer: Layer, grains: Iterable[str], scopes_of_each: int | None = None) -> Iterator[Batch]:
    """Every KPI in every grain and scope, or in the first so many scopes; those of the same views together."""
    found: dict[tuple[str, str, tuple[str, ...]], Batch] = {}
    for metric, kpi_id, dimensions in layer.kpi_metrics():
        row, suffix = layer.catalogue[kpi_id], metric.removeprefix(kpi_id)
        sides = [
            layer.side(kpi_id, side, suffix) if row["numerator"] else None
            for side in ("numerator", "denominator")
        ]
        scopes = [
            scope for scope in row["scopes"].split() if scope in dimensions or (scope == "all" and not suffix)
        ]
        for scope in scopes[:scopes_of_each]:
            for grain in grains:
                if grain == "total" and metric == "pipeline_velocity":
                    continue  # a running total has a day it runs to
                batch = found.setdefault((grain, scope, layer.views(kpi_id, suffix)), Batch(grain, scope))
                batch.asked.append(Asked(metric, kpi_id, *sides))
    yield from found.values()


def compiled(questions: Sequence[Question]) -> list[str]:
    """The SQL of each, by MetricFlow, in one process."""
    done = subprocess.run(
        [PYTHON, Path(__file__).with_name("compile_queries.py"), SEMANTIC],
        input=json.dumps([question.request() for question in questions]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    texts: list[str] = json.loads(done.stdout)
    return texts


def disagreements(connection: duckdb.DuckDBPyConnection, batch: Batch, sql: str) -> tuple[int, list[str]]:
    """How many cells (KPI, period, scope) the question and `kpi_values` have, and a sentence for each difference."""
    period = "cast(null as date)" if batch.grain == "total" else f"cast(metric_time__{batch.grain} as date)"
    scope = "'all'" if batch.scope == "all" else batch.scope
    connection.execute(
        f"create or replace temp table answer as select {period} as period, {scope} as scope, * from ({sql})"
    )
    cells, sentences = 0, []
    for asked in batch.asked:
        compared, lacking, surplus, different = _compare(connection, batch, asked)
        cells += compared
        if lacking or surplus or different:
            sentences.append(
                f"{asked.metric} by {batch.grain} and {batch.scope}:"
                f" {lacking} cells lacking, {surplus} too many, {different} different"
            )
    return cells, sentences


def _compare(connection: duckdb.DuckDBPyConnection, batch: Batch, asked: Asked) -> tuple[int, int, int, int]:
    sides = [side for side in (asked.numerator, asked.denominator) if side]
    is_there = " or ".join(f"{side} is not null" for side in sides or [asked.metric])
    # A formula of several measures has no sides: without a value it has no row here.
    has_row = "true" if sides else "value is not null"
    numerator = f"coalesce({asked.numerator}, 0)" if asked.denominator else asked.numerator
    row = connection.execute(
        f"""
        with here as (
            select
                period,
                scope,
                {_exact(numerator)} as numerator,
                {_exact(asked.denominator)} as denominator,
                cast({asked.metric} as double) as value
            from answer
            where scope is not null and ({is_there})
        ),

        there as (
            select
                {"cast(null as date)" if batch.grain == "total" else "period_start"} as period,
                scope_id as scope,
                numerator,
                denominator,
                value
            from callmart.marts.kpi_values
            where kpi_id = ? and grain = ? and scope_type = ? and {has_row}
        )

        select
            count(*),
            count(*) filter (where here.scope is null),
            count(*) filter (where there.scope is null),
            count(*) filter (
                where here.scope is not null and there.scope is not null
                and (
                    here.numerator is distinct from there.numerator
                    or here.denominator is distinct from there.denominator
                    or (here.value is null) <> (there.value is null)
                    or abs(here.value - there.value) > {TOLERANCE} * greatest(1, abs(there.value))
                )
            )
        from here
        full outer join there
            on here.period is not distinct from there.period and here.scope = there.scope
        """,
        [asked.kpi_id, batch.grain, batch.scope],
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2], row[3]


def _exact(side: str | None) -> str:
    return f"cast({side or 'null'} as decimal(38, 12))"
