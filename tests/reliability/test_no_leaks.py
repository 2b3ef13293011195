"""Nobody's data leaks: canaries planted in the raw files are looked for in all that anybody can get to see."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from planted import SALT, Built, data_of

from callmart.contract import read_contract
from callmart.erasure.raw_files import every_file
from callmart.landing import RunFacts, land, phone_numbers_present
from callmart.publish import PublicTable, publish
from callmart.reliability.figures import record
from callmart.runs import without_values
from callmart.sql_text import identifier, literal, only_path

# What every canary has in it, however it is spelled: a look for some hundred of them at once.
_MARKS = re.compile(
    rb"leak\.example|o.{0,2}canary|token=canary|33799[0-9]{4}(?:51|86)|0799[0-9]{4}311|41799[0-9]{4}77"
)
HASHED = [
    (table.name, column) for table in read_contract().tables.values() for column in table.hashed_columns
]


def digits_of(canaries: Iterable[str]) -> set[str]:
    """The digits of the telephone numbers among the canaries."""
    return {
        re.sub(r"\D", "", text).removeprefix("00") for text in canaries if not re.search("[A-Za-z]", text)
    }


def canaries_in(data: bytes, canaries: Iterable[str]) -> set[str]:
    """What of the canaries is in there: as UTF-8 or UTF-16, with or without what people put between digits."""
    plain = data.replace(b"\0", b"").lower()
    found = {mark.decode("latin-1") for mark in _MARKS.findall(plain)}
    found |= {mark.decode("latin-1") for mark in _MARKS.findall(plain.translate(None, b" .()+/-"))}
    return {mark for mark in found if not mark.isdecimal()} | (found & digits_of(canaries))


def texts_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of a database or Parquet file, by column: compressed ones have no bytes to recognise."""
    with duckdb.connect() as connection:
        if path.suffix == ".duckdb":
            connection.execute(f"attach {literal(str(path))} as looked (read_only)")
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'looked'"
            ).fetchall()
            relations = [f"looked.{identifier(schema)}.{identifier(table)}" for schema, table in tables]
        else:
            relations = [f"read_parquet({only_path(path)})"]
        for relation in relations:
            for column, *_ in connection.execute(f"describe select * from {relation}").fetchall():
                values = connection.execute(
                    f"select distinct cast({identifier(column)} as varchar) from {relation}"
                ).fetchall()
                yield f"{relation}.{column}", "\n".join(str(value) for (value,) in values).encode()


def leaks(path: Path, canaries: Iterable[str]) -> dict[str, set[str]]:
    """Where in a file canaries are."""
    found = {"bytes": canaries_in(path.read_bytes(), canaries)}
    if path.suffix in (".duckdb", ".parquet"):
        found |= {column: canaries_in(texts, canaries) for column, texts in texts_of(path)}
    if path.suffix == ".html":
        found["data"] = canaries_in(data_of(path.read_text("utf-8")).encode(), canaries)
    return {place: marks for place, marks in found.items() if marks}


def public_files(built: Built) -> list[Path]:
    work = built.warehouse / "work"
    return [
        path
        for folder in (built.warehouse, built.folder / "out", built.folder / "cwd")
        for path in every_file(folder)
        if not path.is_relative_to(work)
    ]


def test_every_command_did_its_work(built: Built) -> None:
    expected = dict.fromkeys(built.codes, 0) | {"build": 3, "sql error": 1, "build without a salt": 1}
    expected |= {name: code for name, code in built.codes.items() if "alerts" in name and code in (0, 10, 11)}
    assert dict(built.codes) == expected, built.said


def test_no_canary_is_in_what_is_published_exported_logged_or_printed(built: Built) -> None:
    files = public_files(built)
    names = {path.name for path in files}
    assert {"callmart.duckdb", "release.json", "dashboard.html", "runs.jsonl", "fct_calls.parquet"} <= names
    assert {str(path): found for path in files if (found := leaks(path, built.canaries))} == {}
    assert {
        name: heard
        for name, said in built.said.items()
        if (heard := canaries_in(said.encode(), built.canaries))
    } == {}
    assert "CALLMART_SALT" in built.said["build without a salt"]
    record(
        "no_leaks",
        "Canaries in the raw files",
        {
            "canaries": len(built.canaries),
            "columns they stood in": len(set(built.canaries.values())),
            "files searched": len(files),
            "commands whose words were searched": len(built.said),
            "leaks": 0,
        },
    )


def test_the_search_sees_the_canaries_where_they_may_be(built: Built) -> None:
    found = {
        place
        for place in leaks(built.warehouse / "work" / "callmart.duckdb", built.canaries)
        if place != "bytes"
    }
    assert any(place.endswith("._record") for place in found), found
    raw = set().union(
        *(
            canaries_in(path.read_bytes(), built.canaries)
            for path in every_file(built.raw)
            if path.suffix == ".csv"
        )
    )
    assert {mark[:5] for mark in raw} >= {"leak.", "token", "33799", "41799"}
    for spelled in ("+33 7 99 00 01 51", "0033799000186", "(0) 799.00.01.31-1", "00 41 799000177"):
        assert canaries_in(spelled.encode("utf-16-le"), [spelled]), spelled


def test_what_may_hold_raw_data_is_open_to_its_owner_alone(built: Built) -> None:
    work = built.warehouse / "work"
    assert work.stat().st_mode & 0o077 == 0
    assert (work / "callmart.duckdb").stat().st_mode & 0o777 == 0o600
    holding = [path for path in every_file(built.warehouse) if leaks(path, built.canaries)]
    assert work / "callmart.duckdb" in holding
    assert [path for path in holding if not path.is_relative_to(work)] == []


