"""What Superset starts with: the database, a dataset per public table, and a dashboard, in the form it imports.

Columns, their meanings and the rates come from the release: a rate's formula is its row of `kpi_dictionary`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from callmart.publish import SCHEMA
from callmart.sinks.source import Column, Release, Table
from callmart.superset.connection import ENGINE_PARAMS, uri

DATABASE_NAME = "callmart"
DASHBOARD_SLUG = "contact-centre"
# Assets keep their identity when they are imported again.
_NAMESPACE = uuid.UUID("3c1f0b1e-6a52-4c8e-9d0d-8f3a2b7c4e15")
_VERSION = {"version": "1.0.0"}
_D3_FORMATS = {"percent": ",.1f", "seconds": ",.1f"}

Assets = Mapping[str, str]


def assets(release: Release, warehouse: Path) -> Assets:
    """Every file that is imported, by its path."""
    rates = _rates(release)
    files: dict[str, object] = {
        "metadata.yaml": {**_VERSION, "type": "assets"},
        f"databases/{DATABASE_NAME}.yaml": _database(warehouse),
        "dashboards/contact_centre.yaml": _dashboard(),
    }
    for table in release.tables:
        files[f"datasets/{DATABASE_NAME}/{table.name}.yaml"] = _dataset(table, rates)
    for name, chart in CHARTS.items():
        files[f"charts/{name}.yaml"] = _chart(name, chart)
    return {path: yaml.safe_dump(content, allow_unicode=True) for path, content in files.items()}


def chart_uuid(name: str) -> str:
    """The identity of a chart of `CHARTS`."""
    return _id("chart", name)


def _id(kind: str, name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{kind} {name}"))


def _database(warehouse: Path) -> dict[str, object]:
    return {
        **_VERSION,
        "uuid": _id("database", DATABASE_NAME),
        "database_name": DATABASE_NAME,
        "sqlalchemy_uri": uri(warehouse),
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"engine_params": ENGINE_PARAMS, "allows_virtual_table_explore": True},
    }


# Datasets


def _rates(release: Release) -> list[dict[str, Any]]:
    cursor = release.connection.execute(
        "select kpi_id, name_en, unit, definition_en, multiplier, numerator_measure, denominator_measure"
        f" from {SCHEMA}.kpi_dictionary where kind = 'ratio' order by kpi_id"
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _dataset(table: Table, rates: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    days = [column.name for column in table.columns if column.type == "DATE"]
    return {
        **_VERSION,
        "uuid": _id("dataset", table.name),
        "database_uuid": _id("database", DATABASE_NAME),
        "table_name": table.name,
        "schema": SCHEMA,
        "description": table.description,
        "main_dttm_col": days[0] if days else None,
        "columns": [_dataset_column(column) for column in table.columns],
        "metrics": [
            {
                "metric_name": "count",
                "verbose_name": "COUNT(*)",
                "metric_type": "count",
                "expression": "COUNT(*)",
            },
            *_metrics(table, rates),
        ],
    }


def _dataset_column(column: Column) -> dict[str, object]:
    return {
        "column_name": column.name,
        "description": column.description,
        "type": column.type,
        "is_dttm": column.type in ("DATE", "TIMESTAMP"),
        "groupby": True,
        "filterable": True,
    }


def _metrics(table: Table, rates: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """The rates of the table as sums divided by sums, so that they are right for whatever rows a chart selects."""
    additive = {column.name for column in table.columns if "Additive: no" not in column.description}
    shown = {column.name for column in table.columns}
    return [
        {
            "metric_name": f"{rate['kpi_id']}_of_rows",
            "verbose_name": rate["name_en"],
            "description": f"{rate['definition_en']} Unit: {rate['unit']}.",
            "expression": (
                f"{rate['multiplier']!r} * sum({rate['numerator_measure']})"
                f" / nullif(sum({rate['denominator_measure']}), 0)"
            ),
            "d3format": _D3_FORMATS.get(rate["unit"], ",.2f"),
        }
        for rate in rates
        if rate["kpi_id"] in shown and {rate["numerator_measure"], rate["denominator_measure"]} <= additive
    ]


# Charts


def _is(column: str, value: str) -> dict[str, object]:
    return {
        "expressionType": "SIMPLE",
        "clause": "WHERE",
        "subject": column,
        "operator": "==",
        "operatorId": "EQUALS",
        "comparator": value,
    }


def _is_known(column: str) -> dict[str, object]:
    return {
        "expressionType": "SIMPLE",
        "clause": "WHERE",
        "subject": column,
        "operator": "IS NOT NULL",
        "operatorId": "IS_NOT_NULL",
        "comparator": None,
    }


def _largest(column: str, label: str) -> dict[str, object]:
    """The one value there is: `kpi_values` has a row per KPI, period and scope."""
    return {
        "expressionType": "SQL",
        "sqlExpression": f"max({column})",
        "label": label,
        "hasCustomLabel": True,
    }


_PLAIN_TABLE = {
    "query_mode": "raw",
    "show_cell_bars": False,
    "table_timestamp_format": "%Y-%m",
    "column_config": {name: {"d3NumberFormat": ",.1f"} for name in ("value", "target", "reference")},
}
_TIME_AXIS = {
    "x_axis": "period_start",
    "x_axis_time_format": "%Y-%m-%d",
    "rich_tooltip": True,
    "show_legend": True,
}

# Each: title, table, kind, width of twelve, parameters as Superset's own editor writes them.
CHARTS: Mapping[str, Mapping[str, Any]] = {
    "service_level_by_week_and_queue": {
        "title": "Service level by week and queue, %",
        "table": "kpi_values",
        "viz_type": "echarts_timeseries_line",
        "width": 8,
        "params": {
            **_TIME_AXIS,
            "metrics": [_largest("value", "service level")],
            "groupby": ["scope_id"],
            "adhoc_filters": [
                _is("kpi_id", "service_level"),
                _is("grain", "week"),
                _is("scope_type", "queue"),
            ],
            "y_axis_format": ",.0f",
            "row_limit": 10_000,
        },
    },
    "abandonment_rate_by_month": {
        "title": "Abandonment rate by month, %",
        "table": "queue_daily",
        "viz_type": "echarts_timeseries_bar",
        "width": 4,
        "params": {
            **_TIME_AXIS,
            "x_axis": "call_date",
            "time_grain_sqla": "P1M",
            "x_axis_time_format": "%Y-%m",
            "show_legend": False,
            "metrics": ["abandonment_rate_of_rows"],
            "y_axis_format": ",.0f",
            "row_limit": 10_000,
        },
    },
    "against_target": {
        "title": "Against target, newest complete month of each KPI",
        "table": "kpi_scorecard",
        "viz_type": "table",
        "width": 6,
        "params": {
            **_PLAIN_TABLE,
            "all_columns": ["name_en", "period_start", "value", "unit", "target", "status"],
            "order_by_cols": ['["name_en", true]'],
            "adhoc_filters": [
                _is("scope_type", "all"),
                _is("grain", "month"),
                _is_known("target"),
            ],
            "row_limit": 100,
        },
    },
    "where_to_act_first": {
        "title": "Where to act first: widest gaps of queues, newest complete month",
        "table": "performance_gaps",
        "viz_type": "table",
        "width": 6,
        "params": {
            **_PLAIN_TABLE,
            "all_columns": [
                "rank_by_gap",
                "name_en",
                "scope_type",
                "scope_id",
                "value",
                "reference",
                "unit",
            ],
            "order_by_cols": ['["rank_by_gap", true]'],
            "adhoc_filters": [_is("grain", "month"), _is("scope_type", "queue")],
            "row_limit": 15,
        },
    },
}


def _chart(name: str, chart: Mapping[str, Any]) -> dict[str, object]:
    params = {"viz_type": chart["viz_type"], **chart["params"]}
    return {
        **_VERSION,
        "uuid": chart_uuid(name),
        "dataset_uuid": _id("dataset", chart["table"]),
        "slice_name": chart["title"],
        "viz_type": chart["viz_type"],
        "params": params,
        "query_context": json.dumps(_query_context(params)),
    }


def _query_context(params: Mapping[str, Any]) -> dict[str, object]:
    """The query that the parameters mean, so that it can be run without the editor: by the API, or for a report."""
    filters = [
        {"col": each["subject"], "op": each["operator"], "val": each["comparator"]}
        for each in params.get("adhoc_filters", ())
    ]
    query: dict[str, object] = {"filters": filters, "row_limit": params["row_limit"]}
    if "x_axis" in params:
        axis = {
            "expressionType": "SQL",
            "columnType": "BASE_AXIS",
            "label": params["x_axis"],
            "sqlExpression": params["x_axis"],
            "timeGrain": params.get("time_grain_sqla"),
        }
        query |= {"columns": [axis, *params.get("groupby", ())], "metrics": params["metrics"]}
    else:
        query |= {
            "columns": params["all_columns"],
            "metrics": [],
            "orderby": [json.loads(order) for order in params["order_by_cols"]],
        }
    return {
        "datasource": {},
        "force": False,
        "queries": [query],
        "form_data": dict(params),
        "result_format": "json",
        "result_type": "full",
    }


# The dashboard


def _dashboard() -> dict[str, object]:
    return {
        **_VERSION,
        "uuid": _id("dashboard", DASHBOARD_SLUG),
        "dashboard_title": "Contact centre",
        "slug": DASHBOARD_SLUG,
        "published": True,
        "metadata": {"color_scheme": "supersetColors", "refresh_frequency": 0},
        "position": _position(),
    }


def _position() -> dict[str, object]:
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": "Contact centre"}},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "parents": ["ROOT_ID"], "children": []},
    }
    filled = 12
    for name, chart in CHARTS.items():
        if filled + chart["width"] > 12:
            row = f"ROW-{len(position['GRID_ID']['children'])}"
            position["GRID_ID"]["children"].append(row)
            position[row] = {
                "id": row,
                "type": "ROW",
                "parents": ["ROOT_ID", "GRID_ID"],
                "children": [],
                "meta": {"background": "BACKGROUND_TRANSPARENT"},
            }
            filled = 0
        filled += chart["width"]
        position[row]["children"].append(f"CHART-{name}")
        position[f"CHART-{name}"] = {
            "id": f"CHART-{name}",
            "type": "CHART",
            "parents": ["ROOT_ID", "GRID_ID", row],
            "children": [],
            # `chartId` is given anew when it is imported.
            "meta": {
                "chartId": len(position),
                "uuid": chart_uuid(name),
                "sliceName": chart["title"],
                "width": chart["width"],
                "height": 50,
            },
        }
    return position
