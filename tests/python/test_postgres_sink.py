"""Loading a release into PostgreSQL: a real server, and readers who look while it happens."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from postgres_server import PASSWORD, Server, running_server
from small_releases import HOSTILE_NAME, HOSTILE_TEXTS, publish_release

from callmart.paths import PROJECT
from callmart.publish import PublicTable, publish
from callmart.sinks.postgres import load
from callmart.sinks.source import SinkError, open_current
from callmart.sql_text import identifier


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def database(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URI of an empty database, which may do everything."""
    name = f"database_{abs(hash(request.node.name))}"
    with psycopg.connect(server.uri("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}")
        yield server.uri(name)
        connection.execute(f"drop database {name} with (force)")
        for (role,) in connection.execute(
            "select quote_ident(rolname) from pg_roles where rolname ~ '^callmart_'"
        ).fetchall():
            connection.execute(f"drop role {role}")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse"


def publish_numbered(warehouse: Path, number: int, rows: int = 1) -> None:
    """Publish a release whose two tables hold nothing but its number."""
    statement = (
        f"create table {{}} as select i as call_id, {number} as release from range({rows}) as numbers(i);"
    )
    publish_release(
        warehouse,
        statement.format("first") + statement.format("second"),
        first=["call_id", "release"],
        second=["call_id", "release"],
    )


def load_current(warehouse: Path, uri: str, **options: Any) -> None:
    with open_current(warehouse) as release:
        load(release, uri, **options)


def command(warehouse: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "callmart.sinks.postgres", *arguments],
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT / "scripts"),
            "CALLMART_WAREHOUSE": str(warehouse),
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, errors = process.communicate(timeout=120)
    return process.returncode, output + errors


