"""The semantic models: what MetricFlow knows of the views, and which metric stands for which side of a KPI.

Everything is taken from the catalogue and from the measure models; the names of metrics are the names there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from callmart.kpi_pages import Row, Sources
from callmart.semantic.cells import Project, View
from callmart.semantic.counted_anew import COUNTED_ANEW
from callmart.semantic.values import FROM_VALUES, views_of_values

# A metric as dbt's YAML has it.
Metric = dict[str, Any]
# One metric over several measures, with a formula of its own.
PIPELINE = "pipeline_velocity"
_UNEXPRESSED_MODELS = ("employee_measures", "churn_measures", "customer_value_measures")
_SMALL_GROUPS = (
    "small groups are held back in each period and team by itself, so that days do not add up to weeks"
)
# Why a measure, or a formula, cannot be asked of MetricFlow: what each needs is to look at a period as a whole.
_REASONS: Mapping[str, str] = {
    "processed_records": (
        "whether a record was worked enough is judged on all attempts of the period, their number and their hours"
    ),
    "enps_answers": _SMALL_GROUPS,
    "pulse_answers": _SMALL_GROUPS,
    "customers_left": "of the customers of a period only those count who were active when it began",
    "customer_lifetime_value": "it is made of the churn of whole months",
    "offered_load_erlangs": (
        "it divides by the length of the period, in which the day of a clock change has 23 or 25 hours"
    ),
    "sales_growth": (
        "the period before is another one for each grain: `sales_growth_week`, `sales_growth_month`,"
        " `sales_growth_quarter` and `sales_growth_year` are it, for one each"
    ),
}


@dataclass(frozen=True)
class SemanticModel:
    """A view as MetricFlow knows it.

    Attributes:
        name: of the view.
        sql: its query, or None when that is written by hand.
        scopes: what its metrics can be grouped by.
        metrics: its simple metrics.
        suffix: of their names, when the view counts what only one scope counts.
    """

    name: str
    sql: str | None
    scopes: Sequence[str]
    metrics: Sequence[Metric]
    suffix: str = ""


@dataclass(frozen=True)
class Given:
    """A measure in the layer.

    Attributes:
        metric: the name of its metric.
        scopes: what that can be grouped by.
        models: the views it comes from.
        parts: the simple metrics it is the sum of, when several views give a part each.
    """

    metric: str
    scopes: Sequence[str]
    models: Sequence[str]
    parts: Sequence[str] = ()


class Layer:
    """The semantic models of the project in a folder, and the KPIs made of them."""

    def __init__(self, root: Path) -> None:
        self.sources = Sources(root)
        self._project = Project(root)
        folder = root / "models" / "marts" / "kpi" / "measures"
        self._measure_models = sorted(path.stem for path in folder.glob("*.sql"))

    @property
    def catalogue(self) -> Mapping[str, Row]:
        """The KPIs, by id."""
        return self.sources.catalogue

    @cached_property
    def models(self) -> list[SemanticModel]:
        """The semantic models that hold measures."""
        found = []
        for model in self._measure_models:
            if model in COUNTED_ANEW:
                found.append(self._rows_model(model))
            elif model not in _UNEXPRESSED_MODELS:
                found += [self._view_model(view) for view in self._views(model)]
        return found

    @cached_property
    def given(self) -> dict[tuple[str, str], Given]:
        """Every measure of the layer, by its name and the suffix of the views that count it."""
        givers: dict[tuple[str, str], list[tuple[str, SemanticModel]]] = {}
        for model in self.models:
            for metric in model.metrics:
                name = metric["name"].removesuffix(_part_of(model.name)).removesuffix(model.suffix)
                givers.setdefault((name, model.suffix), []).append((metric["name"], model))
        found = {}
        for (measure, suffix), parts in givers.items():
            scopes = [
                scope for scope in parts[0][1].scopes if all(scope in model.scopes for _, model in parts)
            ]
            names = [name for name, _ in parts]
            models = [model.name for _, model in parts]
            found[measure, suffix] = (
                Given(f"{measure}{suffix}", scopes, models, names)
                if len(parts) > 1
                else Given(names[0], scopes, models)
            )
        for view, rows in COUNTED_ANEW.items():
            found |= {(formula, ""): Given(formula, rows.scopes, [view]) for formula in rows.formulas}
        return found

    def suffixes(self, kpi_id: str) -> list[str]:
        """The metrics of a KPI: `""` is the one of its own name, `_by_queue` one of what is counted by queue alone."""
        row = self.catalogue[kpi_id]
        sides = [row[side] for side in ("numerator", "denominator") if row[side]]
        return [
            suffix
            for measure, suffix in self.given
            if sides and measure == sides[0]
            if all((side, suffix) in self.given for side in sides)
            if not suffix or suffix.removeprefix("_by_") in row["scopes"].split()
        ]

    def side(self, kpi_id: str, side: str, suffix: str = "") -> str | None:
        """The metric of a KPI's `numerator` or `denominator`, or None without one."""
        measure = self.catalogue[kpi_id][side]
        return self.given[measure, suffix].metric if measure else None

    def kpi_metrics(self) -> Iterator[tuple[str, str, list[str]]]:
        """Every metric that is a KPI: its name, the KPI, and what it can be grouped by."""
        for kpi_id in self.catalogue:
            for suffix in self.suffixes(kpi_id):
                given = self._sides(kpi_id, suffix)
                scopes = [scope for scope in given[0].scopes if all(scope in each.scopes for each in given)]
                yield f"{kpi_id}{suffix}", kpi_id, scopes
        yield PIPELINE, PIPELINE, ["campaign"]

    def views(self, kpi_id: str, suffix: str = "") -> tuple[str, ...]:
        """The views a KPI's metric reads."""
        if kpi_id == PIPELINE:
            return ("opportunity_measures",)
        return tuple(dict.fromkeys(model for given in self._sides(kpi_id, suffix) for model in given.models))

    def unexpressed(self) -> Iterator[tuple[str, str]]:
        """The KPIs without a metric of their own, each with the reason."""
        expressed = {kpi_id for _, kpi_id, _ in self.kpi_metrics()}
        for kpi_id, row in self.catalogue.items():
            if kpi_id not in expressed:
                names = (kpi_id, row["numerator"], row["denominator"])
                yield kpi_id, next(_REASONS[name] for name in names if name in _REASONS)

    def watched(self) -> list[str]:
        """The KPIs that have a target or a benchmark."""
        named = {row["kpi_id"] for row in [*self.sources.targets, *self.sources.benchmarks]}
        return [kpi_id for kpi_id in self.catalogue if kpi_id in named and "" in self.suffixes(kpi_id)]

    def _sides(self, kpi_id: str, suffix: str) -> list[Given]:
        row = self.catalogue[kpi_id]
        return [self.given[row[side], suffix] for side in ("numerator", "denominator") if row[side]]

    def _views(self, model: str) -> list[View]:
        if model in FROM_VALUES:
            return list(views_of_values(model, self._project.measures(model), self.catalogue))
        return self._project.views(model)

    def _view_model(self, view: View) -> SemanticModel:
        suffix = f"_by_{view.only_scope}" if view.only_scope else ""
        metrics = [
            self._simple(view.name, measure, suffix, {"agg": "sum", "expr": measure})
            for measure in view.measures
        ]
        return SemanticModel(view.name, view.sql, view.scopes, metrics, suffix)

    def _rows_model(self, model: str) -> SemanticModel:
        rows = COUNTED_ANEW[model]
        metrics = []
        for name, count in rows.counts.items():
            how: Metric = {"agg": count.aggregation, "expr": count.expression}
            if count.percentile is not None:
                # Without a percentile_type: dbt 1.12 takes `continuous` for an approximate one.
                how["percentile"] = count.percentile
            metrics.append(self._simple(model, name, "", how, count.meaning))
        return SemanticModel(model, None, rows.scopes, metrics)

    def _simple(self, model: str, measure: str, suffix: str, how: Metric, meaning: str = "") -> Metric:
        """A simple metric: a KPI when it is one under its own name. Of a part of a measure, the name tells whose."""
        known = self.sources.measures.get(measure)
        is_part = known is not None and ", " in known.model
        name = f"{measure}{suffix}{_part_of(model) if is_part else ''}"
        if name in self.catalogue:
            label, text = self.catalogue[name]["name_en"], self.catalogue[name]["definition_en"]
        else:
            label, text = f"{words(name)} (measure)", meaning or (known.meaning if known else "")
        return {"name": name, "label": label, "description": text, "type": "simple", **how}


def words(name: str) -> str:
    """The name of a metric for readers."""
    return name.replace("_", " ").capitalize()


def _part_of(model: str) -> str:
    return f"_of_{model.removesuffix('_measures')}"
