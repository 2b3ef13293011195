"""What the loader makes of raw files, from the sound to the hostile."""

from __future__ import annotations

import codecs
import csv
import errno
import gzip
import hashlib
import io
import json
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callmart import text_files
from callmart.contract import read_contract
from callmart.landing import (
    FileLanding,
    LandingError,
    LandingReport,
    RunFacts,
    land,
    note_future_rows,
    phone_numbers_present,
)

RUN = RunFacts(datetime(2024, 6, 1, 12, tzinfo=UTC), "salt", is_sample=False)
HEADER = "call_id,direction,outcome\n"
SOUND = HEADER + "c1,inbound,answered\n"

Row = tuple[Any, ...]


class Centre:
    """A raw folder and a build's file."""

    def __init__(self, folder: Path) -> None:
        self.raw = folder / "raw"
        self.raw.mkdir(exist_ok=True)
        self.connection = duckdb.connect(folder / "callmart.duckdb")

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def put_parquet(self, name: str, query: str) -> None:
        path = self.put(name, b"")
        made = str(self.raw / "made.tmp").replace("'", "''")
        duckdb.connect().execute(f"copy ({query}) to '{made}' (format parquet)")
        (self.raw / "made.tmp").replace(path)

    def clear(self) -> None:
        for path in sorted(self.raw.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    def land(self, pass_through: Mapping[str, Sequence[str]] | None = None) -> LandingReport:
        return land(self.connection, self.raw, RUN, pass_through or {})

    def ask(self, query: str) -> list[Row]:
        return self.connection.execute(query).fetchall()

    def calls(self, columns: str = "call_id, direction, outcome, _row") -> list[Row]:
        return self.ask(f"select {columns} from raw.calls order by _file, _row")

    def broken(self) -> list[Row]:
        return self.ask('select "row", line from raw.unparseable_lines order by file, "row"')


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path)
    yield centre
    centre.connection.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """One raw folder for many generated files: a table costs more to create than a file to read."""
    centre = Centre(tmp_path_factory.mktemp("shared"))
    yield centre
    centre.connection.close()


def only(report: LandingReport) -> FileLanding:
    (file,) = report.files
    return file


# Where rows come from


def test_every_table_is_there_even_without_files(centre: Centre) -> None:
    report = centre.land()
    for table in read_contract().tables.values():
        described = centre.ask(f"describe raw.{table.name}")
        names = [name for name, *_ in described]
        types = [kind for _, kind, *_ in described]
        assert names == [*table.column_names, "_unlisted", "_file", "_row", "_landed_at"]
        assert types == ["VARCHAR"] * (len(names) - 2) + ["BIGINT", "TIMESTAMP"]
        assert centre.ask(f"select * from raw.{table.name}") == []
    assert report.missing_required == ("calls",)


def test_a_raw_folder_that_is_missing_lands_nothing(centre: Centre) -> None:
    centre.raw.rmdir()
    report = centre.land()
    assert report.files == ()
    assert centre.calls() == []


@pytest.mark.parametrize("name", ["a.csv", "2024/01/a.CSV", "a b.csv"])
def test_a_csv_file_lands_whatever_its_name(centre: Centre, name: str) -> None:
    path = centre.put(f"calls/{name}", SOUND)
    os.utime(path, (1_700_000_000, 1_700_000_000.25))
    report = centre.land()
    modified_at = datetime(2023, 11, 14, 22, 13, 20, 250_000)  # noqa: DTZ001
    assert centre.calls("call_id, talk_seconds, _unlisted, _file, _row, _landed_at") == [
        ("c1", None, None, f"calls/{name}", 1, modified_at)
    ]
    sha256 = hashlib.sha256(SOUND.encode()).hexdigest()
    assert centre.ask("select * from raw.files") == [
        ("calls", f"calls/{name}", "csv", len(SOUND), modified_at, "loaded", None, 1, 0, "new", True, None, sha256)
    ]  # fmt: skip
    assert report.rows["calls"] == 1
    assert report.missing_required == ()
    assert report.skipped == ()
    assert report.loaded == report.files


def test_every_format_gives_the_same_rows(centre: Centre) -> None:
    rows = [("c1", "inbound", None), ("c2", "outbound", "no_answer")]
    text = HEADER + "c1,inbound,\nc2,outbound,no_answer\n"
    lines = '{"call_id": "c1", "direction": "inbound"}\n{"call_id":"c2","direction":"outbound","outcome":"no_answer"}\n'
    centre.put("calls/1.csv", text)
    centre.put("calls/2.csv.gz", gzip.compress(text.encode()))
    centre.put("calls/3.jsonl", lines)
    centre.put("calls/4.jsonl.gz", gzip.compress(lines.encode()))
    centre.put_parquet(
        "calls/5.parquet", f"select * from (values {rows[1]}, {rows[1]}) as t (call_id, direction, outcome)"
    )
    centre.land()
    expected = [(*row, number) for _ in range(4) for number, row in enumerate(rows, start=1)]
    assert centre.calls() == [*expected, (*rows[1], 1), (*rows[1], 2)]
    assert centre.ask("select format, landed_rows from raw.files order by file") == [
        ("csv", 2), ("csv.gz", 2), ("jsonl", 2), ("jsonl.gz", 2), ("parquet", 2),
    ]  # fmt: skip


def test_files_are_taken_in_byte_order_and_again_from_scratch(centre: Centre) -> None:
    for name in ["é.csv", "z.csv", "Z.csv", "a/b.csv", "a-b.csv"]:
        centre.put(f"calls/{name}", SOUND)
    names = [f"calls/{name}" for name in ["Z.csv", "a-b.csv", "a/b.csv", "z.csv", "é.csv"]]
    assert [file.file for file in centre.land().files] == names
    (centre.raw / "calls/z.csv").unlink()
    assert [file.file for file in centre.land().files] == [name for name in names if name != "calls/z.csv"]
    assert len(centre.calls()) == 4