def read(uri: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(uri) as connection:
        return connection.execute(query).fetchall()


def schemas(uri: str) -> list[str]:
    rows = read(uri, "select nspname from pg_namespace where nspname like 'marts%' order by nspname")
    return [name for (name,) in rows]


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


# What arrives


def test_every_kind_of_value_arrives_as_it_is_in_the_release(database: str, warehouse: Path) -> None:
    publish_release(
        warehouse,
        """create table fct_calls as select * from (values
            (1::bigint, 7::integer, true, 'a', 0.1::double, 12345678901234567890.123456789012::decimal(38, 12),
             0.10::decimal(18, 4), date '2024-02-29', timestamp '2024-10-27 02:30:00.123456'),
            (-9223372036854775808, null, null, null, null, null, null, null, null),
            (9223372036854775807, -2147483648, false, '', 'nan'::double, 0, -0.0001, date '0001-01-01',
             timestamp '1900-01-01 00:00:00'),
            (4, 0, true, 'x', '-inf'::double, 1, 1, date 'infinity', timestamp 'infinity'),
            (5, 0, true, 'x', 1.7976931348623157e308::double, 1, 1, date '9999-12-31', timestamp '9999-12-31 23:59:59')
        ) as rows(call_id, i, b, s, d, wide, small, day, moment)""",
        fct_calls=["call_id", "i", "b", "s", "d", "wide", "small", "day", "moment"],
    )
    load_current(warehouse, database)
    columns = "call_id, i, b, s, d, wide, small, case when isfinite(day) then day end, "
    columns += "case when isfinite(moment) then moment end"
    rows = read(database, f"select {columns} from marts.fct_calls order by call_id")
    assert rows[0] == (-9223372036854775808, *[None] * 8)
    wide = Decimal("12345678901234567890.123456789012")
    at = datetime(2024, 10, 27, 2, 30, 0, 123456)  # noqa: DTZ001 - without a zone, as in the release
    assert rows[1] == (1, 7, True, "a", 0.1, wide, Decimal("0.1"), date(2024, 2, 29), at)
    assert rows[2][4] == -math.inf
    assert rows[3][4] == 1.7976931348623157e308
    assert rows[4][:4] == (9223372036854775807, -2147483648, False, "")
    assert math.isnan(rows[4][4])
    assert rows[4][7] == date(1, 1, 1)
    assert read(database, "select day::text, moment::text from marts.fct_calls where call_id = 4") == [
        ("infinity", "infinity")
    ]
    types = read(
        database,
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'marts.fct_calls'::regclass and attnum > 0 order by attnum",
    )
    assert types == [
        ("call_id", "bigint"),
        ("i", "integer"),
        ("b", "boolean"),
        ("s", "text"),
        ("d", "double precision"),
        ("wide", "numeric(38,12)"),
        ("small", "numeric(18,4)"),
        ("day", "date"),
        ("moment", "timestamp without time zone"),
    ]


def test_hostile_texts_and_names_are_only_texts_and_names(database: str, warehouse: Path) -> None:
    values = ", ".join(f"({number}, ?)" for number in range(len(HOSTILE_TEXTS)))
    work_file = warehouse / "work" / "callmart.duckdb"
    work_file.parent.mkdir(parents=True)
    with duckdb.connect(str(work_file)) as connection:
        name = identifier(HOSTILE_NAME)
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.{name} as select * from (values {values}) as rows(call_id, {name})",
            HOSTILE_TEXTS,
        )
        connection.execute("create table marts.alone as select unnest([null, '', '\\.']) as text")
    columns = [("call_id", HOSTILE_NAME), (HOSTILE_NAME, "\\ '")]
    tables = [
        PublicTable("marts", HOSTILE_NAME, HOSTILE_NAME, columns, key=[HOSTILE_NAME]),
        PublicTable("marts", "alone", "One row per text.", [("text", "Text.")]),
    ]
    publish(work_file, warehouse, tables, {"as_of": "'; drop schema public; --"})
    load_current(warehouse, database, reader='callmart_"; drop')
    rows = read(database, f"select * from marts.{name} order by call_id")
    assert rows == list(enumerate(HOSTILE_TEXTS))
    assert sorted(read(database, "select text from marts.alone"), key=str) == [("",), ("\\.",), (None,)]
    comments = read(
        database,
        "select description from pg_description where objoid = "
        "(select oid from pg_class where relname like 'it%' and relkind = 'r') order by objsubid",
    )
    assert comments == [(HOSTILE_NAME,), (HOSTILE_NAME,), ("\\ '",)]


def test_the_character_that_postgresql_cannot_hold_is_shown_as_unknown(
    database: str, warehouse: Path
) -> None:
    publish_release(
        warehouse,
        "create table fct_calls as select 1 as call_id, 'a' || chr(0) || 'b' as text",
        fct_calls=["call_id", "text"],
    )
    load_current(warehouse, database)
    assert read(database, "select text from marts.fct_calls") == [("a�b",)]


def test_an_empty_table_arrives_empty(database: str, warehouse: Path) -> None:
    publish_release(
        warehouse, "create table fct_calls (call_id bigint, day date)", fct_calls=["call_id", "day"]
    )
    load_current(warehouse, database)
    assert read(database, "select * from marts.fct_calls") == []


def test_tables_carry_comments_keys_and_indexes_on_their_days(database: str, warehouse: Path) -> None:
    publish_release(
        warehouse,
        "create table fct_calls as select 1 as call_id, 'b' as part, date '2024-01-01' as call_date",
        key=("part", "call_id"),
        fct_calls=["call_id", "part", "call_date"],
    )
    load_current(warehouse, database)
    table = "'marts.fct_calls'::regclass"
    assert read(database, f"select obj_description({table})") == [("One row per call; it's fct_calls.",)]
    assert read(database, f"select col_description({table}, 3)") == [
        ("The column's call_date: 100 % \\ 'quoted'.",)
    ]
    definitions = read(database, f"select pg_get_indexdef(indexrelid) from pg_index where indrelid = {table}")
    assert sorted(text.partition(" USING ")[2] for (text,) in definitions) == [
        "btree (call_date)",
        "btree (part, call_id)",
    ]
    assert read(database, f"select contype::text from pg_constraint where conrelid = {table}") == [("p",)]
    (comment,) = read(database, "select obj_description('marts'::regnamespace, 'pg_namespace')")[0]
    with open_current(warehouse) as release:
        assert comment.startswith(
            f"callmart release {release.name}, data as of 2024-06-30 (made-up sample data)"
        )


