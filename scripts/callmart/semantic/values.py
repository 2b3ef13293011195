"""Measures whose rows are not published, taken back out of `kpi_values`: costs, persons of campaigns, invitations.

Their scopes are `all` and one other, whose rows are parts of it. The rows of that scope, and what they leave of
`all`, add up to both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from callmart.semantic.cells import PUBLISHED, CellsError, View

# The measure models read so, each with the scope beside `all`. Scopes that are no parts of `all` have their own view.
FROM_VALUES: Mapping[str, tuple[str, Sequence[str]]] = {
    "cost_measures": ("campaign", ()),
    "return_measures": ("campaign", ()),
    "campaign_measures": ("campaign", ("contact_list",)),
    "pulse_invitation_measures": ("team", ()),
}


@dataclass(frozen=True)
class _Side:
    """Where `kpi_values` holds a measure."""

    measure: str
    kind: str
    kpi_id: str
    column: str

    def taken(self) -> str:
        """The measure in a group of rows of one day and scope."""
        return f"max(cast({self.column} as {self.kind})) filter (where kpi_id = '{self.kpi_id}') as {self.measure}"


def views_of_values(
    model: str, measures: Mapping[str, str], catalogue: Mapping[str, Mapping[str, str]]
) -> Iterator[View]:
    """The views of one of `FROM_VALUES`; `measures` are its measures and their types.

    Raises:
        CellsError: no KPI is made of any of its measures.
    """
    scope, others = FROM_VALUES[model]
    sides = list(_sides(measures, catalogue, scope))
    if not sides:
        raise CellsError(f"kpi_values holds no measure of {model} by {scope}.")
    yield View(model, _parts_and_rest(sides, scope), [scope], [side.measure for side in sides])
    for other in others:
        sides = list(_sides(measures, catalogue, other))
        names = [side.measure for side in sides]
        yield View(f"{model}_by_{other}", _rows(sides, other), [other], names, other)


def _sides(
    measures: Mapping[str, str], catalogue: Mapping[str, Mapping[str, str]], scope: str
) -> Iterator[_Side]:
    """A KPI for each measure. Its denominator tells an observed 0 from nothing, which a numerator does not always."""
    for measure, kind in measures.items():
        for column in ("denominator", "numerator"):
            kpi = next(
                (
                    kpi_id
                    for kpi_id, row in catalogue.items()
                    if row[column] == measure and scope in row["scopes"].split()
                ),
                None,
            )
            if kpi is not None:
                yield _Side(measure, kind, kpi, column)
                break


def _rows(sides: Sequence[_Side], scope: str) -> str:
    columns = [
        "period_start as measure_date",
        *([] if scope == "all" else [f"scope_id as {scope}"]),
        *(side.taken() for side in sides),
    ]
    kpis = ", ".join(f"'{kpi_id}'" for kpi_id in dict.fromkeys(side.kpi_id for side in sides))
    listed = ",\n".join(f"    {column}" for column in columns)
    return f"""select
{listed}
from {PUBLISHED}.kpi_values
where
    grain = 'day'
    and scope_type = '{scope}'
    and kpi_id in ({kpis})
group by period_start{"" if scope == "all" else ", scope_id"}
"""


def _parts_and_rest(sides: Sequence[_Side], scope: str) -> str:
    def indented(text: str) -> str:
        return "\n".join(f"    {line}" if line else line for line in text.splitlines())

    names = [side.measure for side in sides]
    sums = ",\n".join(f"        sum({name}) as {name}" for name in names)
    same = ",\n".join(f"    {name}" for name in names)
    rest = ",\n".join(f"    whole.{name} - coalesce(sums.{name}, 0) as {name}" for name in names)
    differs = "\n    or ".join(f"whole.{name} is distinct from sums.{name}" for name in names)
    return f"""with whole as (
{indented(_rows(sides, "all").rstrip())}
),

parts as (
{indented(_rows(sides, scope).rstrip())}
),

sums as (
    select
        measure_date,
{sums}
    from parts
    group by measure_date
)

select
    measure_date,
    {scope},
{same}
from parts
union all
select
    whole.measure_date,
    null as {scope},
{rest}
from whole
left join sums
    on whole.measure_date = sums.measure_date
where
    {differs}
"""
