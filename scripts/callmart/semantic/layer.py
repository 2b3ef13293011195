"""The metrics: one per measure, one per KPI, and what people ask of the KPIs they watch.

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

Metric = dict[str, Any]

# Why a measure cannot be asked of MetricFlow. What it lacks each time: to look at a period as a whole.
_NOT_MEASURED: Mapping[str, str] = {
    "processed_records": (
        "whether a record was worked enough is judged on all its attempts in the period, their number and their hours"
    ),
    "enps_answers": "small groups are held back, in each period and team by itself: days do not add up to weeks",
    "pulse_answers": "small groups are held back, in each period and team by itself: days do not add up to weeks",
    "customers_left": "of the customers of a period only those count who were active when it began",
}
_DERIVED_REASONS: Mapping[str, str] = {
    "customer_lifetime_value": "it is made of the churn of whole months",
    "offered_load_erlangs": "it divides by the length of the period, 23 and 25 hours on days of a clock change",
    "sales_growth": "the period before is another one for each grain: `sales_growth_week`, `sales_growth_month`,"
    " `sales_growth_quarter` and `sales_growth_year` are it for one each",
}
_UNEXPRESSED_MODELS = ("employee_measures", "churn_measures", "customer_value_measures")


@dataclass(frozen=True)
class SemanticModel:
    """A view as MetricFlow knows it.

    Attributes:
        name: of the view.
        sql: its query, or None when that is written by hand.
        scopes: what its metrics can be grouped by.
        metrics: its simple metrics.
    """

    name: str
    sql: str | None
    scopes: Sequence[str]
    metrics: Sequence[Metric]


@dataclass(frozen=True)
class _Given:
    """A measure in the layer.

    Attributes:
        metric: the name of its metric.
        scopes: what that can be grouped by.
        models: the views it comes from.
    """

    metric: str
    scopes: tuple[str, ...]
    models: tuple[str, ...]


class Layer:
    """Semantic models and metrics of the project in a folder."""

    def __init__(self, root: Path) -> None:
        self._sources = Sources(root)
        self._project = Project(root)
        folder = root / "models" / "marts" / "kpi" / "measures"
        self._measure_models = sorted(path.stem for path in folder.glob("*.sql"))

    @property
    def catalogue(self) -> Mapping[str, Row]:
        """The KPIs, by id."""
        return self._sources.catalogue

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

    def _views(self, model: str) -> list[View]:
        if model in FROM_VALUES:
            return list(views_of_values(model, self._project.measures(model), self.catalogue))
        return self._project.views(model)

    def _view_model(self, view: View) -> SemanticModel:
        suffix = "" if view.only_scope is None else f"_by_{view.only_scope}"
        metrics = [
            self._simple(view.name, measure, suffix, {"agg": "sum", "expr": measure})
            for measure in view.measures
        ]
        return SemanticModel(view.name, view.sql, view.scopes, metrics)

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
        """A simple metric; of a measure that several models give a part of, the model's name is in the metric's."""
        known = self._sources.measures.get(measure)
        shared = known is not None and ", " in known.model
        name = f"{measure}{suffix}" + (f"_of_{model.removesuffix('_measures')}" if shared else "")
        kpi = self.catalogue.get(measure)
        label, text = (
            (kpi["name_en"], kpi["definition_en"])
            if kpi and not suffix and not shared
            else (f"{_words(name)} (measure)", meaning or (known.meaning if known else ""))
        )
        return {"name": name, "label": label, "description": text, "type": "simple", **how}

    @cached_property
    def _given(self) -> dict[tuple[str, str], _Given]:
        """Every measure of the layer, by its name and the suffix of the views that count it in one scope only."""
        parts: dict[tuple[str, str], list[tuple[str, SemanticModel]]] = {}
        for model in self.models:
            for metric in model.metrics:
                measure, suffix = _unsuffixed(metric["name"], model)
                parts.setdefault((measure, suffix), []).append((metric["name"], model))
        found = {}
        for (measure, suffix), givers in parts.items():
            names = [model.name for _, model in givers]
            scopes = tuple(s for s in givers[0][1].scopes if all(s in model.scopes for _, model in givers))
            name = givers[0][0] if len(givers) == 1 else f"{measure}{suffix}"
            found[measure, suffix] = _Given(name, scopes, tuple(names))
        for model_name, rows in COUNTED_ANEW.items():
            for formula in rows.formulas:
                found[formula, ""] = _Given(formula, tuple(rows.scopes), (model_name, "formula"))
        return found

    @cached_property
    def metrics(self) -> list[Metric]:
        """The metrics above the simple ones: sums of parts, KPIs, and those over time."""
        made = [*self._sums_of_parts(), *self._formulas()]
        for row in self.catalogue.values():
            for suffix in self.suffixes(row["kpi_id"]):
                if not (suffix == "" and self._is_measure(row)):
                    made.append(self._kpi(row, suffix))
        made += [self._growth(grain) for grain in ("week", "month", "quarter", "year")]
        made += self._pipeline()
        for row in self.catalogue.values():
            if self.suffixes(row["kpi_id"]):
                made += self._over_time(row)
        simple = [metric["name"] for model in self.models for metric in model.metrics]
        names = simple + [metric["name"] for metric in made]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two metrics are called {min(twice)}")
        return made

    def scopes(self, kpi_id: str, suffix: str = "") -> list[str]:
        """What a KPI's metric can be grouped by."""
        if kpi_id == "pipeline_velocity":
            return ["campaign"]
        row = self.catalogue[kpi_id]
        sides = [self._given[row[side], suffix] for side in ("numerator", "denominator") if row[side]]
        return [scope for scope in sides[0].scopes if all(scope in side.scopes for side in sides)]

    def suffixes(self, kpi_id: str) -> list[str]:
        """The metrics of a KPI: `""` is the one of its own name, `_by_queue` one for what only queues are counted by."""
        row = self.catalogue[kpi_id]
        if not row["numerator"]:
            return []
        sides = [row[side] for side in ("numerator", "denominator") if row[side]]
        every = dict.fromkeys(suffix for measure, suffix in self._given if measure == sides[0])
        return [
            suffix
            for suffix in every
            if all((side, suffix) in self._given for side in sides)
            and (not suffix or suffix.removeprefix("_by_") in row["scopes"].split())
        ]

    def kpi_metrics(self) -> Iterator[tuple[str, str, list[str]]]:
        """Every metric that is a KPI: its name, the KPI, and what it can be grouped by."""
        for kpi_id in self.catalogue:
            for suffix in self.suffixes(kpi_id):
                yield f"{kpi_id}{suffix}", kpi_id, self.scopes(kpi_id, suffix)
        yield "pipeline_velocity", "pipeline_velocity", ["campaign"]

    def side(self, kpi_id: str, side: str, suffix: str = "") -> str | None:
        """The metric of a KPI's numerator or denominator, or None without one."""
        measure = self.catalogue[kpi_id][side]
        return self._given[measure, suffix].metric if measure else None

    def views(self, kpi_id: str, suffix: str = "") -> tuple[str, ...]:
        """The views a KPI's metric reads."""
        row = self.catalogue[kpi_id]
        if not row["numerator"]:
            return ("opportunity_measures",)
        sides = [self._given[row[side], suffix] for side in ("numerator", "denominator") if row[side]]
        return tuple(dict.fromkeys(model for side in sides for model in side.models))

    def unexpressed(self) -> Iterator[tuple[str, str]]:
        """The KPIs without a metric of their own, each with the reason."""
        expressed = {kpi_id for _, kpi_id, _ in self.kpi_metrics()}
        for kpi_id, row in self.catalogue.items():
            if kpi_id in expressed:
                continue
            sides = (row["numerator"], row["denominator"])
            yield (
                kpi_id,
                _DERIVED_REASONS.get(kpi_id)
                or next(_NOT_MEASURED[side] for side in sides if side in _NOT_MEASURED),
            )

    def watched(self) -> list[str]:
        """The KPIs that have a target or a benchmark."""
        named = {row["kpi_id"] for row in [*self._sources.targets, *self._sources.benchmarks]}
        return [kpi_id for kpi_id in self.catalogue if kpi_id in named and "" in self.suffixes(kpi_id)]

    def _is_measure(self, row: Row) -> bool:
        """Whether a KPI is a measure under its own name: the simple metric is the KPI."""
        given = self._given[row["numerator"], ""]
        return row["kpi_id"] == row["numerator"] and given.metric == row["kpi_id"] and len(given.models) == 1

    def _sums_of_parts(self) -> Iterator[Metric]:
        for (measure, suffix), given in self._given.items():
            if len(given.models) > 1 and "formula" not in given.models and measure not in self.catalogue:
                yield self._sum_of_parts(measure, suffix)

    def _sum_of_parts(self, measure: str, suffix: str) -> Metric:
        given = self._given[measure, suffix]
        parts = [f"{measure}{suffix}_of_{model.removesuffix('_measures')}" for model in given.models]
        known = self._sources.measures[measure]
        text = " + ".join(f"coalesce({part}, 0)" for part in parts)
        return _derived(given.metric, _words(given.metric), known.meaning, text, parts)

    def _formulas(self) -> Iterator[Metric]:
        for rows in COUNTED_ANEW.values():
            for name, text in rows.formulas.items():
                parts = [part for part in rows.counts if part in text.split()]
                yield _derived(name, _words(name), self._sources.measures[name].meaning, text, parts)

    def _kpi(self, row: Row, suffix: str) -> Metric:
        name, label = f"{row['kpi_id']}{suffix}", row["name_en"]
        if suffix:
            label += f", {_words(suffix.removeprefix('_')).lower()}"
        if row["kpi_id"] == row["numerator"]:
            return self._sum_of_parts(row["numerator"], suffix) | {
                "label": label,
                "description": row["definition_en"],
            }
        numerator = self._given[row["numerator"], suffix]
        metric: Metric = {"name": name, "label": label, "description": row["definition_en"]}
        if not row["denominator"] or row["kind"] == "percentile":
            metric |= _formula(_scaled(row["multiplier"], numerator.metric), [numerator.metric])
            if "all" not in row["scopes"].split():
                known = " or ".join(
                    f"{{{{ Entity('{scope}') }}}} is not null" for scope in row["scopes"].split()
                )
                metric["filter"] = known
            return metric
        denominator = self._given[row["denominator"], suffix]
        if row["multiplier"] == "1" and numerator.models == denominator.models:
            return metric | {
                "type": "ratio",
                "numerator": numerator.metric,
                "denominator": denominator.metric,
            }
        return metric | _quotient(row["multiplier"], numerator.metric, denominator.metric)

    def _over_time(self, row: Row) -> Iterator[Metric]:
        """Running totals of the volumes; running and filtered values of the KPIs people watch."""
        kpi_id, label = row["kpi_id"], row["name_en"]
        numerator = self.side(kpi_id, "numerator")
        if numerator is None or "" not in self.suffixes(kpi_id) or row["kind"] == "percentile":
            return
        if not row["denominator"] and "all" in row["scopes"].split() and "_of_" not in numerator:
            if len(self._given[row["numerator"], ""].models) > 1:
                return
            for grain in ("month", "year"):
                yield {
                    "name": f"{kpi_id}_{grain}_to_date",
                    "label": f"{label}, {grain} to date",
                    "description": f"{row['definition_en']} From the first day of the {grain} on.",
                    "type": "cumulative",
                    "input_metric": numerator,
                    "grain_to_date": grain,
                    "period_agg": "last",
                }
        elif kpi_id in self.watched():
            denominator = self.side(kpi_id, "denominator")
            assert denominator is not None
            yield {
                "name": f"{kpi_id}_on_working_days",
                "label": f"{label}, on working days",
                "description": f"{row['definition_en']} Without week-ends and holidays.",
                **_quotient(row["multiplier"], numerator, denominator),
                "filter": "{{ Dimension('calendar__is_working_day') }}",
            }
            for name, words, how in (
                ("trailing_7_days", "trailing 7 days", {"window": "7 days"}),
                ("month_to_date", "month to date", {"grain_to_date": "month"}),
            ):
                yield {
                    "name": f"{kpi_id}_{name}",
                    "label": f"{label}, {words}",
                    "description": f"{row['definition_en']} Over the {'7 days up to the day' if 'window' in how else 'month up to the day'}.",
                    **_quotient(row["multiplier"], f"{numerator}_{name}", f"{denominator}_{name}"),
                }

    def running_inputs(self) -> list[Metric]:
        """The running totals that the running values of ratios are made of."""
        made: dict[str, Metric] = {}
        for kpi_id in self.watched():
            for side in ("numerator", "denominator"):
                metric = self.side(kpi_id, side)
                for name, words, how in (
                    ("trailing_7_days", "trailing 7 days", {"window": "7 days"}),
                    ("month_to_date", "month to date", {"grain_to_date": "month"}),
                ):
                    if metric is not None and not (metric in self.catalogue and name == "month_to_date"):
                        made[f"{metric}_{name}"] = {
                            "name": f"{metric}_{name}",
                            "label": f"{_words(metric)}, {words}",
                            "description": f"`{metric}`, running.",
                            "type": "cumulative",
                            "input_metric": metric,
                            **how,
                            "period_agg": "last",
                        }
        return list(made.values())

    def _growth(self, grain: str) -> Metric:
        row = self.catalogue["sales_growth"]
        text = "100 * cast(coalesce(revenue, 0) - revenue_before as double) / nullif(cast(revenue_before as double), 0)"
        return {
            "name": f"sales_growth_{grain}",
            "label": f"{row['name_en']}, on the {grain} before",
            "description": f"{row['definition_en']} Ask it by {grain}.",
            "type": "derived",
            "expr": text,
            "input_metrics": [
                {"name": "revenue"},
                {"name": "revenue", "offset_window": f"1 {grain}", "alias": "revenue_before"},
            ],
        }

    def _pipeline(self) -> Iterator[Metric]:
        for side in ("created", "closed"):
            yield {
                "name": f"{side}_opportunities_to_date",
                "label": f"Opportunities {side}, to date",
                "description": f"Opportunities {side} up to the end of the period.",
                "type": "cumulative",
                "input_metric": f"{side}_opportunities",
                "period_agg": "last",
            }
        row = self.catalogue["pipeline_velocity"]
        won = "nullif(cast(won_opportunities as double), 0)"
        yield _derived(
            "pipeline_velocity",
            row["name_en"],
            row["definition_en"],
            "case when decided_opportunities > 0 then"
            " cast(created_opportunities_to_date - closed_opportunities_to_date as double)"
            " * (cast(won_amount as double) / nullif(cast(won_opportunities_with_known_amount as double), 0))"
            " * (cast(won_opportunities as double) / nullif(cast(decided_opportunities as double), 0))"
            f" / nullif(cast(won_cycle_seconds as double) / 86400 / {won}, 0) end",
            [
                "created_opportunities_to_date",
                "closed_opportunities_to_date",
                "won_amount",
                "won_opportunities",
                "won_opportunities_with_known_amount",
                "decided_opportunities",
                "won_cycle_seconds",
            ],
        )