def test_the_reader_role_may_read_and_nothing_else(server: Server, database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1)
    load_current(warehouse, database)
    load_current(warehouse, database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create role callmart_analyst login password 'a' in role callmart_reader")
        connection.execute("create role callmart_stranger login password 'a'")
    name = database.rpartition("/")[2]
    with psycopg.connect(server.uri(name, "callmart_analyst", "a"), autocommit=True) as analyst:
        assert analyst.execute("select release from marts.first").fetchall() == [(1,)]
        for statement in (
            "delete from marts.first",
            "create table marts.own (i int)",
            "drop table marts.first",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                analyst.execute(statement)
    with (
        psycopg.connect(server.uri(name, "callmart_stranger", "a")) as stranger,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        stranger.execute("select * from marts.first")


@pytest.mark.slow
def test_every_cell_of_the_sample_arrives(database: str, sample: Path, tmp_path: Path) -> None:
    # Read back as text by PostgreSQL's own writer and DuckDB's own reader, and compared as sets with repetitions.
    with open_current(sample / "warehouse") as release:
        load(release, database)
        with psycopg.connect(database) as connection, duckdb.connect() as scratch:
            assert len(release.tables) > 50
            path = sample / "warehouse" / "releases" / release.name / "callmart.duckdb"
            scratch.execute(f"attach '{path}' as published (read_only)")
            for table in release.tables:
                back = tmp_path / "back.csv"
                options = "format csv, null '\\N', force_quote *"
                with (
                    back.open("wb") as file,
                    connection.cursor().copy(f"copy marts.{table.name} to stdout ({options})") as copy,
                ):
                    for block in copy:
                        file.write(block)
                columns = ", ".join(f"'{column.name}': '{column.type}'" for column in table.columns)
                scratch.execute(
                    f"create or replace table back as from read_csv('{back}', header = false, auto_detect = false,"
                    f" nullstr = '\\N', allow_quoted_nulls = false, quote = '\"', escape = '\"', parallel = false,"
                    f" columns = {{{columns}}})"
                )
                theirs = f"from published.marts.{table.name}"
                differing = scratch.execute(
                    f"select (select count(*) from ({theirs} except all from back)),"
                    f" (select count(*) from (from back except all {theirs})), (select count(*) from back)"
                ).fetchone()
                assert differing == (0, 0, table.rows), table.name
            keys = connection.execute(
                "select count(*) from pg_constraint where contype = 'p' and connamespace = 'marts'::regnamespace"
            ).fetchone()
            assert keys == (len(release.tables),)


# What fails


def test_a_load_that_fails_leaves_the_release_before(database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1)
    load_current(warehouse, database)
    publish_release(
        warehouse,
        "create table first as select 2 as release;"
        "create table second as select unnest(['secret', 'secret']) as release",
        key=("release",),
        first=["release"],
        second=["release"],
    )
    code, told = finish(command(warehouse, "--to", database))
    assert code == 1
    assert "publish: PostgreSQL says: could not create unique index" in told
    assert "secret" not in told
    assert schemas(database) == ["marts"]
    assert read(database, "select release from marts.first natural join marts.second") == [(1,)]


def test_a_release_that_cannot_be_read_to_its_end_is_not_loaded(database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1, rows=500_000)
    path = (warehouse / "current" / "callmart.duckdb").resolve()
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(4096))
    code, told = finish(command(warehouse, "--to", database))
    assert code == 1
    assert "cannot be read" in told
    assert schemas(database) == []


def test_a_killed_load_leaves_the_release_before(database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1)
    load_current(warehouse, database)
    publish_numbered(warehouse, 2, rows=3_000_000)
    process = command(warehouse, "--to", database)
    copying = "select count(*) > 0 from pg_stat_activity where query ilike 'copy%' and state = 'active'"
    wait_until(lambda: bool(read(database, copying)[0][0]))
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert read(database, "select release from marts.first natural join marts.second") == [(1,)]
    publish_numbered(warehouse, 3)
    load_current(warehouse, database)
    assert read(database, "select release from marts.first natural join marts.second") == [(3,)]
    assert schemas(database) == ["marts"]


def test_of_two_loads_at_once_the_second_is_refused(database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1)
    load_current(warehouse, database)
    publish_numbered(warehouse, 2)
    with psycopg.connect(database) as reader:
        reader.execute("select * from marts.first")
        waiting = command(warehouse, "--to", database)
        made = "select count(*) > 0 from pg_locks where locktype = 'advisory'"
        wait_until(lambda: bool(read(database, made)[0][0]))
        code, told = finish(command(warehouse, "--to", database))
    assert (code, told.splitlines()[-1]) == (
        75,
        "publish: Another process loads a release into this database: wait until it ends.",
    )
    assert finish(waiting)[0] == 0
    assert read(database, "select release from marts.first") == [(2,)]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("create schema marts", "a schema marts that is not of callmart"),
        ("create schema marts_next", "a schema marts_next, which no load leaves behind"),
    ],
)
def test_a_schema_of_somebody_else_is_never_replaced(
    database: str, warehouse: Path, statement: str, sentence: str
) -> None:
    publish_numbered(warehouse, 1)
    with psycopg.connect(database) as connection:
        connection.execute(statement)
    with pytest.raises(SinkError, match=sentence):
        load_current(warehouse, database)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("create table marts.own as select 7 as release", "holds own, which is not of callmart"),
        ("create view marts.own as select 7 as release", "holds own, which is not of callmart"),
        ("create view own as select * from marts.first", "view own depends on table marts.first"),
        (
            "create function marts.own() returns int language sql as 'select 7'",
            "other objects depend|function",
        ),
    ],
)
def test_what_users_have_made_on_the_marts_is_never_dropped(
    database: str, warehouse: Path, statement: str, sentence: str
) -> None:
    publish_numbered(warehouse, 1)
    load_current(warehouse, database)
    with psycopg.connect(database) as connection:
        connection.execute(statement)
    publish_numbered(warehouse, 2)
    with pytest.raises(SinkError, match=sentence):
        load_current(warehouse, database)
    assert read(database, "select release from marts.first") == [(1,)]


