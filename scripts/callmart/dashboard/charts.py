"""The charts of the dashboard in Vega-Lite, compiled to Vega when a page is written.

A text that begins with `@` names a word of the page, which puts it in the reader's language. The page fills the
data sets by name, and gives every chart its width, colours and fonts.
"""

from __future__ import annotations

from typing import Any

import vl_convert

Spec = dict[str, Any]

# No frame, and the ground of the page; the rest of the look is given in the page.
_COMMON = {
    "autosize": {"type": "fit-x", "contains": "padding"},
    "config": {"background": None, "view": {"stroke": None}},
}


def charts() -> dict[str, Spec]:
    """Every chart by name, as Vega takes it."""
    specs = {
        "rate": _rate(),
        "heat": _heat(),
        "response": _response(),
        "interval": _interval(),
        "campaigns": _campaigns(),
    }
    return {name: vl_convert.vegalite_to_vega({**_COMMON, **spec}) for name, spec in specs.items()}


def _time_axis() -> Spec:
    return {
        "field": "at",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {
            "title": None,
            "grid": False,
            "labelOverlap": True,
            "tickCount": 8,
            "labelFlush": True,
            "format": "@time_format",
        },
    }


def _rate() -> Spec:
    """A rate over time and the line it is held against. Points: at, value, label. Reference: value, label."""
    return {
        "width": 500,
        "height": 190,
        "layer": [
            {
                "data": {"name": "points"},
                "mark": {"type": "line", "interpolate": "linear", "strokeWidth": 2},
                "encoding": {"x": _time_axis(), "y": _value_axis(zero=False), "color": {"value": "@colour"}},
            },
            {
                "data": {"name": "points"},
                "mark": {"type": "point", "filled": True, "size": 34, "opacity": 1},
                "encoding": {
                    "x": _time_axis(),
                    "y": _value_axis(zero=False),
                    "color": {"value": "@colour"},
                    "tooltip": {"field": "label"},
                },
            },
            {
                "data": {"name": "reference"},
                "mark": {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.5},
                "encoding": {"y": _value_axis(zero=False), "color": {"value": "@reference"}},
            },
            _reference_label(halo=True),
            _reference_label(halo=False),
        ],
    }


def _reference_label(*, halo: bool) -> Spec:
    """The words at the end of the line; once before in the colour of the ground, so that they stay legible over it."""
    mark: Spec = {"type": "text", "align": "right", "baseline": "bottom", "dy": -3, "x": "width"}
    ground = {name: {"value": "@background"} for name in ("fill", "stroke")} | {"strokeWidth": {"value": 4}}
    return {
        "data": {"name": "reference"},
        "mark": mark,
        "encoding": {
            "y": _value_axis(zero=False),
            "text": {"field": "label"},
            **(ground if halo else {"color": {"value": "@reference"}}),
        },
    }


def _value_axis(*, zero: bool) -> Spec:
    return {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": zero, "nice": True},
        "axis": {"title": "@axis", "tickCount": 5},
    }


def _heat() -> Spec:
    """A weekday by half hour. Cells: hour, weekday, order, value, label."""
    return {
        "width": 900,
        "height": {"step": 26},
        "data": {"name": "cells"},
        "mark": {"type": "rect"},
        "encoding": {
            "x": {
                "field": "hour",
                "type": "ordinal",
                "axis": {
                    "title": "@local_time",
                    "labelAngle": 0,
                    "labelOverlap": True,
                    "ticks": False,
                    "domain": False,
                    "labelExpr": "slice(datum.value, 3) == '00' ? datum.label : ''",
                },
            },
            "y": {
                "field": "weekday",
                "type": "ordinal",
                "sort": {"field": "order"},
                "axis": {"title": None, "ticks": False, "domain": False},
            },
            "color": {
                "field": "value",
                "type": "quantitative",
                "legend": {"title": "@axis", "gradientLength": 130, "gradientThickness": 12, "tickCount": 4},
            },
            "tooltip": {"field": "label"},
        },
    }


def _response() -> Spec:
    """How many leads had their first call within which time. Classes: name, order, leads, kind, label."""
    return {
        "width": 500,
        "height": 220,
        "data": {"name": "classes"},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {
                "field": "name",
                "type": "nominal",
                "sort": {"field": "order"},
                "axis": {
                    "title": "@time_to_first_call",
                    "labelAngle": -35,
                    "ticks": False,
                    "labelLimit": 130,
                },
            },
            "y": {"field": "leads", "type": "quantitative", "axis": {"title": "@leads", "tickCount": 5}},
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": ["called", "not_called"], "range": ["@colour", "@muted"]},
                "legend": None,
            },
            "tooltip": {"field": "label"},
        },
    }


def _interval() -> Spec:
    """A score over time with its interval. Points: at, value, low, high, is_small, label."""
    return {
        "width": 320,
        "height": 180,
        "data": {"name": "points"},
        "encoding": {"x": _time_axis()},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.65},
                "encoding": {
                    "y": {**_value_axis(zero=False), "field": "low"},
                    "y2": {"field": "high"},
                    "color": {"value": "@colour"},
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.5},
                "encoding": {"y": _value_axis(zero=False), "color": {"value": "@colour"}},
            },
            {
                "mark": {"type": "point", "size": 42, "opacity": 1, "strokeWidth": 1.6},
                "encoding": {
                    "y": _value_axis(zero=False),
                    "stroke": {"value": "@colour"},
                    "fill": {
                        "condition": {"test": "datum.is_small", "value": "@background"},
                        "value": "@colour",
                    },
                    "tooltip": {"field": "label"},
                },
            },
        ],
    }


def _campaigns() -> Spec:
    """Cost and revenue of each campaign. Bars: campaign, order, side, value, label."""
    return {
        "width": 500,
        "height": {"step": 15},
        "data": {"name": "bars"},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": {
                "field": "campaign",
                "type": "nominal",
                "sort": {"field": "order"},
                "axis": {"title": None, "ticks": False, "domain": False, "labelLimit": 190},
            },
            "yOffset": {"field": "side", "sort": ["cost", "revenue"]},
            "x": {
                "field": "value",
                "type": "quantitative",
                "axis": {"title": "@axis", "tickCount": 5, "format": "~s"},
            },
            "color": {
                "field": "side",
                "type": "nominal",
                "scale": {"domain": ["cost", "revenue"], "range": ["@second", "@colour"]},
                "legend": None,
            },
            "tooltip": {"field": "label"},
        },
    }
