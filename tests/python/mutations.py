"""Small damages to a model's SQL, each a mistake that somebody might make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

# What comes in pairs that are mistaken for each other.
COMPARISONS: Mapping[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
}
AGGREGATES: Mapping[type[exp.Expr], type[exp.Expr]] = {
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.LogicalOr: exp.LogicalAnd,
    exp.LogicalAnd: exp.LogicalOr,
    exp.Sum: exp.Count,
}
CONNECTIVES: Mapping[type[exp.Expr], type[exp.Expr]] = {exp.And: exp.Or, exp.Or: exp.And}

# A part of the model: a CTE by its name, or the last `select` under the empty one.
Part = str
# What a damage puts in the place of a node; None takes it away.
Damage = tuple[str, exp.Expr | None]


@dataclass(frozen=True)
class Mutant:
    """One damage to one model.

    Attributes:
        model: its name.
        part: the CTE in which the damage lies.
        node: which of the part's nodes.
        damage: which of the damages that node can take.
        key: what is damaged, in words that stay the same while the rest of the model changes.
    """

    model: str
    part: Part
    node: int
    damage: int
    key: str


class Tree:
    """A query as sqlglot reads it, in parts whose nodes can be counted and compared with another query's.

    The SQL of a unit test is the model's, with other names for tables and with tables of its own in front: these are
    no parts. So the same damage can be done to the model and in each of its unit tests.
    """

    FIXTURE = "__dbt__cte__"

    def __init__(self, sql: str) -> None:
        top = sqlglot.parse_one(sql, dialect="duckdb")
        ctes = top.args.get("with_")
        top.set("with_", None)
        self._is_recursive = bool(ctes and ctes.args.get("recursive"))
        # A part is written anew only where it is damaged.
        self._written: dict[Part, exp.Expr] = {cte.alias: cte for cte in ctes.expressions} if ctes else {}
        self._written[""] = top
        self._texts: dict[Part, str] = {}
        self._nodes: dict[Part, list[exp.Expr]] = {}
        self._shapes: dict[Part, tuple[str, ...]] = {}

    def nodes(self, part: Part) -> list[exp.Expr]:
        """The nodes of a part that a damage may hit, in their order."""
        if part not in self._nodes:
            self._nodes[part] = list(_walk(self.top(part)))
        return self._nodes[part]

    def shape(self, part: Part) -> tuple[str, ...]:
        """What two parts have in common that differ in names and constants alone."""
        if part not in self._shapes:
            self._shapes[part] = tuple(type(node).__name__ for node in self.nodes(part))
        return self._shapes[part]

    def is_like(self, other: Tree, part: Part) -> bool:
        """Whether a part has the shape it has in another query."""
        return part in self._written and other.shape(part) == self.shape(part)

    @property
    def parts(self) -> list[Part]:
        """All parts, in their order."""
        return list(self._written)

    def top(self, part: Part) -> exp.Expr:
        """The query that a part is."""
        written: exp.Expr = self._written[part]
        return written.this if part else written

    def branches(self, part: Part) -> list[exp.Select]:
        """The selects that a part puts below each other, at its top or below it in brackets."""
        brackets = self.top(part).find(exp.Subquery)
        waiting, found = [brackets.this if brackets else self.top(part)], []
        while waiting:
            node = waiting.pop()
            if isinstance(node, exp.SetOperation):
                waiting += [node.expression, node.this]
            elif isinstance(node, exp.Select):
                found.append(node)
        return found

    def mutants(self, model: str) -> list[Mutant]:
        """Every damage to the query."""
        found: list[Mutant] = []
        seen: Counter[str] = Counter()
        for part in self._written:
            for number, node in enumerate(self.nodes(part)):
                for which, (operator, replacement) in enumerate(damages(node)):
                    before, after = _text(node), _text(replacement)
                    what = f"{part or 'last select'}: {operator}: {before} -> {after}"
                    seen[what] += 1
                    again = f" ({seen[what]})" if seen[what] > 1 else ""
                    found.append(Mutant(model, part, number, which, what + again))
        return found

    def take_fixtures(self) -> list[tuple[str, str]]:
        """Take the given rows of a unit test out of the query: the tables' names and their SQL."""
        names = [part for part in self._written if part.startswith(self.FIXTURE)]
        return [(name, self._written.pop(name).this.sql(dialect="duckdb")) for name in names]

    def text(self, part: Part, **lists: list[exp.Expr]) -> str:
        """A part as sqlglot writes it, with shorter lists for some of its own."""
        if lists:
            top = self.top(part)
            whole = {name: top.args[name] for name in lists}
            top.args.update(lists)
            shortened = self._written[part].sql(dialect="duckdb", comments=False)
            top.args.update(whole)
            return shortened
        if part not in self._texts:
            self._texts[part] = self._written[part].sql(dialect="duckdb", comments=False)
        return self._texts[part]

    def sql(self, others: Mapping[Part, str | None] | None = None) -> str:
        """The query as sqlglot writes it, with other texts for some of its parts; None leaves one out."""
        texts = {part: others[part] if others and part in others else self.text(part) for part in self.parts}
        *ctes, last = [text for text in texts.values() if text is not None]
        recursive = "RECURSIVE " if self._is_recursive else ""
        return f"WITH {recursive}{', '.join(ctes)} {last}" if ctes else last

    @contextmanager
    def with_damage(self, mutant: Mutant) -> Iterator[None]:
        """The query has the damage meanwhile."""
        part = mutant.part
        node = self.nodes(part)[mutant.node]
        parent, name, index = node.parent, node.arg_key, node.index
        _, replacement = damages(node)[mutant.damage]
        sound = self.text(part)
        if parent is None or name is None:
            assert replacement is not None
            self._texts[part] = _text(replacement)
            yield
        else:
            del self._texts[part]
            parent.set(name, replacement, index)
            yield
            parent.set(name, node, index)
        self._texts[part] = sound

    def damaged(self, mutant: Mutant) -> str:
        """The query with the damage, found in this query or in one whose part is like."""
        with self.with_damage(mutant):
            return self.sql()