def test_a_release_holds_nothing_of_the_memory_of_the_process_that_made_it(tmp_path: Path) -> None:
    rounds = 3
    for _ in range(rounds):
        work = tmp_path / "work" / "callmart.duckdb"
        work.parent.mkdir(exist_ok=True)
        work.unlink(missing_ok=True)
        with duckdb.connect(str(work)) as connection:
            remembered = "'+33 7 99 00 01 51 ' || i || repeat(' o''canary', 9)"
            connection.execute(
                f"create table raw as select {remembered} as number from range(300000) as r(i)"
            )
            connection.execute("create schema marts")
            several = ", ".join(f"md5('{name}' || i % 999)[:{9 + name}] as c{name}" for name in range(20))
            connection.execute(f"create table marts.texts as select i, {several} from range(50000) as r(i)")
        names = [("i", "Key."), *((f"c{name}", "A text.") for name in range(20))]
        release = publish(work, tmp_path, [PublicTable("marts", "texts", "Texts.", names, ["i"])], {}, keep=1)
        assert leaks(release / "callmart.duckdb", ["+33 7 99 00 01 51"]) == {}
        assert "bytes" in leaks(work, ["+33 7 99 00 01 51"])
        with duckdb.connect(str(release / "callmart.duckdb"), read_only=True) as connection:
            assert connection.execute("select count(*), count(distinct c3) from marts.texts").fetchone() == (
                50000,
                999,
            )
    record(
        "no_leaks", "Memory of the writer", {"releases written": rounds, "bytes of dropped tables in them": 0}
    )


def test_numbers_and_keys_are_published_as_hashes_keyed_with_the_salt(built: Built) -> None:
    numbers = {canary for canary, where in built.canaries.items() if where == "calls.from_number"}
    digits = [re.sub(r"\D", "", number).removeprefix("00") for number in numbers]
    with duckdb.connect(str(built.release / "callmart.duckdb"), read_only=True) as connection:
        hashes = connection.execute("select from_number_hash from marts.fct_calls").fetchall()
    published = {value for (value,) in hashes}
    assert {hashlib.sha256(f"{SALT}:{number}".encode()).hexdigest() for number in digits[:3]} & published
    assert not {hashlib.sha256(number.encode()).hexdigest() for number in digits} & published


@pytest.mark.parametrize(("table", "column"), HASHED)
def test_any_personal_key_is_seen_before_a_build_without_a_salt(
    table: str, column: str, tmp_path: Path
) -> None:
    (tmp_path / "raw" / table).mkdir(parents=True)
    contract = read_contract().tables[table]
    row = dict.fromkeys(contract.key, "1") | {column: "+33 6 12 34 56 78"}
    (tmp_path / "raw" / table / "a.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    with duckdb.connect(str(tmp_path / "work.duckdb")) as connection:
        land(connection, tmp_path / "raw", RunFacts(datetime.now(UTC), "", is_sample=False), {})
        assert phone_numbers_present(connection)


def test_columns_that_sound_personal_are_marked_or_known_to_be_none() -> None:
    none = {"queue_name", "campaign_name", "dialled_number", "score_key"}
    sounding = re.compile(r"number|name|mail|phone|url|link|address|person|recipient|birth_date|_key")
    unmarked = {
        f"{table.name}.{column.name}"
        for table in read_contract().tables.values()
        for column in table.columns
        if sounding.search(column.name)
        and column.personal is None
        and column.name not in none
        and not column.name.startswith("persons_")
    }
    assert unmarked == set()


@pytest.mark.parametrize(
    "statement",
    [
        "select cast('{text}' as integer)",
        "select cast('{text}' as timestamp)",
        "select cast('{text}' as date)",
        "select cast('{text}' as boolean)",
        "select cast('{text}' as decimal(9, 2))",
        "select cast('{text}' as timestamptz)",
        "select strptime('{text}', '%Y-%m-%d')",
        "select cast('{text}' as json)",
        "select cast('{text}' as uuid)",
        "create table t (i varchar primary key); insert into t values ('{text}'), ('{text}')",
        "create table t (i varchar check (length(i) < 3)); insert into t values ('{text}')",
        "select timestamp '2024-01-01' at time zone '{text}'",
        "select map(['{text}', '{text}'], [1, 2])",
    ],
)
@pytest.mark.parametrize(
    "text", ["ada.canary@example.org", "+33 6 12 34 56 78", "Zoe O''Canary", 'a "quoted" Canary']
)
def test_what_an_engine_says_is_told_without_the_values_it_quotes(statement: str, text: str) -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(statement.format(text=text)).fetchall()
    first = str(caught.value).splitlines()[0]
    assert text.replace("''", "'") not in without_values(first)
    assert not re.search(r"canary|33 6 12", without_values(first), re.IGNORECASE), without_values(first)
    assert without_values(first).startswith(first.partition(":")[0])


def test_names_of_tables_and_columns_are_still_told() -> None:
    said = 'Binder Error: Referenced column "wait" not found in FROM clause! Candidate: Table "fct_calls", not \'Ada'
    assert without_values(said) == (
        'Binder Error: Referenced column "wait" not found in FROM clause! Candidate: Table "fct_calls", not \'…\''
    )
