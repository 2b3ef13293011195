"""Compare the public tables of two builds of the same raw data, one on DuckDB and one on Spark, cell by cell.

    python tests/engines/compare.py <file of DuckDB's release> <file of Spark's release>

Equal means: the same tables, columns, types and rows; texts, whole numbers, decimals, dates and instants to the
last digit, doubles to 1e-9 of their value. Rows carry no number: they are matched by all their exact cells, and
doubles within equal ones by their size. Exit codes: 0 equal; 1 a difference, each of which is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

SCHEMA = "marts"
RELATIVE = 1e-9
SHOWN = 3


@dataclass(frozen=True)
class Compared:
    """What was compared of one table, and what differs: a sentence each."""

    table: str
    rows: int
    columns: int
    differences: tuple[str, ...]


def compare(duckdb_file: Path, spark_file: Path) -> list[Compared]:
    """Compare every table that either release has."""
    with duckdb.connect() as connection:
        tables = {}
        for side, path in (("duckdb_side", duckdb_file), ("spark_side", spark_file)):
            connection.execute(f"attach '{path}' as {side}_release (read_only)")
            found = connection.execute(
                "select table_name from duckdb_tables() where database_name = ? and schema_name = ?",
                [f"{side}_release", SCHEMA],
            )
            tables[side] = {name for (name,) in found.fetchall()}
        compared = []
        for table in sorted(tables["duckdb_side"] | tables["spark_side"]):
            missing = [side for side, names in tables.items() if table not in names]
            if missing:
                compared.append(Compared(table, 0, 0, (f"not on the {missing[0]}",)))
                continue
            for side in tables:
                connection.execute(
                    f"create or replace view {side} as select * from {side}_release.{SCHEMA}.{table}"
                )
            compared.append(_compare_table(connection, table))
        return compared


def _compare_table(connection: duckdb.DuckDBPyConnection, table: str) -> Compared:
    expected = _columns(connection, "duckdb_side")
    found = _columns(connection, "spark_side")
    rows = _single(connection, "select count(*) from duckdb_side")
    if expected != found:
        differences = [
            f"columns: DuckDB {name} {kind}" for name, kind in expected if (name, kind) not in found
        ]
        differences += [
            f"columns: Spark {name} {kind}" for name, kind in found if (name, kind) not in expected
        ]
        return Compared(table, rows, len(expected), tuple(differences or ["columns: another order"]))
    differences = []
    spark_rows = _single(connection, "select count(*) from spark_side")
    if spark_rows != rows:
        differences.append(f"rows: {rows} on DuckDB, {spark_rows} on Spark")
    differences += _differing_rows(connection, expected)
    return Compared(table, rows, len(expected), tuple(differences))


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Names and types of the columns, in their order."""
    return connection.execute(f"select column_name, column_type from (describe {relation})").fetchall()


def _differing_rows(connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, str]]) -> list[str]:
    exact = [name for name, kind in columns if kind != "DOUBLE"]
    doubles = [name for name, kind in columns if kind == "DOUBLE"]
    differences = []
    sides = {"DuckDB": "duckdb_side", "Spark": "spark_side"}
    names = ", ".join(f'"{name}"' for name in exact)
    for here, there in (("DuckDB", "Spark"), ("Spark", "DuckDB")):
        only = f"(select {names} from {sides[here]} except all select {names} from {sides[there]})"
        count = _single(connection, f"select count(*) from {only}")
        if count:
            shown = connection.execute(f"from {only} order by all limit {SHOWN}").fetchall()
            differences.append(f"{count} rows only on {here}: {_told(exact, shown)}")
    if differences or not doubles:
        return differences
    order = ", ".join(f'"{name}" nulls first' for name in [*exact, *doubles])
    numbered = {
        side: f"(select *, row_number() over (order by {order}) as _number from {relation})"
        for side, relation in sides.items()
    }
    for name in doubles:
        pairs = (
            f'select a."{name}" as expected, b."{name}" as found, a.* exclude ("{name}", _number)'
            f" from {numbered['DuckDB']} as a inner join {numbered['Spark']} as b using (_number)"
            f' where a."{name}" is distinct from b."{name}"'
            f' and not coalesce(abs(a."{name}" - b."{name}")'
            f' <= {RELATIVE} * greatest(abs(a."{name}"), abs(b."{name}")), false)'
        )
        count = _single(connection, f"select count(*) from ({pairs})")
        if count:
            shown = connection.execute(f"select * from ({pairs}) limit {SHOWN}").fetchall()
            differences.append(f"{count} values of {name}: {_told(['DuckDB', 'Spark'], shown)}")
    return differences


def _told(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return "; ".join(
        ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=False)) for row in rows
    )


def _single(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def report(compared: Sequence[Compared]) -> str:
    """What was compared, a line per difference, and the sums."""
    lines = [f"{part.table}: {difference}" for part in compared for difference in part.differences]
    cells = sum(part.rows * part.columns for part in compared)
    rows = sum(part.rows for part in compared)
    lines.append(f"{len(compared)} tables, {rows} rows, {cells} cells compared: {len(lines)} differences.")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the comparison; return the exit code."""
    duckdb_file, spark_file = map(Path, arguments)
    compared = compare(duckdb_file, spark_file)
    print(report(compared))
    return 1 if any(part.differences for part in compared) or not compared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
