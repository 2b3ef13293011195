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
        self._columns = [_models_in(one) for one in measures.top(BESIDE).expressions]
        self._joins = [_models_in(one) for one in measures.top(BESIDE).args["joins"]]
        self._sound_measures: dict[Few, str] = {}
        self._sound_values: dict[Few, str] = {}
        self._others: dict[Few, dict[Part, str | None]] = {}
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
        beside, last = measures.top(BESIDE), measures.top("")
        columns = _of(few, beside.expressions, self._columns)
        joins = _of(few, beside.args["joins"], self._joins)
        names = {one.alias_or_name for one in columns}
        kept = [one for one in last.expressions if one.alias_or_name in names]
        texts = {
            BESIDE: measures.text(BESIDE, expressions=columns, joins=joins),
            "": measures.text("", expressions=kept),
        }
        return measures.sql({**self._without_others(few), **texts})

    def sound_measures(self, few: Few) -> str:
        """The measures of the KPIs, where `kpi_measures` is sound."""
        if few not in self._sound_measures:
            self._sound_measures[few] = self.measures(few)
        return self._sound_measures[few]

    def values(self, few: Few, table: str) -> str:
        """The values of the KPIs, from a table of their measures."""
        if few not in self._sound_values:
            branches = " UNION ALL ".join(_sql(self._branches[kpi_id]) for kpi_id in sorted(few.kpis))
            part = f"{BRANCHES} AS ({branches.replace(MEASURES, table)})"
            self._sound_values[few] = self._values.sql({BRANCHES: part})
        return self._sound_values[few]

    def branch_with(self, mutant: Mutant) -> tuple[str, str] | None:
        """The KPI in whose branch a damage to `kpi_values` lies, and the branch with it; None where it lies in none."""
        if mutant.part != BRANCHES:
            return None
        kpis = {id(branch): kpi_id for kpi_id, branch in self._branches.items()}
        node: exp.Expr | None = self._values.nodes(BRANCHES)[mutant.node].parent
        while node and id(node) not in kpis:
            node = node.parent
        if node is None:
            return None
        with self._values.with_damage(mutant):
            return kpis[id(node)], _sql(node)

    @property
    def branches(self) -> dict[str, str]:
        """Each KPI's branch of `kpi_values`."""
        return {kpi_id: _sql(branch) for kpi_id, branch in self._branches.items()}

    def _without_others(self, few: Few) -> dict[Part, str | None]:
        """The parts that other models are in, without these."""
        if few not in self._others:
            measures, others = self._measures, dict[Part, str | None]()
            for part in measures.parts:
                if part.endswith(BY_PERIOD) and part.removesuffix(BY_PERIOD) not in few.models:
                    others[part] = None
            for part in BELOW:
                kept = [_sql(one) for one in measures.branches(part) if _models_in(one) <= few.models]
                brackets = measures.top(part).find(exp.Subquery)
                assert brackets is not None
                others[part] = measures.text(part).replace(_sql(brackets.this), " UNION ALL ".join(kept))
            self._others[few] = others
        return self._others[few]


def _sql(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb", comments=False)


def _of(few: Few, nodes: list[exp.Expr], models: list[frozenset[str]]) -> list[exp.Expr]:
    """Those of the nodes that read no other models."""
    return [node for node, own in zip(nodes, models, strict=True) if own <= few.models]


def _models_in(node: exp.Expr) -> frozenset[str]:
    """The models of measures that a piece of `kpi_measures` reads."""
    names = {column.table for column in node.find_all(exp.Column)}
    names |= {table.name for table in node.find_all(exp.Table)}
    return frozenset(
        name.removesuffix(BY_PERIOD) for name in names if name.endswith(("_measures", BY_PERIOD))
    )
