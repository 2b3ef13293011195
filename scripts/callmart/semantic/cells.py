"""The measure models once more, as views over the published tables, with all scopes of a row beside each other.

A measure model sums its rows to the day and to every column that is a scope, and then once more for each scope.
MetricFlow groups by itself: it wants the first of the two sums. So a model's own SQL is rendered here with the
published tables under it and without the second sum; what a measure counts is written in the model, nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

# The catalog under which the published file is attached, and the schema of its tables.
PUBLISHED = "callmart.marts"
_LAST_STEP = re.compile(r",\s*\n\s*(?:--[^\n]*\n\s*)*by_scope as \(", re.DOTALL)
_FIRST_COMMENT = re.compile(r"\A\s*(?:--[^\n]*\n)+")
_NOTHING_TOUCHED = re.compile(r"\s*\n\s*and true\b|\n\s*where true\b")


class CellsError(RuntimeError):
    """A measure model cannot be read over the published tables; the sentence says which and why."""


@dataclass(frozen=True)
class View:
    """A view that MetricFlow reads.

    Attributes:
        name: of the view and of its semantic model.
        sql: the query, over the published tables.
        scopes: the columns to group by, named as the scopes of `kpi_values`.
        measures: the additive columns.
        only_scope: the one scope its rows are of, when they add up to nothing else.
    """

    name: str
    sql: str
    scopes: Sequence[str]
    measures: Sequence[str]
    only_scope: str | None = None


@dataclass(frozen=True)
class _Call:
    """A use of `measures_by_scope` in a model."""

    relation: str
    scopes: Mapping[str, str | None]


class Project:
    """The models below a project's folder, as far as views are made of them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
        self._paths = {path.stem: path for path in sorted((root / "models").rglob("*.sql"))}
        self._models = self._read_models()

    def _read_models(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for path in sorted((self._root / "models").rglob("*.yml")):
            properties = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            found |= {str(model["name"]): model for model in properties.get("models", [])}
        return found

    def measures(self, model: str) -> dict[str, str]:
        """The types of the measures a model defines, by name."""
        return {
            str(column["name"]): str(column.get("data_type", "bigint"))
            for column in self._models[model].get("columns", [])
            if column.get("config", {}).get("meta", {}).get("measure")
        }

    def is_public(self, model: str) -> bool:
        """Whether a model's table is in the published file."""
        return bool(self._models.get(model, {}).get("config", {}).get("access") == "public")

    def views(self, model: str) -> list[View]:
        """The views of a measure model: one, or where different scopes count different rows, one for each kind of rows.

        Raises:
            CellsError: it reads a table that is not published, or is not written as a measure model is.
        """
        calls: list[_Call] = []
        text = self._render(model, calls)
        steps = _LAST_STEP.split(text)
        if not calls or len(steps) != 2:
            raise CellsError(f"{model} has no step by_scope made by measures_by_scope.")
        views = []
        for call in calls:
            scopes = {scope: column for scope, column in call.scopes.items() if scope != "all"}
            only = None if "all" in call.scopes else next(iter(scopes))
            name = model if only is None else f"{model}_by_{only}"
            columns = ["measure_date"]
            columns += [
                f"{column} as {scope}" if column != scope else scope for scope, column in scopes.items()
            ]
            columns += [
                f"cast({measure} as {kind}) as {measure}" for measure, kind in self.measures(model).items()
            ]
            listed = ",\n".join(f"    {column}" for column in columns)
            sql = f"{_tidy(steps[0])}\n\nselect\n{listed}\nfrom {call.relation}\n"
            views.append(View(name, sql, list(scopes), list(self.measures(model)), only))
        return views

    def _render(self, model: str, calls: list[_Call]) -> str:
        """A model's SQL over the published tables; notes the uses of `measures_by_scope`."""

        def measures_by_scope(
            relation: str, scopes: Mapping[str, str | None], _measures: Sequence[str]
        ) -> str:
            calls.append(_Call(relation, scopes))
            return ""

        template = self._environment.from_string(self._paths[model].read_text(encoding="utf-8"))
        try:
            return template.render(
                config=lambda **_settings: "",
                ref=lambda name: self._relation(model, name),
                is_touched=lambda *_arguments: "true",
                measures_of=lambda name: list(self.measures(name)),
                measures_by_scope=measures_by_scope,
                measure_columns=lambda _measures: "*",
            )
        except jinja2.UndefinedError as error:
            raise CellsError(
                f"{model} uses what a view over published tables has no word for: {error}."
            ) from None

    def _relation(self, reader: str, name: str) -> str:
        """A published table; or, of another model, its SQL in its place."""
        if self.is_public(name):
            return f"{PUBLISHED}.{name}"
        if name not in self._paths:
            raise CellsError(f"{reader} reads {name}, which is not published.")
        inner = _tidy(self._render(name, []))
        return "(\n" + "\n".join(f"    {line}" for line in inner.splitlines()) + "\n)"


def _tidy(text: str) -> str:
    """SQL without the conditions of an increment, and without the comment on the model's rows."""
    return _NOTHING_TOUCHED.sub("", _FIRST_COMMENT.sub("", text.strip() + "\n")).strip()