def test_without_the_right_to_make_the_reader_the_sentence_says_what_to_do(
    server: Server, database: str, warehouse: Path
) -> None:
    publish_numbered(warehouse, 1)
    name = database.rpartition("/")[2]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create role callmart_loader login password 'a'")
        connection.execute(f"grant create on database {name} to callmart_loader")
    limited = server.uri(name, "callmart_loader", "a")
    with pytest.raises(SinkError, match="have it made with `create role callmart_reader nologin`"):
        load_current(warehouse, limited)
    with psycopg.connect(database) as connection:
        connection.execute("create role callmart_reader nologin")
    load_current(warehouse, limited)
    load_current(warehouse, limited)
    assert read(limited, "select release from marts.first") == [(1,)]
    with psycopg.connect(database) as connection:
        connection.execute("drop owned by callmart_loader cascade")


def test_a_database_of_another_encoding_is_refused(server: Server, database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create database latin encoding 'LATIN1' template template0")
        with pytest.raises(SinkError, match="must be UTF8"):
            load_current(warehouse, server.uri("latin"))
        connection.execute("drop database latin with (force)")


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://owner:top%2Dsecret@127.0.0.1:{port}/postgres",
        "postgresql://owner:top-secret@127.0.0.1:1/postgres",
        "postgresql://owner:top-secret@127.0.0.1:port/postgres",
        "postgresql://owner:pass@top-secret@127.0.0.1:{port}/postgres",
        "postgresql://owner:top-secret@[::1/postgres",
        "postgresql://owner:top-secret@127.0.0.1:{port}/postgres?nonsense=1",
        "mysql://owner:top-secret@127.0.0.1/postgres",
        "host=127.0.0.1 password=top-secret",
    ],
)
def test_whatever_is_wrong_with_the_uri_its_password_is_not_shown(
    server: Server, warehouse: Path, uri: str
) -> None:
    publish_numbered(warehouse, 1)
    code, told = finish(command(warehouse, "--to", uri.format(port=server.port)))
    assert code == 1
    assert told.splitlines()[-1].startswith("publish: ")
    assert "Traceback" not in told
    assert "top-secret" not in told
    assert "top%2Dsecret" not in told


