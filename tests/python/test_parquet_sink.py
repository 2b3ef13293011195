"""Exporting a release as Parquet: what is written, and what never is lost."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_releases import HOSTILE_NAME, HOSTILE_TEXTS, publish_release

from callmart.paths import PROJECT
from callmart.publish import PublicTable, publish
from callmart.releases import current_release
from callmart.sinks.parquet import export
from callmart.sinks.source import BusyError, SinkError
from callmart.sql_text import identifier

ROWS = """create table fct_calls as select
    'c' || (i * 7919 % 200000)::varchar as call_id, (i % 3 = 0)::boolean as is_odd,
    case when i % 5 > 0 then date '2024-01-01' + (i % 365)::integer end as call_date, i / 7::double as score
    from range(200000) as numbers(i)"""
COLUMNS = ["call_id", "is_odd", "call_date", "score"]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "ware 'house"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(query, parameters).fetchall()


def test_the_folder_holds_the_rows_by_day_and_key_and_what_they_mean(tmp_path: Path, warehouse: Path) -> None:
    publish_release(warehouse, ROWS, fct_calls=COLUMNS)
    name = export(warehouse, tmp_path / "out")
    assert sorted(files(tmp_path / "out")) == ["_tables.json", "fct_calls.parquet"]
    described = json.loads((tmp_path / "out" / "_tables.json").read_text())
    assert (described["release"], described["as_of"]) == (name, "2024-06-30")
    (table,) = described["tables"]
    assert (table["name"], table["rows"], table["key"]) == ("fct_calls", 200_000, ["call_id"])
    assert table["description"] == "One row per call; it's fct_calls."
    assert table["columns"][2] == {
        "name": "call_date",
        "type": "DATE",
        "description": "The column's call_date: 100 % \\ 'quoted'.",
    }
    written = str(tmp_path / "out" / "fct_calls.parquet")
    published = str(warehouse / "current" / "callmart.duckdb")
    with duckdb.connect(published, read_only=True) as connection:
        by_day = "from marts.fct_calls order by call_date nulls last, call_id"
        assert (
            connection.execute("from read_parquet(?)", [written]).fetchall()
            == connection.execute(by_day).fetchall()
        )


def test_equal_tables_make_equal_files_in_whatever_order_they_were_published(
    tmp_path: Path, warehouse: Path
) -> None:
    publish_release(warehouse, ROWS, fct_calls=COLUMNS)
    export(warehouse, tmp_path / "one")
    publish_release(warehouse, ROWS + " order by hash(i)", fct_calls=COLUMNS)
    export(warehouse, tmp_path / "two")
    assert files(tmp_path / "one")["fct_calls.parquet"] == files(tmp_path / "two")["fct_calls.parquet"]


def test_hostile_texts_and_names_are_only_texts_and_names(tmp_path: Path, warehouse: Path) -> None:
    work_file = warehouse / "work" / "callmart.duckdb"
    work_file.parent.mkdir(parents=True)
    texts = [*HOSTILE_TEXTS, "a\0b"]
    values = ", ".join(f"({number}, ?)" for number in range(len(texts)))
    with duckdb.connect(str(work_file)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.{identifier(HOSTILE_NAME)} as select * from (values {values}) as rows(id, text)",
            texts,
        )
    columns = [("id", ""), ("text", HOSTILE_NAME)]
    publish(work_file, warehouse, [PublicTable("marts", HOSTILE_NAME, HOSTILE_NAME, columns, key=["id"])], {})
    export(warehouse, tmp_path / "out")
    rows = read("from read_parquet(?)", str(tmp_path / "out" / f"{HOSTILE_NAME}.parquet"))
    assert rows == list(enumerate(texts))


@pytest.mark.parametrize("name", ["../outside", ".hidden"])
def test_a_table_never_leaves_the_folder(tmp_path: Path, warehouse: Path, name: str) -> None:
    publish_release(
        warehouse,
        f"create table {identifier(name)} as select 1 as call_id",
        key=("call_id",),
        **{name: ["call_id"]},
    )
    with pytest.raises(SinkError, match="is no name for a file"):
        export(warehouse, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [warehouse.name]


def test_an_empty_table_keeps_its_columns(tmp_path: Path, warehouse: Path) -> None:
    publish_release(
        warehouse,
        "create table fct_calls (call_id bigint, cost decimal(38, 12))",
        fct_calls=["call_id", "cost"],
    )
    export(warehouse, tmp_path / "out")
    described = read("describe from read_parquet(?)", str(tmp_path / "out" / "fct_calls.parquet"))
    assert [row[:2] for row in described] == [("call_id", "BIGINT"), ("cost", "DECIMAL(38,12)")]


def test_an_earlier_export_is_replaced_as_a_whole(tmp_path: Path, warehouse: Path) -> None:
    publish_release(warehouse, "create table old as select 1 as call_id", old=["call_id"])
    export(warehouse, tmp_path / "out")
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "left by a killed export").touch()
    publish_release(warehouse, "create table new as select 1 as call_id", new=["call_id"])
    export(warehouse, tmp_path / "out")
    assert sorted(files(tmp_path / "out")) == ["_tables.json", "new.parquet"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["out", warehouse.name])


@pytest.mark.parametrize("name", ["own.txt", "_tables.json"])
def test_a_folder_with_other_things_in_it_is_left_as_it_is(
    tmp_path: Path, warehouse: Path, name: str
) -> None:
    publish_release(warehouse, "create table fct_calls as select 1 as call_id", fct_calls=["call_id"])
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("mine")
    with pytest.raises(SinkError, match="something else than an export"):
        export(warehouse, out)
    assert files(out) == {name: b"mine"}
    (out / name).unlink()
    export(warehouse, out)
    (out / "own.txt").write_text("mine")
    before = files(out)
    with pytest.raises(SinkError, match=r"holds own\.txt, which no export has written"):
        export(warehouse, out)
    assert files(out) == before


def test_an_export_that_fails_leaves_the_one_before(tmp_path: Path, warehouse: Path) -> None:
    publish_release(warehouse, ROWS, fct_calls=COLUMNS)
    export(warehouse, tmp_path / "out")
    before = files(tmp_path / "out")
    publish_release(warehouse, ROWS + " order by hash(i)", fct_calls=COLUMNS)
    path = (warehouse / "current" / "callmart.duckdb").resolve()
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(4096))
    with pytest.raises(SinkError, match="Nothing was exported"):
        export(warehouse, tmp_path / "out")
    assert files(tmp_path / "out") == before
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(["out", warehouse.name])


def test_of_two_exports_at_once_the_second_is_refused(tmp_path: Path, warehouse: Path) -> None:
    publish_release(warehouse, "create table fct_calls as select 1 as call_id", fct_calls=["call_id"])
    around = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(around, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="Another export writes into"):
            export(warehouse, tmp_path / "out")
    finally:
        os.close(around)
    export(warehouse, tmp_path / "out")


def test_the_command_says_what_it_wrote_or_what_to_do(tmp_path: Path, warehouse: Path) -> None:
    def run() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "callmart.sinks.parquet", "--format", "parquet", "--out", "out"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts"), "CALLMART_WAREHOUSE": str(warehouse)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    assert run() == (1, f"export: Nothing is published in {warehouse}: run scripts/build first.\n")
    publish_release(warehouse, "create table fct_calls as select 1 as call_id", fct_calls=["call_id"])
    code, told = run()
    assert code == 0
    assert told.splitlines()[-1] == f"Exported the release {current_release(warehouse)} to out."
    assert read("from read_parquet(?)", str(tmp_path / "out" / "fct_calls.parquet")) == [(1,)]


@pytest.mark.slow
def test_every_cell_of_the_sample_is_written(tmp_path: Path, sample: Path) -> None:
    name = export(sample / "warehouse", tmp_path / "out")
    described = json.loads((tmp_path / "out" / "_tables.json").read_text())
    database = sample / "warehouse" / "releases" / name / "callmart.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        published = connection.execute(
            "select table_name from duckdb_tables() order by table_name"
        ).fetchall()
        assert [table["name"] for table in described["tables"]] == [name for (name,) in published]
        for table in described["tables"]:
            theirs, ours = f"from marts.{table['name']}", f"from '{tmp_path / 'out' / table['file']}'"
            differing = connection.execute(
                f"select (select count(*) from ({theirs} except all {ours})),"
                f" (select count(*) from ({ours} except all {theirs})), (select count(*) from ({ours}))"
            ).fetchone()
            assert differing == (0, 0, table["rows"]), table["name"]
            types = [row[:2] for row in connection.execute(f"describe {ours}").fetchall()]
            assert types == [(column["name"], column["type"]) for column in table["columns"]]
