"""The KPIs in which a model of measures has a part, computed without the measures of all the others.

`kpi_measures` lays some forty models beside each other, and `kpi_values` divides more than a hundred KPIs out of them.
A damage to one model shows in a few of these, which take a small part of the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mutations import Mutant, Part, Tree
from sqlglot import exp

MEASURES = '"callmart"."marts"."kpi_measures"'
# What `kpi_measures` calls the part that makes periods of a model's days.
BY_PERIOD = "_by_period"
# Its parts that put the models below each other, and beside each other.
BELOW, BESIDE = ("cells", "span"), "final"
# The part of `kpi_values` with a branch for each KPI.
BRANCHES = "calculated"


@dataclass(frozen=True)
class Few:
    """Some KPIs, and the models that give all their measures."""

    kpis: frozenset[str]
    models: frozenset[str]


class FewKpis:
    """`kpi_measures` and `kpi_values`, cut down to some KPIs. All days together may begin elsewhere then."""

    def __init__(self, measures: Tree, values: Tree) -> None:
        self._measures, self._values = measures, values
        self._givers = {
            projection.alias_or_name: _models_in(projection)
            for projection in measures.top(BESIDE).expressions
        }
        self._branches = {
            branch.selects[0].this.name: branch
            for branch in values.branches(BRANCHES)
            if isinstance(branch.selects[0].this, exp.Literal)
        }
        self._models = {
            kpi_id: frozenset[str]().union(
                *(self._givers.get(column.name, frozenset()) for column in branch.find_all(exp.Column))
            )
            for kpi_id, branch in self._branches.items()
        }

    def of(self, models: Iterable[str]) -> Few:
        """The KPIs in which any of the models has a part."""
        wanted = frozenset(models)
        kpis = frozenset(kpi_id for kpi_id, own in self._models.items() if own & wanted)
        return Few(kpis, frozenset[str]().union(*(self._models[kpi_id] for kpi_id in kpis)))

    def at(self, mutant: Mutant) -> Few:
        """The KPIs in which a damage to `kpi_measures` shows; none where it may show in any."""
        part = self._measures.top(mutant.part)
        if mutant.part.endswith(BY_PERIOD):
            return self.of([mutant.part.removesuffix(BY_PERIOD)])
        node: exp.Expr | None = self._measures.nodes(mutant.part)[mutant.node]
        while node and node is not part and node.parent is not part:
            node = node.parent
        return self.of(_models_in(node) if node and mutant.part == BESIDE and node is not part else [])

    def measures(self, few: Few) -> str:
        """The measures of the KPIs, as damaged as `kpi_measures` is."""
        measures = self._measures
        others: dict[Part, str | None] = {
            part: None
            for part in measures.parts
            if part.endswith(BY_PERIOD) and part.removesuffix(BY_PERIOD) not in few.models
        }
        for part in BELOW:
            kept = [one for one in measures.branches(part) if _models_in(one) <= few.models]
            brackets = measures.top(part).find(exp.Subquery)
            assert brackets is not None
            others[part] = measures.text(part).replace(
                _sql(brackets.this), " UNION ALL ".join(map(_sql, kept))
            )
        beside, last = measures.top(BESIDE), measures.top("")
        columns = [one for one in beside.expressions if _models_in(one) <= few.models]
        joins = [one for one in beside.args["joins"] if _models_in(one) <= few.models]
        others[BESIDE] = measures.text(BESIDE, expressions=columns, joins=joins)
        names = {one.alias_or_name for one in columns}
        others[""] = measures.text(
            "", expressions=[one for one in last.expressions if one.alias_or_name in names]
        )
        return measures.sql(others)

    def values(self, few: Few, table: str) -> str:
        """The values of the KPIs, from a table of their measures."""
        branches = " UNION ALL ".join(_sql(self._branches[kpi_id]) for kpi_id in sorted(few.kpis))
        return self._values.sql({BRANCHES: f"{BRANCHES} AS ({branches.replace(MEASURES, table)})"})


def _sql(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb", comments=False)


def _models_in(node: exp.Expr) -> frozenset[str]:
    """The models of measures that a piece of `kpi_measures` reads."""
    names = {column.table for column in node.find_all(exp.Column)}
    names |= {table.name for table in node.find_all(exp.Table)}
    return frozenset(
        name.removesuffix(BY_PERIOD) for name in names if name.endswith(("_measures", BY_PERIOD))
    )