def _walk(node: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes below, without what tables are called, what types are, and the spelling of keys made of columns."""
    yield node
    if isinstance(node, exp.Table | exp.MD5):
        return
    for value in node.args.values():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, exp.Expr) and not isinstance(child, exp.DataType):
                yield from _walk(child)


def _text(node: exp.Expr | None) -> str:
    return "nothing" if node is None else node.sql(dialect="duckdb", comments=False)


# Damages


def damages(node: exp.Expr) -> list[Damage]:
    """What can be done to a node: the name of the mistake, and what stands in the node's place then."""
    return [damage for kind in _KINDS for damage in kind(node)]


def _copies(*nodes: exp.Expr) -> list[exp.Expr]:
    return [node.copy() for node in nodes]


def _comparison(node: exp.Expr) -> Iterator[Damage]:
    other = COMPARISONS.get(type(node))
    if other:
        left, right = _copies(node.this, node.expression)
        yield "comparison", other(this=left, expression=right)


def _connective(node: exp.Expr) -> Iterator[Damage]:
    other = CONNECTIVES.get(type(node))
    if not other:
        return
    if _is_trivial(node.this) or _is_trivial(node.expression):
        return
    left, right = _copies(node.this, node.expression)
    yield "connective", exp.Paren(this=other(this=left, expression=right))
    yield "condition dropped", _wrapped(node.this)
    if not isinstance(node.this, type(node)):
        yield "condition dropped", _wrapped(node.expression)


def _is_trivial(node: exp.Expr) -> bool:
    """What the macros of increments leave of a condition in a full refresh."""
    return isinstance(node, exp.Boolean)


def _wrapped(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node.copy()) if isinstance(node, exp.And | exp.Or) else node.copy()


def _negation(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Not) and not _is_of_constants(node):
        yield "negation dropped", exp.Paren(this=node.this.copy())
    elif isinstance(node, exp.Is) and not isinstance(node.parent, exp.Not):
        yield "negated", exp.Paren(this=exp.Not(this=node.copy()))
    elif (
        isinstance(node, exp.Column)
        and isinstance(node.parent, exp.If | exp.Where)
        and node.arg_key == "this"
    ):
        yield "negated", exp.Not(this=node.copy())


def _is_of_constants(node: exp.Expr) -> bool:
    """What the macros of scopes leave of a condition where the scope is a word: `'all' is not null`."""
    return node.find(exp.Column) is None


def _filter(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Filter):
        yield "filter dropped", node.this.copy()
    elif isinstance(node, exp.Where) and not isinstance(node.parent, exp.Filter):
        if not isinstance(node.this, exp.And | exp.Boolean) and not _is_of_constants(node):
            yield "filter dropped", None
    elif isinstance(node, exp.Having | exp.Qualify) and not isinstance(node.this, exp.And):
        yield "filter dropped", None


def _list(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.In) and len(node.expressions) > 1:
        for number in range(len(node.expressions)):
            shorter = node.copy()
            shorter.expressions[number].pop()
            yield "word dropped", shorter


def _default(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Coalesce) and node.expressions:
        shorter = node.copy()
        shorter.expressions[-1].pop()
        yield "default dropped", shorter if shorter.expressions else shorter.this


def _constant(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Boolean) and not isinstance(node.parent, exp.Connector | exp.Where | exp.Join):
        yield "constant", exp.Boolean(this=not node.this)
    elif (
        isinstance(node, exp.Literal)
        and not isinstance(node.parent, exp.Limit | exp.Ordered | exp.Alias | exp.Cast | exp.Group)
        and (not node.is_string or isinstance(node.parent, exp.Interval))
        and node.name.isdigit()
    ):
        more = str(int(node.name) + 1)
        yield "constant", exp.Literal.string(more) if node.is_string else exp.Literal.number(more)


def _aggregate(node: exp.Expr) -> Iterator[Damage]:
    other = AGGREGATES.get(type(node))
    if other:
        yield "aggregate", other(this=node.this.copy())
    elif isinstance(node, exp.Distinct) and isinstance(node.parent, exp.Count):
        if len(node.expressions) == 1:
            yield "distinct dropped", node.expressions[0].copy()
    elif isinstance(node, exp.Select) and node.args.get("distinct"):
        plain = node.copy()
        plain.set("distinct", None)
        yield "distinct dropped", plain


def _join(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Join) and node.args.get("on"):
        side = "" if node.side else "LEFT"
        kind = node.copy()
        kind.set("side", side or None)
        kind.set("kind", "INNER" if not side else None)
        yield "join", kind


def _arithmetic(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Div):
        left, right = _copies(node.this, node.expression)
        yield "sides swapped", exp.Paren(this=exp.Div(this=right, expression=left, typed=True, safe=True))
    elif isinstance(node, exp.Add | exp.Sub):
        other = exp.Sub if isinstance(node, exp.Add) else exp.Add
        left, right = _copies(node.this, node.expression)
        yield "sign", other(this=left, expression=right)


def _order(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Ordered):
        other = node.copy()
        other.set("desc", not node.args.get("desc"))
        yield "order", other
    elif isinstance(node, exp.Window) and len(node.args.get("partition_by") or []) > 1:
        for number in range(len(node.args["partition_by"])):
            wider = node.copy()
            wider.args["partition_by"][number].pop()
            yield "partition", wider


def _between(node: exp.Expr) -> Iterator[Damage]:
    if isinstance(node, exp.Between):
        value, low, high = node.this, node.args["low"], node.args["high"]
        for lower, upper in ((exp.GT, exp.LTE), (exp.GTE, exp.LT)):
            yield (
                "comparison",
                exp.Paren(
                    this=exp.And(
                        this=lower(this=value.copy(), expression=low.copy()),
                        expression=upper(this=value.copy(), expression=high.copy()),
                    )
                ),
            )


_KINDS: Sequence[Callable[[exp.Expr], Iterator[Damage]]] = (
    _comparison,
    _connective,
    _negation,
    _filter,
    _list,
    _default,
    _constant,
    _aggregate,
    _join,
    _arithmetic,
    _order,
    _between,
)