def test_hostile_file_names_are_only_names(centre: Centre) -> None:
    names = [
        "it's.x",
        'a"b.x',
        "new\nline.x",
        "a[1].x",
        "b*.x",
        "c?.x",
        "d%20#.x",
        "e\\f.x",
        "year=2024/g.x",
        "'); --.x",
    ]
    for name in names:
        centre.put(f"calls/{name.replace('.x', '.csv')}", SOUND)
        centre.put(f"calls/{name.replace('.x', '.jsonl')}", '{"call_id": "c1"}\n')
        centre.put_parquet(f"calls/{name.replace('.x', '.parquet')}", "select 'c1' as call_id")
    for decoy in ["a1", "bb", "cc"]:
        centre.put(f"calls/{decoy}.csv", HEADER + "decoy,inbound,answered\n")
        centre.put_parquet(f"calls/{decoy}.parquet", "select 'decoy' as call_id")
    report = centre.land()
    assert report.skipped == ()
    assert len(centre.calls()) == len(report.files) == 3 * len(names) + 6
    assert centre.ask("select count(distinct _file) from raw.calls where call_id = 'c1'") == [
        (3 * len(names),)
    ]
    assert centre.ask("select count(*) from raw.calls where _landed_at is null") == [(0,)]


def test_a_raw_folder_may_have_a_hostile_name_too(tmp_path: Path) -> None:
    folder = tmp_path / "it's [raw]*"
    folder.mkdir()
    centre = Centre(folder)
    centre.put("calls/a.csv", SOUND)
    centre.put_parquet("calls/b.parquet", "select 'c2' as call_id")
    centre.land()
    assert centre.calls("call_id, _file") == [("c1", "calls/a.csv"), ("c2", "calls/b.parquet")]
    centre.connection.close()


def test_names_with_an_underscore_or_a_dot_first_are_passed_over(centre: Centre) -> None:
    for name in ["_a.csv", ".b.csv", "_old/c.csv", ".git/d.csv"]:
        centre.put(f"calls/{name}", SOUND)
    centre.put("_notes/a.csv", SOUND)
    report = centre.land()
    assert report.files == ()
    assert report.unknown_folders == ()


def test_folders_and_files_that_belong_to_no_table_are_reported(centre: Centre) -> None:
    centre.put("call/a.csv", SOUND)
    centre.put("Calls/a.csv", SOUND)
    centre.put("calls.csv", SOUND)
    report = centre.land()
    assert report.unknown_folders == ("Calls", "call")
    assert report.stray_files == ("calls.csv",)


