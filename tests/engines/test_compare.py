"""The comparison of two releases notices every kind of difference."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from compare import compare

TABLE = (
    "select 1 as id, 'a' as name, 0.1::double as rate, 1.50::decimal(5, 2) as amount"
    " union all select 2, null, null, null"
)


def release(path: Path, **tables: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for name, query in tables.items():
            connection.execute(f"create table marts.{name} as {query}")
    return path


def differences(folder: Path, there: str) -> list[str]:
    compared = compare(
        release(folder / "one.duckdb", facts=TABLE), release(folder / "other.duckdb", facts=there)
    )
    return [difference for part in compared for difference in part.differences]


def test_the_same_rows_in_another_order_and_the_last_bit_of_a_double_are_no_difference(
    tmp_path: Path,
) -> None:
    there = f"select id, name, rate * (1 + 1e-12) as rate, amount from ({TABLE}) order by id desc"
    assert not differences(tmp_path, there)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (f"select * replace (name || 'x' as name) from ({TABLE})", "1 rows only on DuckDB"),
        (f"select * replace (coalesce(name, '') as name) from ({TABLE})", "1 rows only on DuckDB"),
        (f"select * replace (rate * (1 + 1e-8) as rate) from ({TABLE})", "1 values of rate"),
        (f"select * replace (coalesce(rate, 0) as rate) from ({TABLE})", "1 values of rate"),
        (f"select * replace (amount::decimal(6, 2) as amount) from ({TABLE})", "columns: DuckDB amount"),
        (f"select * exclude (amount) from ({TABLE})", "columns: DuckDB amount"),
        (f"select name, id, rate, amount from ({TABLE})", "columns: another order"),
        (f"from ({TABLE}) union all from ({TABLE})", "rows: 2 on DuckDB, 4 on Spark"),
        (f"from ({TABLE}) limit 1", "rows: 2 on DuckDB, 1 on Spark"),
    ],
)
def test_a_difference_is_told(tmp_path: Path, there: str, told: str) -> None:
    assert [difference for difference in differences(tmp_path, there) if difference.startswith(told)]


def test_a_table_that_one_side_lacks_is_told(tmp_path: Path) -> None:
    one = release(tmp_path / "one.duckdb", facts=TABLE, more=TABLE)
    other = release(tmp_path / "other.duckdb", facts=TABLE)
    assert {part.table for part in compare(one, other) if part.differences} == {"more"}
    assert {part.table for part in compare(other, one) if part.differences} == {"more"}