def test_the_password_may_come_from_the_environment(server: Server, database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1)
    uri = f"postgresql://owner@127.0.0.1:{server.port}/{database.rpartition('/')[2]}"
    code, told = finish(command(warehouse, "--to", uri, PGPASSWORD=PASSWORD))
    assert code == 0, told
    assert "Loaded the release" in told
    assert PASSWORD not in told


def test_without_a_release_the_sentence_says_what_to_run(warehouse: Path) -> None:
    code, told = finish(command(warehouse, "--to", "postgresql://127.0.0.1:1/nowhere"))
    assert (code, told) == (1, f"publish: Nothing is published in {warehouse}: run scripts/build first.\n")


# Who reads meanwhile


def test_a_transaction_that_reads_keeps_the_release_it_reads(database: str, warehouse: Path) -> None:
    publish_numbered(warehouse, 1)
    load_current(warehouse, database)
    publish_numbered(warehouse, 2)
    with psycopg.connect(database) as reader:
        assert reader.execute("select release from marts.first").fetchall() == [(1,)]
        with pytest.raises(SinkError, match="Some transaction reads marts"):
            load_current(warehouse, database, wait_seconds=0.5)
        assert reader.execute("select release from marts.second").fetchall() == [(1,)]
    load_current(warehouse, database)
    assert read(database, "select release from marts.first") == [(2,)]


def test_a_transaction_begun_before_that_has_read_nothing_sees_the_new_release_whole(
    database: str, warehouse: Path
) -> None:
    publish_numbered(warehouse, 1)
    load_current(warehouse, database)
    publish_numbered(warehouse, 2)
    with psycopg.connect(database) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("select 1")
        load_current(warehouse, database)
        assert reader.execute(
            "select first.release, second.release from marts.first, marts.second"
        ).fetchall() == [(2, 2)]


@pytest.mark.parametrize(
    "isolation", [psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.REPEATABLE_READ]
)
def test_readers_never_see_two_releases_nor_an_error(
    database: str, warehouse: Path, isolation: psycopg.IsolationLevel
) -> None:
    publish_numbered(warehouse, 0)
    load_current(warehouse, database)
    seen: list[set[int]] = []
    failures: list[Exception] = []
    done = threading.Event()

    def look() -> None:
        try:
            with psycopg.connect(database) as connection:
                connection.isolation_level = isolation
                while not done.is_set():
                    with connection.transaction():
                        rows = connection.execute(
                            "select first.release, second.release from marts.first cross join marts.second"
                        ).fetchall()
                        again = connection.execute("select release, release from marts.second").fetchall()
                    seen.append({number for row in rows + again for number in row})
        except Exception as error:  # in a thread of its own, nobody else would see it
            failures.append(error)

    readers = [threading.Thread(target=look) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 6):
            publish_numbered(warehouse, number)
            load_current(warehouse, database)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not failures
    assert all(len(numbers) == 1 for numbers in seen)
    assert set().union(*seen) == set(range(6))