def test_a_linked_folder_is_read_once(centre: Centre, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.csv").write_text(SOUND)
    (tmp_path / "elsewhere/loop").symlink_to(tmp_path / "elsewhere")
    centre.raw.joinpath("calls").symlink_to(tmp_path / "elsewhere")
    assert only(centre.land()).file == "calls/a.csv"


def test_the_run_is_written_down(centre: Centre) -> None:
    centre.land()
    started_at = RUN.run_started_at.replace(tzinfo=None)
    assert centre.ask("select * from raw.run") == [
        (started_at, "salt", False, True, False, None, None, "", started_at, None)
    ]


def test_the_order_of_rows_does_not_depend_on_the_settings_of_the_connection(centre: Centre) -> None:
    rows = "".join(f"c{number},inbound,answered\n" for number in range(1, 200_001))
    centre.put("calls/a.csv", HEADER + rows)
    centre.connection.execute("set preserve_insertion_order = false")
    centre.land()
    assert centre.ask("select count(*) from raw.calls where call_id <> 'c' || _row") == [(0,)]
    assert centre.ask("select current_setting('preserve_insertion_order')") == [(False,)]


def test_no_scratch_file_stays(centre: Centre) -> None:
    centre.put("calls/a.csv", HEADER + "only one field\nc1,inbound,answered\n")
    centre.land()
    assert [path.name for path in centre.raw.parent.iterdir() if path.name.startswith(".")] == []


# Columns


def test_header_names_are_trimmed_and_put_in_lower_case(centre: Centre) -> None:
    centre.put("calls/a.csv", "\ufeff Call_ID ,DIRECTION, outcome\nc1,inbound,answered\n")
    centre.land()
    assert centre.calls() == [("c1", "inbound", "answered", 1)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_names_most_columns(centre: Centre, delimiter: str) -> None:
    other = "," if delimiter == ";" else ";"
    header = delimiter.join(["call_id", "direction", f"x{other}y{other}z"])
    centre.put("calls/a.csv", f"{header}\n" + delimiter.join(["c1", f"a{other}b", "z"]) + "\n")
    centre.land()
    assert centre.calls("call_id, direction, _unlisted") == [
        ("c1", f"a{other}b", f'{{"x{other}y{other}z":"z"}}')
    ]


def test_columns_the_contract_does_not_list_are_kept_as_json(centre: Centre) -> None:
    header = 'call_id,Call_ID,skill,"it\'s ""q""",,skill\n'
    centre.put("calls/a.csv", header + "c1,c2,vip,x,y,z\nc3,,,,,\n")
    centre.put("calls/b.jsonl", '{"call_id": "c4", "skill": {"a": [1, 2]}, "n": 1}\n{"call_id": "c5"}\n')
    centre.put_parquet("calls/c.parquet", "select 'c6' as call_id, 7 as skill union all select 'c7', null")
    report = centre.land()
    found = [
        (call, json.loads(unlisted) if unlisted else None)
        for call, unlisted in centre.calls("call_id, _unlisted")
    ]
    assert found == [
        ("c1", {"call_id_2": "c2", "skill": "vip", 'it\'s "q"': "x", "column_5": "y", "skill_2": "z"}),
        ("c3", None),
        ("c4", {"skill": {"a": [1, 2]}, "n": 1}),
        ("c5", None),
        ("c6", {"skill": "7"}),
        ("c7", None),
    ]
    assert report.unknown_columns == {"calls": ('it\'s "q"', "n", "skill")}


def test_columns_to_pass_through_are_columns_of_the_view(centre: Centre) -> None:
    centre.put("calls/a.csv", "call_id,Skill,other\nc1,vip,x\n")
    centre.put("calls/b.jsonl", '{"call_id": "c2", "SKILL": 1.50}\n')
    centre.put_parquet("calls/c.parquet", "select 'c3' as call_id, [1, 2] as skill")
    centre.put("queues/a.csv", "queue_id\nq1\n")
    report = centre.land({"calls": ["skill", " SKILL", "talk_seconds", "gone"]})
    assert centre.calls("call_id, skill, gone, _unlisted") == [
        ("c1", "vip", None, '{"other":"x"}'),
        ("c2", "1.50", None, None),
        ("c3", "[1,2]", None, None),
    ]
    names = [name for name, *_ in centre.ask("describe raw.calls")]
    assert names[-6:] == ["skill", "gone", "_unlisted", "_file", "_row", "_landed_at"]
    assert report.unknown_columns == {"calls": ("other",)}


@pytest.mark.parametrize("wanted", [{"call": ["skill"]}, {"calls": ["_row"]}, {"calls": [" "]}])
def test_what_cannot_be_passed_through_is_refused(
    centre: Centre, wanted: Mapping[str, Sequence[str]]
) -> None:
    with pytest.raises(LandingError, match="pass_through_columns"):
        centre.land(wanted)


# Records of delimited text


def test_quoted_fields_hold_anything(centre: Centre) -> None:
    centre.put("calls/a.csv", HEADER + '"c""1","a,b\r\nc","\nd\n\n"\nc2,inbound,""\n')
    centre.land()
    assert centre.calls() == [('c"1', "a,b\r\nc", "\nd\n\n", 1), ("c2", "inbound", None, 2)]


def test_a_field_of_ten_megabytes_lands(centre: Centre) -> None:
    long = "x" * 10_000_000
    centre.put("calls/a.csv", HEADER + f"c1,{long},y\nc2,inbound,answered\n")
    centre.put("calls/b.csv", HEADER + f'c3,"{long}\n",y\nc4,"""{long}",answered\nc5,a"b,c\n')
    centre.put("calls/c.jsonl", json.dumps({"call_id": "c6", "direction": long}) + '\n{"call_id":"c7"}\n')
    centre.land()
    assert centre.calls("call_id, length(direction), _row") == [
        ("c1", 10_000_000, 1), ("c2", 7, 2), ("c3", 10_000_001, 1), ("c4", 10_000_001, 2), ("c5", 3, 3),
        ("c6", 10_000_000, 1), ("c7", None, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
def test_any_line_end_will_do(centre: Centre, line_end: str, last: str) -> None:
    text = line_end.join(["call_id,direction", "c1,inbound", "c2,outbound"]) + (line_end if last else "")
    centre.put("calls/a.csv", text.encode())
    centre.land()
    assert centre.calls("call_id, direction, _row") == [("c1", "inbound", 1), ("c2", "outbound", 2)]


def test_line_ends_may_be_mixed_and_lines_empty(centre: Centre) -> None:
    centre.put("calls/a.csv", b"\n\r\ncall_id,direction\r\n\nc1,in\rbound\n\r\nc2,outbound\r\n\n")
    centre.land()
    assert centre.calls("call_id, direction, _row") == [("c1", "in\rbound", 1), ("c2", "outbound", 2)]


def test_a_file_of_one_column_lands(centre: Centre) -> None:
    centre.put("queues/a.csv", 'queue_id\nq1\n\n""\n q2\n')
    centre.land()
    assert centre.ask("select queue_id, _row from raw.queues order by _row") == [
        ("q1", 1),
        (None, 2),
        (" q2", 3),
    ]


def test_text_that_is_no_utf8_is_latin1(centre: Centre) -> None:
    centre.put("calls/a.csv", (HEADER + "é,à,ü\n").encode("latin-1"))
    centre.put("calls/b.jsonl", '{"call_id": "é"}'.encode("latin-1"))
    centre.put("calls/c.csv", (HEADER + "é,à,ü\n").encode())
    centre.land()
    assert centre.calls() == [("é", "à", "ü", 1), ("é", None, None, 1), ("é", "à", "ü", 1)]


def test_a_file_cut_inside_a_character_is_still_utf8(centre: Centre) -> None:
    centre.put("calls/a.csv", (HEADER + "é,à,ü\nc2,x,é").encode()[:-1])
    report = centre.land()
    assert centre.calls() == [("é", "à", "ü", 1)]
    assert only(report).unparseable_lines == 1
    assert centre.broken() == [(2, "c2,x,?")]


CASES = {
    "too few": ("c1,inbound\n", [], [(1, "c1,inbound")]),
    "too many": ("c1,inbound,answered,x\n", [], [(1, "c1,inbound,answered,x")]),
    "only empty ones too many": ("c1,inbound,answered,,\n", [("c1", "inbound", "answered", 1)], []),
    "spaces only": ("  \nc2,b,c\n", [("c2", "b", "c", 2)], [(1, "  ")]),
    "text after a quote": ('"c1"x,b,c\nc2,b,c\n', [("c2", "b", "c", 2)], [(1, '"c1"x,b,c')]),
    "never closed": (
        'c1,"b,c\nc2,b,c\nc3,b,c\n',
        [("c2", "b", "c", 2), ("c3", "b", "c", 3)],
        [(1, 'c1,"b,c')],
    ),
    "never closed, last": ('c1,b,c\nc2,b,"c', [("c1", "b", "c", 1)], [(2, 'c2,b,"c')]),
    "never closed, first field": ('c1,b,c\n"c2,b', [("c1", "b", "c", 1)], [(2, '"c2,b')]),
    "closed by a neighbour": ('c1,"b,c\nc2,"b",c\n', [("c2", "b", "c", 2)], [(1, 'c1,"b,c')]),
    "closed by another open one": (
        'c1,"b,c\nc2,b,c\nc3,b",c,d\nc4,b,c\n',
        [("c2", "b", "c", 2), ("c4", "b", "c", 4)],
        [(1, 'c1,"b,c'), (3, 'c3,b",c,d')],
    ),
    "of several lines": ('c1,"b\nb\n",c,d\nc2,b,c\n', [("c2", "b", "c", 2)], [(1, 'c1,"b\nb\n",c,d')]),
    "a quote inside": ('c1,5" pipe,c\nc2,b,c\n', [("c1", '5" pipe', "c", 1), ("c2", "b", "c", 2)], []),
    "spaces around quotes": ('c1, "b,b" ,c\n', [("c1", "b,b", "c", 1)], []),
    "a NUL": ("c1,b\0,c\nc2,b,c\n", [("c2", "b", "c", 2)], [(1, "c1,b\0,c")]),
    "all broken": ("c1\nc2\n", [], [(1, "c1"), (2, "c2")]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_record_is_set_apart_and_its_neighbours_stay(centre: Centre, case: str) -> None:
    text, rows, broken = CASES[case]
    centre.put("calls/a.csv", HEADER + text)
    file = only(centre.land())
    assert (centre.calls(), centre.broken()) == (rows, broken)
    assert (file.landed_rows, file.unparseable_lines) == (len(rows) + len(broken), len(broken))
    assert centre.ask("select landed_rows, unparseable_lines from raw.files") == [
        (len(rows) + len(broken), len(broken))
    ]


def test_what_is_wrong_with_a_record_is_said(centre: Centre) -> None:
    centre.put("calls/a.csv", HEADER + 'c1,b\n"x"y,b,c\nc\0,b,c\nc3,b,"c\n')
    centre.put("calls/b.jsonl", "{\n[]\n")
    centre.land()
    assert centre.ask('select raw_table, file, error from raw.unparseable_lines order by file, "row"') == [
        ("calls", "calls/a.csv", "It has 2 fields where the header has 3."),
        ("calls", "calls/a.csv", "Text follows the closing quote of a field."),
        ("calls", "calls/a.csv", "It holds a NUL character, as a half-written file does."),
        ("calls", "calls/a.csv", "A quoted field is not closed."),
        ("calls", "calls/b.jsonl", "It is not valid JSON."),
        ("calls", "calls/b.jsonl", "It is JSON, but no object."),
    ]


def test_a_record_over_the_limit_is_broken_and_cut(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "RECORD_LIMIT", 100)
    monkeypatch.setattr(text_files, "KEPT_TEXT", 50)
    centre.put(
        "calls/a.csv", HEADER + "c1," + "x" * 1000 + ",c,d\n" + 'c2,"' + "y\n" * 60 + 'c3,b,c\n"\nc4,b,c\n'
    )
    file = only(centre.land())
    assert [call for call, *_ in centre.calls()] == ["c3", "c4"]
    assert centre.broken()[0] == (1, "c1," + "x" * 47)
    assert file.unparseable_lines == 62


@pytest.mark.parametrize("seed", range(3))
def test_one_broken_record_in_a_large_file_moves_nothing(centre: Centre, seed: int) -> None:
    chance = random.Random(seed)
    lines = [
        f'c{number},"b\n{number}",c\n' if number % 7 == 0 else f"c{number},b,c\n"
        for number in range(1, 50_001)
    ]
    at = chance.randrange(50_000)
    lines[at] = f'c{at + 1},"b,c\n'
    centre.put("calls/a.csv", HEADER + "".join(lines))
    centre.land()
    assert centre.broken() == [(at + 1, f'c{at + 1},"b,c')]
    assert centre.ask("select count(*), count(*) filter (where call_id = 'c' || _row) from raw.calls") == [
        (49_999, 49_999)
    ]


# Records of JSON Lines


def test_members_land_as_they_are_written(centre: Centre) -> None:
    values = {
        "direction": '"a \\"q\\" \\u00e9\\n"', "channel": "null", "outcome": "true", "started_at": "12",
        "queued_at": "1.10", "answered_at": "1e3", "ended_at": "12345678901234567.89", "ivr_seconds": "-0.000010",
        "wait_seconds": '{"x": 1.10, "y": [1, "z"]}', "ring_seconds": "[1.50, 2]", "talk_seconds": '": 1.50, x"',
        "hold_seconds": "123456789012345678901234567890", "wrap_seconds": '"{\\"x\\": 1.50}"', "queue_id": "100.0",
    }  # fmt: skip
    members = ", ".join(f'"{key}": {value}' for key, value in values.items())
    centre.put("calls/a.jsonl", f'{{"call_id": "c1", {members}}}\n')
    centre.land()
    assert centre.calls(", ".join(values))[0] == (
        'a "q" é\n', None, "true", "12",
        "1.1", "1000.0", "12345678901234568.0", "-0.00001",
        '{"x":1.1,"y":[1,"z"]}', "[1.5,2]", ": 1.50, x",
        "123456789012345678901234567890", '{"x": 1.50}', "100.0",
    )  # fmt: skip
    del values["talk_seconds"]  # the one text that looks like a number with a fraction
    members = ", ".join(f'"{key}": {value}' for key, value in values.items())
    centre.put("calls/a.jsonl", f'{{"call_id": "c1", {members}}}\n')
    centre.land()
    assert centre.calls(", ".join(values))[0] == (
        'a "q" é\n', None, "true", "12",
        "1.10", "1e3", "12345678901234567.89", "-0.000010",
        '{"x":1.1,"y":[1,"z"]}', "[1.5,2]",
        "123456789012345678901234567890", '{"x": 1.50}', "100.0",
    )  # fmt: skip


def test_keys_are_trimmed_and_put_in_lower_case(centre: Centre) -> None:
    centre.put(
        "calls/a.jsonl",
        '{" Call_ID ": "c1"}\n{"CALL_ID": "x", "call_id": "c2"}\n{"call_id": null, "CALL_ID": "c3"}\n',
    )
    centre.land()
    assert centre.calls("call_id, _unlisted") == [("c1", None), ("c2", None), ("c3", None)]


def test_a_line_that_is_no_object_is_set_apart(centre: Centre) -> None:
    lines = [
        '{"call_id": "c1"}',
        '{"call_id": "c2"',
        "[1]",
        '"x"',
        "null",
        "",
        '{"call_id": "c3"} x',
        '{"call_id":"c4"}',
    ]
    centre.put("calls/a.jsonl", "\n".join(lines))
    file = only(centre.land())
    assert centre.calls("call_id, _row") == [("c1", 1), ("c4", 7)]
    assert centre.broken() == [(2, lines[1]), (3, "[1]"), (4, '"x"'), (5, "null"), (6, lines[6])]
    assert (file.landed_rows, file.unparseable_lines) == (7, 5)


@pytest.mark.parametrize("odd", ["\x01", "\x02", "\x02\x01", "\0", "\r"])
def test_control_characters_in_a_line_of_json_break_only_that_line(centre: Centre, odd: str) -> None:
    centre.put(
        "calls/a.jsonl", f'{{"call_id": "c1"}}\n{{"call_id": "{odd}"}}\n{{"call_id": "c3"}}\n'.encode()
    )
    centre.land()
    assert centre.calls("call_id, _row") == [("c1", 1), ("c3", 3)]
    assert centre.broken() == [(2, f'{{"call_id": "{odd}"}}')]


def test_json_nested_without_end_is_only_a_value(centre: Centre) -> None:
    deep = "[" * 50_000 + "]" * 50_000
    centre.put("calls/a.jsonl", f'{{"call_id": {deep}}}\n{{"call_id": "c2"}}\n')
    centre.land()
    assert centre.calls("length(call_id), _row") == [(100_000, 1), (2, 2)]


# Parquet


def test_parquet_files_with_other_types_do_not_change_each_other(centre: Centre) -> None:
    centre.put_parquet("calls/a.parquet", "select 1::integer as call_id, 7::bigint as talk_seconds")
    centre.put_parquet("calls/b.parquet", "select 'x' as Call_ID, 7.5::double as talk_seconds")
    centre.put_parquet("calls/c.parquet", "select 2::integer as call_id, 8::bigint as talk_seconds")
    centre.put_parquet("calls/d.parquet", "select true as call_id, 1.50::decimal(9, 2) as talk_seconds")
    centre.land()
    assert centre.calls("call_id, talk_seconds, _file") == [
        ("1", "7", "calls/a.parquet"),
        ("x", "7.5", "calls/b.parquet"),
        ("2", "8", "calls/c.parquet"),
        ("true", "1.50", "calls/d.parquet"),
    ]


def test_parquet_values_are_text_that_says_the_same(centre: Centre) -> None:
    query = """
        select 'c1' as call_id, timestamp '2024-01-02 03:04:05.5' as started_at, encode('é') as direction,
            timestamptz '2024-01-02 03:04:05+02' as ended_at, {'a': [1, 2]} as outcome, '\\xFF'::blob as channel,
            null::integer[] as queue_id, 'x' as filename
    """
    centre.put_parquet("calls/a.parquet", query)
    centre.connection.execute("set TimeZone = 'UTC'")
    centre.land()
    columns = "started_at, direction, ended_at, outcome, channel, queue_id, _unlisted"
    assert centre.calls(columns) == [
        (
            "2024-01-02 03:04:05.5",
            "é",
            "2024-01-02 01:04:05+00",
            '{"a":[1,2]}',
            "\\xFF",
            None,
            '{"filename":"x"}',
        )
    ]


def test_parquet_rows_are_numbered_by_file(centre: Centre) -> None:
    for name in "ab":
        centre.put_parquet(f"calls/{name}.parquet", "select 'c' || range as call_id from range(1, 300001)")
    centre.land()
    wrong = "select count(*) filter (where call_id <> 'c' || _row), count(*), count(distinct _file) from raw.calls"
    assert centre.ask(wrong) == [(0, 600_000, 2)]


# What is skipped

SKIPPED: dict[str, tuple[str, bytes, str]] = {
    "nothing in it": ("a.csv", b"", "empty"),
    "nothing but line ends": ("a.csv", b"\r\n\n", "empty"),
    "nothing in it, compressed": ("a.csv.gz", gzip.compress(b""), "empty"),
    "a header alone": ("a.csv", HEADER.encode(), "header and no row"),
    "a header alone, without line end": ("a.csv", HEADER.strip().encode(), "header and no row"),
    "a header and empty lines": ("a.csv", HEADER.encode() + b"\n\n", "header and no row"),
    "no header": ("a.csv", b"c1,inbound,answered\nc2,inbound,answered\n", "names no column"),
    "a header never closed": ("a.csv", b'"call_id,direction\nc1,inbound\n', "names no column"),
    "a cut gzip": ("a.csv.gz", gzip.compress(SOUND.encode() * 100)[:-20], "gzip"),
    "a damaged gzip": (
        "a.jsonl.gz",
        gzip.compress(bytes(random.Random(1).randbytes(999)))[:50] + b"x" * 99,
        "gzip",
    ),
    "text named gzip": ("a.csv.gz", SOUND.encode(), "gzip"),
    "gzip named text": ("a.csv", gzip.compress(SOUND.encode()), "compressed by gzip"),
    "Parquet named text": ("a.jsonl", b"PAR1...", "a Parquet file"),
    "a spreadsheet": ("a.csv", b"PK\x03\x04...", "a zip archive or a spreadsheet"),
    "UTF-16": ("a.csv", codecs.BOM_UTF16_LE + SOUND.encode("utf-16-le"), "UTF-16"),
    "binary": ("a.csv", b"\x7fELF\0\0\0", "no text"),
    "zeros": ("a.jsonl", b"\0" * 100, "no text"),
    "text named Parquet": ("a.parquet", SOUND.encode(), "no Parquet file"),
    "an empty Parquet name": ("a.parquet", b"", "no Parquet file"),
    "another ending": ("a.xlsx", b"x", "rename it"),
    "no ending": ("README", b"x", "rename it"),
}


@pytest.mark.parametrize("case", SKIPPED)
def test_a_file_that_cannot_be_read_is_skipped_by_name_and_the_rest_goes_on(
    centre: Centre, case: str
) -> None:
    name, content, reason = SKIPPED[case]
    centre.put(f"calls/{name}", content)
    centre.put("calls/z.csv", SOUND)
    report = centre.land()
    skipped, loaded = report.files
    assert (skipped.status, skipped.landed_rows, skipped.size_bytes) == ("skipped", 0, len(content))
    assert skipped.reason is not None
    assert reason in skipped.reason
    assert loaded.status == "loaded"
    assert len(centre.calls()) == 1
    assert centre.ask("select file, status, reason from raw.files order by file") == [
        (f"calls/{name}", "skipped", skipped.reason),
        ("calls/z.csv", "loaded", None),
    ]


def test_parquet_files_without_anything_to_read_are_skipped(centre: Centre) -> None:
    centre.put_parquet("calls/cut.parquet", "select 'c1' as call_id")
    path = centre.raw / "calls/cut.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    centre.put_parquet("calls/empty.parquet", "select 'c1' as call_id where false")
    centre.put_parquet("calls/foreign.parquet", "select 1 as x")
    centre.put_parquet("calls/hiding.parquet", "select 'c1' as call_id, 1 as FILE_ROW_NUMBER")
    reasons = [file.reason or "" for file in centre.land().files]
    expected = ["no Parquet file", "holds no row", "no column of this table", "file_row_number"]
    assert [said in reason for said, reason in zip(expected, reasons, strict=True)] == [True] * 4
    assert centre.calls() == []


def test_what_is_no_file_is_skipped(centre: Centre) -> None:
    centre.put("calls/a.csv", SOUND)
    (centre.raw / "calls/b.csv").symlink_to("nowhere")
    os.mkfifo(centre.raw / "calls/c.csv")
    reasons = [file.reason for file in centre.land().skipped]
    assert reasons == [
        "It cannot be reached (No such file or directory): remove it.",
        "It is no regular file: remove it.",
    ]


def test_a_folder_that_cannot_be_opened_is_named(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["calls/a.csv", "calls/locked/b.csv", "calls/open/c.csv"]:
        centre.put(name, SOUND)
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("/locked"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root, whom no right stops, runs the tests too
    report = centre.land()
    assert [file.file for file in report.loaded] == ["calls/a.csv", "calls/open/c.csv"]
    (skipped,) = report.skipped
    assert skipped.file == "calls/locked"
    assert skipped.reason == "It is a folder that cannot be opened: check its access rights."


def test_a_name_that_is_no_utf8_is_skipped(centre: Centre) -> None:
    centre.put("calls/a.csv", SOUND)
    Path(os.fsdecode(os.fsencode(centre.raw) + b"/calls/\xff.csv")).write_text(SOUND)
    (file,) = centre.land().skipped
    assert (file.file, file.reason) == ("calls/\\xff.csv", "Its name is not valid UTF-8: rename it.")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_file_that_changes_while_it_is_read_is_left_to_the_next_run(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = centre.put(f"calls/{name}", SOUND if name == "a.csv" else '{"call_id": "c1"}\n')
    probe = text_files.probe

    def probe_and_append(path: Path, is_compressed: bool) -> text_files.TextFile:
        found = probe(path, is_compressed)
        with path.open("a") as stream:
            stream.write(" ")
        return found

    monkeypatch.setattr("callmart.text_loading.probe", probe_and_append)
    file = only(centre.land())
    assert file.reason == "It was still being written: the next run reads it."
    assert centre.calls() == []
    assert centre.broken() == []
    assert path.exists()


# Personal data


@pytest.mark.parametrize(
    ("name", "text", "present"),
    [
        ("calls/a.csv", "call_id,from_number\nc1,+33 1\n", True),
        ("calls/a.csv", "call_id,to_number\nc1,0\n", True),
        ("calls/a.csv", "call_id,to_number,from_number\nc1, ,\n", False),
        ("calls/a.csv", SOUND, False),
        ("email_sends/a.csv", "send_id,recipient_key\ns1,a@example.com\n", True),
        ("contact_records/a.csv", "contact_record_id,person_key\nr1,p1\n", True),
        ("contact_records/a.csv", "contact_record_id,person_key\nr1,\n", False),
    ],
)
def test_personal_data_are_noticed(centre: Centre, name: str, text: str, present: bool) -> None:
    centre.put(name, text)
    centre.land()
    assert phone_numbers_present(centre.connection) is present


# Any file

FIELDS = st.text(alphabet=st.sampled_from('ab1 ,;\t|"\n\ré€😀\u2028\x0b\\'), max_size=6)
RECORDS = st.lists(st.lists(FIELDS, min_size=3, max_size=3), min_size=1, max_size=8)
FAST = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@FAST
@given(
    files=st.lists(
        st.tuples(
            RECORDS,
            st.sampled_from(",;\t|"),
            st.sampled_from(["\n", "\r\n"]),
            st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_the_csv_module_writes_comes_back(
    shared: Centre, files: list[tuple[list[list[str]], str, str, Any]]
) -> None:
    shared.clear()
    expected = []
    for number, (rows, delimiter, line_end, quoting) in enumerate(files):
        written = [[f"k{place}", *row] for place, row in enumerate(rows, start=1)]
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
        writer.writerow(["call_id", "direction", "outcome", "currency"])
        # Quote what the writer of Python 3.11 leaves bare: a carriage return is part of a line end.
        for row in written:
            bare = any("\r" in value for value in row)
            (
                csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
                if bare
                else writer
            ).writerow(row)
        shared.put(f"calls/{number}.csv", stream.getvalue())
        expected += [(*[value or None for value in row], place) for place, row in enumerate(written, start=1)]
    report = shared.land()
    assert shared.calls("call_id, direction, outcome, currency, _row") == expected
    assert report.skipped == ()


MESS = st.text(alphabet=st.sampled_from('ab,,,""\n\n\r; é\0'), max_size=60)


@FAST
@given(bodies=st.lists(MESS, min_size=1, max_size=6))
def test_no_record_of_a_messy_csv_file_vanishes(shared: Centre, bodies: list[str]) -> None:
    shared.clear()
    for number, body in enumerate(bodies):
        shared.put(f"calls/{number}.csv", HEADER + body)
    check_conservation(shared)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", " ", "{}", "[]", '{"call_id": 1.50}', '{"call_id": "x', "\0", "\x01", '{"a": 1e5}', "\r"]
        ),
        st.dictionaries(
            st.sampled_from(["call_id", "CALL_ID", "x", ""]), st.none() | FIELDS | st.floats()
        ).map(json.dumps),
        MESS,
    ),
    max_size=8,
)


@FAST
@given(bodies=st.lists(LINES, min_size=1, max_size=6))
def test_no_line_of_a_messy_json_file_vanishes(shared: Centre, bodies: list[list[str]]) -> None:
    shared.clear()
    for number, body in enumerate(bodies):
        shared.put(f"calls/{number}.jsonl", "\n".join(body))
    report = check_conservation(shared)
    for number, body in enumerate(bodies):
        lines = [line.rstrip("\r") for line in "\n".join(body).split("\n")]
        if report.files[number].status == "loaded" and "\r" not in "".join(lines) and "\n" in "\n".join(body):
            assert report.files[number].landed_rows == sum(line != "" for line in lines)


def check_conservation(centre: Centre) -> LandingReport:
    """Of each file, rows and unparseable lines are its landed rows, numbered from 1 without a gap."""
    report = centre.land()
    for file in report.files:
        numbers = centre.ask(
            f"""
            select _row from raw.calls where _file = '{file.file}'
            union all
            select "row" from raw.unparseable_lines where file = '{file.file}'
            order by all
            """
        )
        assert [number for (number,) in numbers] == list(range(1, file.landed_rows + 1))
        broken = centre.ask(f"select count(*) from raw.unparseable_lines where file = '{file.file}'")
        assert broken == [(file.unparseable_lines,)]
        assert (file.status == "loaded") == (file.landed_rows > 0)
        assert report.rows["calls"] == len(centre.calls())
    return report


# What a run reads that adds to earlier ones


LATER = datetime(2024, 6, 2, 12, tzinfo=UTC)


def add(centre: Centre, *, at: datetime = LATER, completed: bool = True) -> LandingReport:
    """Land what is new since the run before, which came to its end or not."""
    if completed:
        centre.connection.execute("update raw.run set completed_at = run_started_at")
    return land(centre.connection, centre.raw, RunFacts(at, "salt", False, is_full_refresh=False), {})


def read_because(report: LandingReport) -> dict[str, str | None]:
    return {file.file: file.read_because for file in report.files}


def put_at(centre: Centre, name: str, content: str, second: int) -> None:
    os.utime(centre.put(name, content), (1_700_000_000 + second, 1_700_000_000 + second))


def test_only_a_new_file_is_read_and_the_others_stay_known(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND + "c9\n", 0)
    before = centre.land()
    put_at(centre, "calls/b.csv", SOUND.replace("c1", "c2"), 1)
    report = add(centre)
    assert read_because(report) == {"calls/a.csv": None, "calls/b.csv": "new"}
    assert [name for (name,) in centre.calls("call_id")] == ["c2"]
    assert report.rows["calls"] == before.rows["calls"] + 1
    assert centre.ask("select file, status, landed_rows, is_read_now from raw.files order by file") == [
        ("calls/a.csv", "loaded", only(before).landed_rows, False),
        ("calls/b.csv", "loaded", 1, True),
    ]


def test_a_file_that_is_as_it_was_is_not_read_again(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    centre.land()
    report = add(centre)
    assert report.read_now == ()
    assert centre.calls() == []


@pytest.mark.parametrize(("content", "second"), [(SOUND, 1), (SOUND + "\n", 0)])
def test_another_time_or_another_size_is_another_file(centre: Centre, content: str, second: int) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    centre.land()
    put_at(centre, "calls/a.csv", content, second)
    assert read_because(add(centre)) == {"calls/a.csv": "replaced"}


def test_what_an_unfinished_run_read_is_read_again(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    centre.land()
    put_at(centre, "calls/b.csv", SOUND.replace("c1", "c2"), 1)
    add(centre)
    put_at(centre, "calls/c.csv", SOUND.replace("c1", "c3"), 2)
    report = add(centre, completed=False)
    assert read_because(report) == {"calls/a.csv": None, "calls/b.csv": "new", "calls/c.csv": "new"}
    assert centre.ask("select follows_complete_run from raw.run") == [(False,)]
    assert read_because(add(centre)) == {"calls/a.csv": None, "calls/b.csv": None, "calls/c.csv": None}


def test_a_file_that_is_gone_is_named_and_its_rows_stay_known(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    put_at(centre, "calls/b.csv", SOUND.replace("c1", "c2"), 0)
    centre.land()
    (centre.raw / "calls" / "a.csv").unlink()
    report = add(centre)
    assert report.gone == ("calls/a.csv",)
    assert report.read_now == ()
    assert report.rows["calls"] == 2
    assert centre.ask("select file, status, is_read_now from raw.files order by file") == [
        ("calls/a.csv", "loaded", False),
        ("calls/b.csv", "loaded", False),
    ]


def test_a_file_that_goes_before_a_run_ended_leaves_no_row(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    centre.land()
    put_at(centre, "calls/b.csv", SOUND.replace("c1", "c2"), 1)
    add(centre)
    (centre.raw / "calls" / "b.csv").unlink()
    add(centre, completed=False)
    assert centre.ask(
        "select status, landed_rows, is_read_now from raw.files where file = 'calls/b.csv'"
    ) == [("skipped", 0, True)]


def test_a_file_that_cannot_be_used_is_tried_again_only_when_it_changes(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    put_at(centre, "calls/b.parquet", "PAR1 and no more", 0)
    assert [file.file for file in centre.land().skipped] == ["calls/b.parquet"]
    report = add(centre)
    assert report.read_now == ()
    assert [file.file for file in report.skipped] == ["calls/b.parquet"]
    put_at(centre, "calls/b.parquet", "PAR1 and a little more", 1)
    assert read_because(add(centre))["calls/b.parquet"] == "replaced"


def test_answers_are_judged_again_when_invitations_come(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    put_at(centre, "survey_responses/a.csv", "response_id\nr1\n", 0)
    centre.land()
    put_at(centre, "survey_invitations/a.csv", "invitation_id\ni1\n", 1)
    assert read_because(add(centre)) == {
        "calls/a.csv": None,
        "survey_invitations/a.csv": "new",
        "survey_responses/a.csv": "judged again",
    }


@pytest.mark.parametrize(
    ("instant", "verdict"),
    [
        ("2024-06-02T09:00:00Z", "judged again"),
        ("2031-01-01T09:00:00Z", None),
        ("nobody knows", "judged again"),
    ],
)
def test_a_row_of_the_future_is_judged_again_when_its_time_has_come(
    centre: Centre, instant: str, verdict: str | None
) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    put_at(centre, "calls/b.csv", SOUND, 0)
    centre.land()
    # A row of the year 2040 beside it: the earlier one counts.
    centre.connection.execute(
        "create table judged as select 'calls' as raw_table, 'calls/a.csv' as file, true as is_rejected,"
        " 'no key; future instant: started_at; future instant: ended_at' as reasons, record from (values"
        f""" ('{{"started_at": "2040-01-01T00:00:00Z", "ended_at": "{instant}"}}')) as records (record)"""
    )
    note_future_rows(centre.connection, "judged")
    assert read_because(add(centre)) == {"calls/a.csv": verdict, "calls/b.csv": None}
    # It stays noted until models have judged the row anew.
    assert read_because(add(centre, completed=False))["calls/a.csv"] == verdict


def test_a_row_that_is_no_longer_of_the_future_is_forgotten(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    centre.land()
    columns = "'calls' as raw_table, 'calls/a.csv' as file, true as is_rejected"
    centre.connection.execute(
        f"""create table judged as select {columns}, 'future instant: started_at' as reasons,"""
        """ '{"started_at": "2024-01-01T00:00:00Z"}' as record"""
    )
    note_future_rows(centre.connection, "judged")
    assert read_because(add(centre)) == {"calls/a.csv": "judged again"}
    centre.connection.execute("delete from judged")
    note_future_rows(centre.connection, "judged")
    assert read_because(add(centre)) == {"calls/a.csv": None}


def test_an_increment_says_which_full_refresh_it_builds_upon(centre: Centre) -> None:
    put_at(centre, "calls/a.csv", SOUND, 0)
    centre.land()
    refreshed = centre.ask("select refreshed_at from raw.run")
    assert refreshed == centre.ask("select run_started_at from raw.run")
    add(centre)
    add(centre)
    assert centre.ask("select refreshed_at from raw.run") == refreshed


def test_lines_that_cannot_be_parsed_stay_known_while_their_file_does(centre: Centre) -> None:
    broken = 'call_id,direction,outcome\nc1,inbound,answered\n"c2,inbound\n'
    put_at(centre, "calls/a.csv", broken, 0)
    centre.land()
    lines = centre.broken()
    assert len(lines) == 1
    put_at(centre, "calls/b.csv", SOUND, 1)
    add(centre)
    assert centre.broken() == lines
    put_at(centre, "calls/a.csv", SOUND, 2)
    add(centre)
    assert centre.broken() == []