def _quotient(multiplier: str, numerator: str, denominator: str) -> Metric:
    """Of a numerator without rows where the denominator has some, an observed 0."""
    top = _scaled(multiplier, f"coalesce({numerator}, 0)")
    return _formula(f"{top} / nullif(cast({denominator} as double), 0)", [numerator, denominator])


def _scaled(multiplier: str, expression: str) -> str:
    if multiplier == "1":
        return expression if expression.isidentifier() else f"cast({expression} as double)"
    factor, _, divisor = multiplier.partition("/")
    return f"cast({factor} as double){f' / {divisor}' if divisor else ''} * cast({expression} as double)"


def _formula(text: str, inputs: Sequence[str]) -> Metric:
    return {
        "type": "derived",
        "expr": text,
        "input_metrics": [{"name": name} for name in dict.fromkeys(inputs)],
    }


def _derived(name: str, label: str, description: str, text: str, inputs: Sequence[str]) -> Metric:
    return {"name": name, "label": label, "description": description, **_formula(text, inputs)}


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _unsuffixed(metric: str, model: SemanticModel) -> tuple[str, str]:
    """The measure of a simple metric, and the suffix of the views that count it in one scope only."""
    name = metric.removesuffix(f"_of_{model.name.removesuffix('_measures')}")
    _, by, scope = model.name.partition("_by_")
    suffix = f"{by}{scope}"
    return (name.removesuffix(suffix), suffix) if suffix else (name, "")
