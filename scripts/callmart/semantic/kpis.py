"""The metrics above the simple ones: sums of parts, KPIs, and what people ask of the KPIs they watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from callmart.kpi_pages import Row
from callmart.semantic.counted_anew import COUNTED_ANEW
from callmart.semantic.layer import PIPELINE, Layer, Metric, words

_GROWTH_GRAINS = ("week", "month", "quarter", "year")
# What KPIs run over: the end of the metric's name, how readers call it, and how MetricFlow is told.
_RUNNING = (
    ("trailing_7_days", "over 7 days up to the day", {"window": "7 days"}),
    ("month_to_date", "month to date", {"grain_to_date": "month"}),
)
_VOLUMES_RUN = (
    ("month_to_date", "month to date", {"grain_to_date": "month"}),
    ("year_to_date", "year to date", {"grain_to_date": "year"}),
)


def metrics_of(layer: Layer) -> list[Metric]:
    """Every metric that is made of others.

    Raises:
        ValueError: two metrics have the same name.
    """
    made = [*_sums_of_parts(layer), *_formulas(layer)]
    given = {metric["name"] for model in layer.models for metric in model.metrics} | {
        each["name"] for each in made
    }
    for kpi_id, row in layer.catalogue.items():
        made += [
            _kpi(layer, row, suffix) for suffix in layer.suffixes(kpi_id) if f"{kpi_id}{suffix}" not in given
        ]
    made += [_growth(layer, grain) for grain in _GROWTH_GRAINS]
    made += _pipeline(layer)
    made += _running_volumes(layer)
    made += _of_watched(layer, {each["name"] for each in made})
    names = [
        *(metric["name"] for model in layer.models for metric in model.metrics),
        *(each["name"] for each in made),
    ]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two metrics are called {twice[0]}.")
    return made


def _sums_of_parts(layer: Layer) -> Iterator[Metric]:
    for given in layer.given.values():
        if given.parts:
            text = " + ".join(f"coalesce({part}, 0)" for part in given.parts)
            yield {**_texts(layer, given.metric), **_derived(text, given.parts)}


def _formulas(layer: Layer) -> Iterator[Metric]:
    for rows in COUNTED_ANEW.values():
        for name, text in rows.formulas.items():
            parts = [part for part in rows.counts if part in text.split()]
            yield {**_texts(layer, name), **_derived(text, parts)}


def _kpi(layer: Layer, row: Row, suffix: str) -> Metric:
    numerator, denominator = (layer.given.get((row[side], suffix)) for side in ("numerator", "denominator"))
    if numerator is None:
        raise ValueError(f"the layer has no measure {row['numerator']}{suffix}.")
    label = f"{row['name_en']}, {suffix.removeprefix('_').replace('_', ' ')}" if suffix else row["name_en"]
    metric: Metric = {"name": f"{row['kpi_id']}{suffix}", "label": label, "description": row["definition_en"]}
    if denominator is None or row["kind"] == "percentile":
        metric |= _derived(_scaled(row["multiplier"], numerator.metric), [numerator.metric])
    elif row["multiplier"] == "1" and numerator.models == denominator.models:
        metric |= {"type": "ratio", "numerator": numerator.metric, "denominator": denominator.metric}
    else:
        metric |= _quotient(row["multiplier"], numerator.metric, denominator.metric)
    scopes = row["scopes"].split()
    if "all" not in scopes:
        metric["filter"] = " or ".join(f"{{{{ Entity('{scope}') }}}} is not null" for scope in scopes)
    return metric


def _growth(layer: Layer, grain: str) -> Metric:
    row = layer.catalogue["sales_growth"]
    before = "nullif(cast(revenue_before as double), 0)"
    return {
        "name": f"sales_growth_{grain}",
        "label": f"{row['name_en']}, on the {grain} before",
        "description": f"{row['definition_en']} Ask it by {grain}.",
        "type": "derived",
        "expr": f"100 * cast(coalesce(revenue, 0) - revenue_before as double) / {before}",
        "input_metrics": [
            {"name": "revenue"},
            {"name": "revenue", "offset_window": f"1 {grain}", "alias": "revenue_before"},
        ],
    }


def _pipeline(layer: Layer) -> Iterator[Metric]:
    for side in ("created", "closed"):
        yield {
            "name": f"{side}_opportunities_to_date",
            "label": f"Opportunities {side}, to date",
            "description": f"Opportunities {side} up to the end of the period.",
            "type": "cumulative",
            "input_metric": f"{side}_opportunities",
            "period_agg": "last",
        }
    mean_amount = (
        "cast(won_amount as double) / nullif(cast(won_opportunities_with_known_amount as double), 0)"
    )
    won_share = "cast(won_opportunities as double) / nullif(cast(decided_opportunities as double), 0)"
    mean_days = "cast(won_cycle_seconds as double) / 86400 / nullif(cast(won_opportunities as double), 0)"
    still_open = "cast(created_opportunities_to_date - closed_opportunities_to_date as double)"
    value = f"{still_open} * ({mean_amount}) * ({won_share}) / nullif({mean_days}, 0)"
    inputs = [
        "created_opportunities_to_date",
        "closed_opportunities_to_date",
        "won_amount",
        "won_opportunities",
    ]
    inputs += ["won_opportunities_with_known_amount", "decided_opportunities", "won_cycle_seconds"]
    yield {
        **_texts(layer, PIPELINE),
        **_derived(f"case when decided_opportunities > 0 then {value} end", inputs),
    }


def _running_volumes(layer: Layer) -> Iterator[Metric]:
    for kpi_id, row in layer.catalogue.items():
        given = layer.given.get((row["numerator"], ""))
        # A running total runs over rows of one view.
        if row["denominator"] or given is None or given.parts or "all" not in row["scopes"].split():
            continue
        for ending, phrase, how in _VOLUMES_RUN:
            name, label = f"{kpi_id}_{ending}", f"{row['name_en']}, {phrase}"
            yield _running(name, label, f"{row['definition_en']} Running.", given.metric, how)


def _of_watched(layer: Layer, taken: set[str]) -> Iterator[Metric]:
    for kpi_id in layer.watched():
        row = layer.catalogue[kpi_id]
        numerator, denominator = (layer.side(kpi_id, side) for side in ("numerator", "denominator"))
        if numerator is None or denominator is None or row["kind"] == "percentile":
            continue
        yield {
            "name": f"{kpi_id}_on_working_days",
            "label": f"{row['name_en']}, on working days",
            "description": f"{row['definition_en']} Without week-ends and holidays.",
            **_quotient(row["multiplier"], numerator, denominator),
            "filter": "{{ Dimension('calendar__is_working_day') }}",
        }
        for ending, phrase, how in _RUNNING:
            for side in (numerator, denominator):
                if f"{side}_{ending}" not in taken:
                    taken.add(f"{side}_{ending}")
                    label = f"{words(side)} (measure), {phrase}"
                    yield _running(f"{side}_{ending}", label, f"`{side}`, running.", side, how)
            yield {
                "name": f"{kpi_id}_{ending}",
                "label": f"{row['name_en']}, {phrase}",
                "description": f"{row['definition_en']} Running.",
                **_quotient(row["multiplier"], f"{numerator}_{ending}", f"{denominator}_{ending}"),
            }


def _running(name: str, label: str, description: str, metric: str, how: Metric) -> Metric:
    """A running total; by week or month it is where that ended."""
    named = {"name": name, "label": label, "description": description}
    return {**named, "type": "cumulative", "input_metric": metric, **how, "period_agg": "last"}


def _texts(layer: Layer, name: str) -> Metric:
    """Name, label and description of a KPI or a measure."""
    kpi = layer.catalogue.get(name)
    if kpi:
        return {"name": name, "label": kpi["name_en"], "description": kpi["definition_en"]}
    return {
        "name": name,
        "label": f"{words(name)} (measure)",
        "description": layer.sources.measures[name].meaning,
    }


def _quotient(multiplier: str, numerator: str, denominator: str) -> Metric:
    """A numerator without rows where the denominator has some is an observed 0, as in `kpi_values`."""
    above = _scaled(multiplier, f"coalesce({numerator}, 0)")
    below = f"nullif(cast({denominator} as double), 0)"
    return _derived(f"{above} / {below}", [numerator, denominator])


def _scaled(multiplier: str, expression: str) -> str:
    """The one division comes last, in double; a count stays a whole number."""
    if multiplier == "1":
        return expression if expression.isidentifier() else f"cast({expression} as double)"
    factor, _, divisor = multiplier.partition("/")
    return f"cast({factor} as double){f' / {divisor}' if divisor else ''} * cast({expression} as double)"


def _derived(expression: str, inputs: Sequence[str]) -> Metric:
    return {
        "type": "derived",
        "expr": expression,
        "input_metrics": [{"name": name} for name in dict.fromkeys(inputs)],
    }
