"""`scripts/erase`: every row of a person goes and no other, no byte is left, and a killed run can be finished."""

from __future__ import annotations

import base64
import bz2
import codecs
import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callmart.build import _given as build_options
from callmart.erasure import erased_list, raw_files
from callmart.erasure.__main__ import main as erasure
from callmart.erasure.erased_list import NAME, Returned
from callmart.erasure.person import Person, Relation
from callmart.erasure.raw_files import ErasureError, FileRows, rewrite
from callmart.erasure.traces import search
from callmart.lock import build_lock
from callmart.publish import PublicTable, publish
from callmart.releases import current_release, release_facts, release_names
from callmart.reliability.figures import record
from callmart.runs import put_in_place
from callmart.sample import write_sample

SALT = "pepper"
ERASED, UNKNOWN, REFUSED, LEFT, BROKEN_OFF, LOCKED = 0, 1, 2, 3, 4, 75
NUMBER, SPELLED, EMAIL = "33612345678", "+33 6 12.34-56 78", "ada.canary@example.org"

Row = Mapping[str, object]

# Ada (C-ada) called twice, once without being known; was called from a list, and asked afterwards. Bob's rows stay.
CALLS: list[Row] = [
    {"call_id": "a-1", "interaction_id": "ia-1", "direction": "inbound", "customer_id": "C-ada", "lead_id": "P-ada",
     "from_number": SPELLED, "to_number": "+33199000001", "ticket_id": "T-ada"},
    {"call_id": "a-2", "interaction_id": "ia-2", "direction": "inbound", "from_number": "0033612345678",
     "to_number": "+33199000001"},
    {"call_id": "a-3", "interaction_id": "ia-2", "direction": "inbound", "previous_call_id": "a-2"},
    {"call_id": "a-4", "direction": "outbound", "customer_id": "C-ada", "contact_record_id": "R-ada",
     "from_number": "+33199000001", "to_number": "+33 1 44 44 44 44"},
    {"call_id": "b-1", "direction": "inbound", "customer_id": "C-bob", "from_number": "+33698765432",
     "to_number": "+33199000001"},
    # Ada and Bob share a line: it is not hers alone.
    {"call_id": "b-2", "direction": "inbound", "customer_id": "C-bob", "from_number": "+33 1 44 44 44 44",
     "to_number": "+33199000001"},
    {"call_id": "n-1", "direction": "inbound", "from_number": "+33144444444", "to_number": "+33199000001"},
    {"call_id": "C-ada-2", "direction": "inbound", "customer_id": "C-ada-2", "from_number": "336123456780"},
]  # fmt: skip
OTHERS: dict[str, list[Row]] = {
    "customers": [{"customer_id": "C-ada", "region": "Île"}, {"customer_id": "C-bob", "region": "Île"}],
    "leads": [{"lead_id": "P-ada"}, {"lead_id": "P-bob"}, {"lead_id": "P-old", "merged_into_lead_id": "P-ada"}],
    "lead_activities": [{"activity_id": "x", "lead_id": "P-old"}, {"activity_id": "y", "lead_id": "P-bob"}],
    "contact_records": [{"contact_record_id": "R-ada", "person_key": EMAIL},
                        {"contact_record_id": "R-bob", "person_key": "bob@example.org"}],
    "email_sends": [{"send_id": "s-1", "recipient_key": EMAIL.upper()}, {"send_id": "s-2", "recipient_key": "z@z.fr"}],
    "tickets": [{"ticket_id": "T-ada"}, {"ticket_id": "T-bob", "customer_id": "C-bob"}],
    "survey_responses": [{"response_id": "1", "call_id": "a-2"}, {"response_id": "2", "ticket_id": "T-bob"},
                         {"response_id": "3", "call_id": "a-1", "customer_id": "C-bob"}],
    "qa_evaluations": [{"evaluation_id": "1", "call_id": "a-3"}, {"evaluation_id": "2", "call_id": "b-1"}],
    "web_visits": [{"visit_date": "2024-06-03", "visits": 7}],
}  # fmt: skip
HERS = {
    "calls": {"a-1", "a-2", "a-3", "a-4"}, "customers": {"C-ada"}, "leads": {"P-ada", "P-old"},
    "lead_activities": {"x"}, "contact_records": {"R-ada"}, "email_sends": {"s-1"}, "tickets": {"T-ada"},
    "survey_responses": {"1"}, "qa_evaluations": {"1"},
}  # fmt: skip


def hashed(text: str) -> str:
    return hashlib.sha256(f"{SALT}:{text}".encode()).hexdigest()


def columns_of(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def write_rows(path: Path, rows: Sequence[Row], form: str) -> None:
    """The rows as `csv`, `csv.gz`, `jsonl`, `jsonl.gz`, `parquet`, or `odd`: a CSV as they come from elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = columns_of(rows)
    target = path.with_name(f"{path.name}.{'csv' if form == 'odd' else form}")
    if form == "parquet":
        lines = "\n".join(json.dumps({name: row.get(name) for name in names}) for row in rows)
        path.with_suffix(".tmp").write_text(lines)
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (from read_json('{path.with_suffix('.tmp')}', columns = {{{columns}}})) to '{target}'"
                " (format parquet)"
            )
        path.with_suffix(".tmp").unlink()
        return
    if form.startswith("jsonl"):
        data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    else:
        scratch = path.with_suffix(".tmp")
        with scratch.open("w", encoding="latin-1" if form == "odd" else "utf-8", newline="") as stream:
            writer = csv.DictWriter(
                stream, names, delimiter=";" if form == "odd" else ",",
                lineterminator="\r\n" if form == "odd" else "\n",
                quoting=csv.QUOTE_ALL if form == "odd" else csv.QUOTE_MINIMAL,
            )  # fmt: skip
            writer.writeheader()
            writer.writerows(rows)
        data = scratch.read_bytes()
        scratch.unlink()
    target.write_bytes(gzip.compress(data) if form.endswith(".gz") else data)


def ids(raw: Path, table: str) -> list[str]:
    """The keys that the files of a table hold, whatever their form."""
    found: list[str] = []
    with duckdb.connect() as connection:
        for path in sorted((raw / table).iterdir()):
            reader = {"parquet": "read_parquet", "jsonl": "read_json", "gz": "read_json"}.get(
                path.suffix[1:], ""
            )
            if path.name.endswith(".csv.gz") or not reader:
                text = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
                delimiter = ";" if b";" in text.split(b"\n")[0] else ","
                lines = text.decode("latin-1").removeprefix("\xef\xbb\xbf").splitlines()
                found += [row[0] for row in csv.reader(lines[1:], delimiter=delimiter)]
            else:
                rows = connection.execute(f"select columns(*)::varchar from {reader}('{path}')").fetchall()
                found += [row[0] for row in rows]
    return sorted(found)


def publish_facts(warehouse: Path, *, with_ada: bool = True, keep: int = 9) -> str:
    """A release with rows of both, as builds publish them, and a total in which both are counted."""
    work = warehouse / "work" / "callmart.duckdb"
    work.parent.mkdir(parents=True, exist_ok=True)
    work.unlink(missing_ok=True)
    rows = [
        ("a-1", "C-ada", "inbound", hashed(NUMBER), "customer:C-ada"),
        ("a-2", None, "inbound", hashed(NUMBER), None),
        ("b-1", "C-bob", "inbound", hashed("33698765432"), "customer:C-bob"),
    ]
    with duckdb.connect(str(work)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_calls (call_id varchar, customer_id varchar, direction varchar,"
            " from_number_hash varchar, person_id varchar)"
        )
        connection.executemany(
            "insert into marts.fct_calls values (?, ?, ?, ?, ?)", rows if with_ada else rows[2:]
        )
        connection.execute(
            "create table marts.fct_email_sends as select ? as recipient_key_hash",
            [hashed(EMAIL if with_ada else "z@z.fr")],
        )
        connection.execute("create table marts.queue_daily as select 3 as calls")
        connection.execute("create schema raw; create table raw.run as select 'pepper' as salt")
    tables = [
        PublicTable("marts", name, f"One row of {name}.", [(column, "It's one.") for column in columns])
        for name, columns in {
            "fct_calls": ("call_id", "customer_id", "direction", "from_number_hash", "person_id"),
            "fct_email_sends": ("recipient_key_hash",),
            "queue_daily": ("calls",),
        }.items()
    ]
    return publish(work, warehouse, tables, {"as_of": "2024-06-30", "settings": {}}, keep=keep).name


def make(folder: Path, form: str = "csv") -> tuple[Path, Path]:
    """Raw files in one form, and a warehouse with two releases and what builds leave beside them."""
    raw, warehouse = folder / "raw", folder / "warehouse"
    for table, rows in {"calls": CALLS, **OTHERS}.items():
        filled = [{name: row.get(name, "") for name in columns_of(rows)} for row in rows]
        write_rows(raw / table / "all", filled, form)
    publish_facts(warehouse)
    publish_facts(warehouse)
    log = warehouse / "work" / "dbt" / "dbt.log"
    log.parent.mkdir()
    log.write_text(f"could not convert '{EMAIL}'")
    return raw, warehouse


def command(raw: Path, warehouse: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLMART_")}
    return {
        **inherited,
        "CALLMART_RAW": str(raw),
        "CALLMART_WAREHOUSE": str(warehouse),
        "CALLMART_SALT": SALT,
    }


def erase(
    raw: Path, warehouse: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callmart.erasure", "--no-build", *arguments],
        env=command(raw, warehouse) | dict(env or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "build.lock"
    }


def assert_gone(raw: Path, warehouse: Path) -> None:
    """No row and no byte of hers, all of the others."""
    for table, rows in {"calls": CALLS, **OTHERS}.items():
        expected = sorted(str(next(iter(row.values()))) for row in rows)
        gone = HERS.get(table, set())
        assert ids(raw, table) == [key for key in expected if key not in gone], table
    needles = [
        NUMBER,
        SPELLED,
        EMAIL,
        EMAIL.upper(),
        hashed(NUMBER),
        hashed(EMAIL),
        "customer:C-ada\0",
        "P-ada",
    ]
    for name, data in content(raw.parent).items():
        plain = gzip.decompress(data) if name.endswith(".gz") else data
        plain = plain.replace(b"336123456780", b"another's, which holds hers")
        assert not [needle for needle in needles if needle.encode() in plain], name
        assert not [needle for needle in needles if needle.encode("utf-16-le") in plain], name
    for release in release_names(warehouse):
        with duckdb.connect(
            str(warehouse / "releases" / release / "callmart.duckdb"), read_only=True
        ) as connection:
            assert connection.execute("select call_id from marts.fct_calls").fetchall() == [("b-1",)]
            assert connection.execute("select count(*) from marts.fct_email_sends").fetchone() == (0,)
            assert connection.execute("from marts.queue_daily").fetchall() == [(3,)]
    assert (warehouse / "current" / "callmart.duckdb").is_file()


@pytest.mark.parametrize(
    "form", ["csv", "odd", pytest.param("csv.gz"), pytest.param("jsonl"), pytest.param("jsonl.gz"), "parquet"]
)
def test_every_row_of_a_person_goes_and_no_other(form: str, tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path, form)
    [path] = (raw / "calls").iterdir()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    path.chmod(0o640)
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    assert "Nothing of them is left." in done.stdout
    assert_gone(raw, warehouse)
    assert (path.stat().st_mtime, path.stat().st_mode & 0o777) == (1_700_000_000, 0o640)
    assert sorted(entry.name for entry in (warehouse / "work").iterdir()) == ["build.lock"]
    assert erase(raw, warehouse, "--customer", "C-ada").returncode == ERASED  # nothing to do the second time
    # That nothing is left is what `assert_gone` looks for.
    erased = sum(map(len, HERS.values()))
    record("no_leaks", f"Erasure from {form} files", {"rows of the person": erased, "rows or bytes left": 0})


def test_the_newest_version_of_a_record_takes_the_older_ones_with_it(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    corrected: list[Row] = [
        {"call_id": "v-1", "customer_id": "C-bob", "updated_at": "2024-06-01T10:00:00Z"},
        {"call_id": "v-1", "customer_id": "C-ada", "updated_at": "2024-06-02T10:00:00Z"},
        {"call_id": "v-2", "customer_id": "C-ada", "updated_at": "2024-06-01T10:00:00Z"},
        {"call_id": "v-2", "customer_id": "C-bob", "updated_at": "2024-06-02T10:00:00Z"},
    ]
    write_rows(raw / "calls" / "corrected", corrected, "csv")
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    left = (raw / "calls" / "corrected.csv").read_text().splitlines()[1:]
    assert left == ["v-2,C-bob,2024-06-02T10:00:00Z"]


def test_lines_that_nobody_can_parse_are_looked_through_and_the_file_stays_as_it_is_otherwise(
    tmp_path: Path,
) -> None:
    raw, warehouse = make(tmp_path)
    lines = [
        'call_id,customer_id,"a ""quoted""\nname"',
        'k-1,C-bob,"line\none, it\'s kept"',
        f"broken,,,,,{SPELLED}",
        "k-2,C-ada,x",
        "broken too,,,,,,C-ada-2",
        'k-3,,"=""1"""',
    ]
    path = raw / "calls" / "odd.csv"
    path.write_bytes(codecs.BOM_UTF8 + "\r\n".join(lines).encode())
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    kept = [lines[0], lines[1], lines[4], lines[5]]
    assert path.read_bytes() == codecs.BOM_UTF8 + "\r\n".join(kept).encode()


def test_a_file_of_theirs_alone_goes_whole(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    write_rows(raw / "orders" / "one", [{"order_id": "o", "customer_id": "C-ada"}], "csv")
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    assert not (raw / "orders" / "one.csv").exists()


def file_with_rows(folder: Path, form: str = "csv", rows: int = 2) -> FileRows:
    """A raw file, the first row of which is to go."""
    write_rows(folder / "calls" / "all", CALLS[:rows], form)
    [path] = (folder / "calls").iterdir()
    facts = path.stat()
    return FileRows("calls", path, form, frozenset({1}), facts.st_size, facts.st_mtime_ns // 1000)


@pytest.mark.parametrize("rows", [1, 2])
def test_rows_that_come_while_a_file_is_written_anew_are_not_lost(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_with_rows(tmp_path, rows=rows)
    without = raw_files._without_text

    def and_one_comes(file: FileRows, partial: Path) -> int:
        kept = without(file, partial)
        with file.path.open("a") as stream:
            stream.write("late-1\n")
        return kept

    monkeypatch.setattr(raw_files, "_without_text", and_one_comes)
    with pytest.raises(ErasureError, match=r"all\.csv changed meanwhile"):
        rewrite(file)
    assert file.path.read_text().endswith("late-1\n")
    assert list(file.path.parent.iterdir()) == [file.path]


def test_a_record_of_many_lines_is_put_together_once() -> None:
    lines = [f"{number:0100}\n" for number in range(60_000)]
    whole = "".join(lines)
    started = time.process_time()
    assert raw_files._as_written(iter(["\n", *lines, "next\n"]), whole[:-1], Path("x")) == whole
    assert time.process_time() - started < 2
    with pytest.raises(ErasureError, match="without loss"):
        raw_files._as_written(iter(lines), f"{whole}x", Path("x"))


def test_a_file_system_that_gives_no_file_away_is_asked_only_where_the_owner_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    file = file_with_rows(tmp_path)
    rewrite(file)
    assert ids(tmp_path, "calls") == ["a-2"]
    partial = tmp_path / "partial"
    partial.touch()
    facts = list(file.path.stat())
    facts[4] += 1  # its owner
    with pytest.raises(ErasureError, match=r"all\.csv belongs to another user"):
        raw_files._give(partial, file.path, os.stat_result(facts))


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_is_half_written_is_open_to_its_owner_alone(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_with_rows(tmp_path, form)
    modes: list[int] = []
    chmod = Path.chmod

    def noted(path: Path, mode: int) -> None:
        modes.append(path.stat().st_mode & 0o777)
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", noted)
    before = os.umask(0o022)
    try:
        rewrite(file)
        put_in_place(tmp_path / "journal.json", "{}", 0o600)
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert modes == [0o600, 0o600]


def test_a_file_that_is_put_in_place_is_there_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        done.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "replace", renamed)
    put_in_place(tmp_path / "list.json", "{}", 0o600)
    assert done == ["file", "rename", "folder"]


def test_what_cannot_be_read_is_named_and_left_to_do_by_hand(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    (raw / "calls" / "letter.docx").write_text(f"Dear Ada, your number {SPELLED} ...")
    (raw / "archive.csv.gz").write_bytes(gzip.compress(EMAIL.encode()))
    (raw / "other").mkdir()
    (raw / "other" / "wide.txt").write_bytes(hashed(NUMBER).encode("utf-16-le"))
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == LEFT
    left = [
        line.rpartition("/")[2].rstrip("'")
        for line in done.stderr.splitlines()
        if line.startswith("  left: ")
    ]
    assert sorted(left) == ["archive.csv.gz", "letter.docx", "wide.txt"]


def test_the_search_finds_what_is_compressed_in_a_database_and_bytes_that_no_table_shows(
    tmp_path: Path,
) -> None:
    raw, warehouse = make(tmp_path)
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    hidden, deleted = warehouse / "work" / "hidden.duckdb", raw / "deleted.duckdb"
    with duckdb.connect(str(hidden)) as connection:
        connection.execute(
            "create table notes as select 'about ' || i || ' and ' || i as note from range(9999) as r(i)"
        )
        connection.execute("insert into notes values ('ask C-ada again')")
    with duckdb.connect(str(deleted)) as connection:
        connection.execute("create table notes as select ? as note", [f"call {EMAIL}"])
        connection.execute("checkpoint")
        connection.execute("drop table notes")
    person = Person(frozenset({("customer", "C-ada"), ("key", EMAIL)}))
    places = search(person, (raw, warehouse)).places
    assert f"{hidden}: main.notes.note" in places
    assert EMAIL.encode() not in deleted.read_bytes() or f"{deleted}: in bytes that no table shows" in places


ADA = Person(frozenset({("customer", "C-ada"), ("key", EMAIL), ("phone", NUMBER)}))


@pytest.mark.parametrize("number", range(3))
def test_what_lies_before_a_damage_is_found(number: int, tmp_path: Path) -> None:
    noise = random.Random(20240606).randbytes(400_000)
    whole = gzip.compress(EMAIL.encode() + b"\n" + noise)
    damaged = [whole[:300_000], whole[:300_000] + bytes(100) + whole[300_100:], whole + b"more"][number]
    path = tmp_path / "log.csv.gz"
    path.write_bytes(damaged)
    assert search(ADA, (tmp_path,)).places == (str(path),)


def closed_files() -> dict[str, bytes]:
    """Files of which nobody can say whom they hold."""
    text = b"call_id,customer_id\n1,C-bob\n" * 9999
    packed, whole = io.BytesIO(), gzip.compress(random.Random(20240606).randbytes(99_999))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("calls.csv", text)
    page = base64.b64encode(zlib.compress(text)[:-9])
    return {
        "cut.csv.gz": whole[:50_000],
        "flipped.csv.gz": whole[:50_000] + bytes(100) + whole[50_100:],
        "calls.csv.bz2": bz2.compress(text),
        "calls.csv.xz": lzma.compress(text),
        "calls.csv.lzma": lzma.compress(text, lzma.FORMAT_ALONE),
        "calls.csv.zst": bytes.fromhex("28b52ffd") + bytes(99),
        "calls.xlsx": packed.getvalue(),
        "calls.csv.gz.gz": gzip.compress(gzip.compress(text)),
        "calls.zip.gz": gzip.compress(packed.getvalue()),
        "cut.parquet": b"PAR1" + bytes(99),
        "cut.duckdb": bytes(8) + b"DUCK" + bytes(9999),
        "dashboard.html": b'<script id="data">' + page + b"</script>",
    }


@pytest.mark.parametrize("name", sorted(closed_files()))
def test_what_cannot_be_searched_to_its_end_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(closed_files()[name])
    assert search(ADA, (tmp_path,)).places == (f"{path}: cannot be searched",)


def test_a_folder_or_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed.csv").write_text("1")
    scandir, opened = os.scandir, Path.open

    def no_scandir(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    def no_open(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "closed.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *how, **more)

    monkeypatch.setattr(os, "scandir", no_scandir)
    monkeypatch.setattr(Path, "open", no_open)
    assert set(search(ADA, (tmp_path,)).places) == {
        f"{tmp_path / 'closed'}: cannot be searched",
        f"{tmp_path / 'closed.csv'}: cannot be searched",
    }


@pytest.mark.parametrize("text", [SPELLED, EMAIL.upper(), f"mailto:{EMAIL}"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8"])
def test_texts_are_found_however_they_are_spelled_and_encoded(
    text: str, encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "letter.txt"
    for around in ("Île: {}, Ada", "{}\n"):
        path.write_bytes(around.format(text).encode(encoding))
        assert search(ADA, (tmp_path,)).places == (str(path),)
    path.write_bytes("Île: 336123456780, zada.canary@example.organ".encode(encoding))
    assert search(ADA, (tmp_path,)).places == ()


def test_a_file_that_cannot_be_searched_leaves_something_to_do_by_hand(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    (raw / "asterisk").mkdir()
    (raw / "asterisk" / "cdr.csv.gz").write_bytes(closed_files()["cut.csv.gz"])
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert (done.returncode, "cdr.csv.gz: cannot be searched" in done.stderr) == (LEFT, True), done.stderr


def test_a_dry_run_says_what_would_go_and_changes_nothing(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    before = content(tmp_path)
    done = erase(raw, warehouse, "--customer", "C-ada", "--dry-run")
    assert done.returncode == ERASED, done.stderr
    assert "raw calls: 4 rows in 1 file" in done.stdout
    assert content(tmp_path) == before


def test_the_readers_release_is_replaced_by_its_own_version_and_keeps_what_it_says(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    old = release_names(warehouse)
    (warehouse / "current").unlink()
    (warehouse / "current").symlink_to(Path("releases") / old[0])  # readers were led back
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    new = release_names(warehouse)
    assert len(new) == 2
    assert not set(new) & set(old)
    assert [release_facts(warehouse, name)["replaces"] for name in new] == [[name] for name in old]
    assert current_release(warehouse) == new[0]
    facts = release_facts(warehouse, new[0])
    assert (facts["as_of"], facts["rows"]) == (
        "2024-06-30",
        {"fct_calls": 1, "fct_email_sends": 0, "queue_daily": 1},
    )
    database = warehouse / "current" / "callmart.duckdb"
    assert database.stat().st_mode & 0o777 == 0o440
    with duckdb.connect(str(database), read_only=True) as connection:
        comment = connection.execute(
            "select comment from duckdb_columns() where table_name = 'fct_calls' and column_name = 'call_id'"
        ).fetchone()
    assert comment == ("It's one.",)


def test_building_anew_takes_no_kept_release_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, warehouse = make(tmp_path)
    for _ in range(5):
        publish_facts(warehouse)
    for name, value in command(raw, warehouse).items():
        monkeypatch.setenv(name, value)

    run = subprocess.run

    def build(arguments: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
        """What a build does with the releases; what it makes of the raw files is another test's."""
        if "callmart.build" not in arguments:
            return run(arguments, **how)
        publish_facts(warehouse, with_ada=False, keep=build_options(arguments[3:]).keep)
        return subprocess.CompletedProcess(arguments, 0)

    monkeypatch.setattr(subprocess, "run", build)
    before = release_names(warehouse)
    assert len(before) == 7
    assert erasure(["--customer", "C-ada"]) == ERASED
    after = release_names(warehouse)
    assert [release_facts(warehouse, name)["replaces"] for name in after[:-1]] == [[name] for name in before]
    assert len(after) == 8


def test_somebody_unknown_is_told_apart_from_somebody_erased_before(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    before = content(tmp_path)
    done = erase(raw, warehouse, "--customer", "'; drop table x; --\x1b[2J")
    assert done.returncode == UNKNOWN
    assert "\x1b" not in done.stderr
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (["--customer", " "], {}, "takes a customer_id"),
        (["--customer", "C-ada", "--phone", "12"], {}, "takes a telephone number"),
        ([], {}, "is required"),
        (["--customer", "C-ada"], {"CALLMART_SALT": ""}, "Set CALLMART_SALT"),
        (["--customer", "C-ada"], {"CALLMART_SALT": "salty"}, "not what the last build was given"),
        (["--customer", "C-ada"], {"CALLMART_RAW": "nowhere"}, "There is no folder"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_changed(
    arguments: list[str], env: dict[str, str], said: str, tmp_path: Path
) -> None:
    raw, warehouse = make(tmp_path)
    before = content(tmp_path)
    done = erase(raw, warehouse, *arguments, env=env)
    assert (done.returncode, said in done.stderr) == (REFUSED, True), done.stderr
    assert content(tmp_path) == before


def test_data_that_are_built_without_a_salt_are_erased_without_one(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    work_file = str(warehouse / "work" / "callmart.duckdb")
    with duckdb.connect(work_file) as connection:
        connection.execute("update raw.run set salt = 'sample'")  # what a build writes when it is given none
    unset = {"CALLMART_SALT": ""}
    refused = erase(raw, warehouse, "--customer", "C-ada")
    assert (refused.returncode, "leave it unset" in refused.stderr) == (REFUSED, True), refused.stderr
    done = erase(raw, warehouse, "--customer", "C-ada", env=unset)
    assert done.returncode == ERASED, done.stderr
    assert "C-ada" not in ids(raw, "customers")
    assert not Path(work_file).exists()  # it told the salt
    again = erase(raw, warehouse, "--customer", "C-ada", env=unset)
    assert (again.returncode, "was erased before" in again.stdout) == (ERASED, True), again.stderr


def test_it_waits_for_no_build(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    with build_lock(warehouse):
        assert erase(raw, warehouse, "--customer", "C-ada").returncode == LOCKED


def test_who_comes_back_is_refused_by_the_build_until_erased_again_or_taken_off_the_list(
    tmp_path: Path,
) -> None:
    raw, warehouse = make(tmp_path)
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    listed = raw / NAME
    assert listed.stat().st_mode & 0o777 == 0o600
    assert not [each for each in ("C-ada", NUMBER, EMAIL, hashed(NUMBER)) if each in listed.read_text()]
    late: list[Row] = [
        {"call_id": "l-1", "direction": "inbound", "outcome": "answered", "started_at": "2024-06-05T10:00:00Z",
         "from_number": SPELLED, "customer_id": ""},
        {"call_id": "l-2", "direction": "inbound", "outcome": "answered", "started_at": "2024-06-05T10:00:00Z",
         "from_number": SPELLED, "customer_id": "C-new"},  # her number is somebody else's now
    ]  # fmt: skip
    write_rows(raw / "calls" / "late", late, "csv")
    build = [sys.executable, "-m", "callmart.build"]
    refused = subprocess.run(build, env=command(raw, warehouse), capture_output=True, text=True, check=False)
    assert refused.returncode == 1, refused.stderr
    assert "Erased persons came back in 'calls/late.csv': run scripts/erase --again." in refused.stderr, (
        refused.stderr
    )
    assert erase(raw, warehouse, "--again").returncode == ERASED
    assert [line.split(",")[0] for line in (raw / "calls" / "late.csv").read_text().splitlines()[1:]] == [
        "l-2"
    ]
    assert "Nobody" in erase(raw, warehouse, "--again").stdout
    assert erase(raw, warehouse, "--lift", "C-ada").returncode == ERASED
    assert erase(raw, warehouse, "--lift", "C-ada").returncode == UNKNOWN
    put_in_place(listed, '{"persons": []}', 0o600)
    assert erase(raw, warehouse, "--again").returncode == REFUSED


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_is_finished_by_running_it_again(kills: int, tmp_path: Path) -> None:
    generator = random.Random(20240606)
    raw, warehouse = make(tmp_path / "timed")
    started = time.monotonic()
    done = erase(raw, warehouse, "--customer", "C-ada")
    assert done.returncode == ERASED, done.stderr
    length = time.monotonic() - started
    unfinished = 0
    for number in range(kills):
        raw, warehouse = make(
            tmp_path / str(number), generator.choice(("csv", "odd", "csv.gz", "jsonl", "parquet"))
        )
        running = subprocess.Popen(
            [sys.executable, "-m", "callmart.erasure", "--no-build", "--customer", "C-ada"],
            env=command(raw, warehouse),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(length * generator.uniform(0.3, 1))
        running.send_signal(signal.SIGKILL)
        running.wait()
        unfinished += running.returncode != 0
        assert (warehouse / "current" / "callmart.duckdb").is_file()
        done = erase(raw, warehouse, "--customer", "C-ada")
        assert done.returncode == ERASED, done.stderr
        assert_gone(raw, warehouse)
        assert len(release_names(warehouse)) == 2
    assert unfinished
    record("no_leaks", "Erasures killed", {"kills": kills, "not finished by the next run": 0})


def test_looking_for_who_came_back_keeps_no_list_of_all_who_are_there(tmp_path: Path) -> None:
    erased_list.add(tmp_path, SALT, Person(frozenset({("call", "c1234567")})))
    with duckdb.connect() as connection:
        connection.execute(
            "create table calls as select 'c' || i as call_id, '' as customer_id, 'a.csv' as _file"
            " from range(500000) as r(i) union all select 'c1234567', '', 'late.csv'"
        )
        connection.execute("set threads = 2; set memory_limit = '64MB'; set max_temp_directory_size = '0MB'")
        calls = Relation("calls", "calls", frozenset(("call_id", "customer_id")))
        back = erased_list.returned(connection, [calls], tmp_path, SALT)
    assert back == Returned(frozenset({("call", "c1234567")}), ("late.csv",))


def test_the_search_of_exports_knows_an_id_without_its_instance(tmp_path: Path) -> None:
    raw, warehouse = make(tmp_path)
    write_rows(raw / "orders" / "one", [{"order_id": "o", "customer_id": "lyon:C0031X77"}], "csv")
    for folder in ("aircall@lyon", "aircall@lisbon", "twilio@lyon"):  # in Lisbon it is somebody else
        text = "C0031X77" if folder.startswith("aircall") else "C0031X770"
        (raw / folder / "calls").mkdir(parents=True)
        (raw / folder / "calls" / "page.json").write_text(json.dumps([{"contact": {"id": text}}]))
    done = erase(raw, warehouse, "--customer", "lyon:C0031X77")
    assert done.returncode == LEFT, done.stderr
    left = [line for line in done.stderr.splitlines() if line.startswith("  left: ")]
    assert left == [f"  left: '{raw}/aircall@lyon/calls/page.json'"]


def test_an_export_is_known_by_what_its_rows_became(tmp_path: Path) -> None:
    hashed = hashlib.sha256(f"{SALT}:{NUMBER}".encode()).hexdigest()
    rows = [
        ("lyon:7001", None, "aircall@lyon/calls/named.json"),
        (None, hashed, "aircall@lyon/calls/rung.json"),
        ("lyon:7002", hashed, "aircall@lyon/calls/a_new_owner_of_the_number.json"),
        ("7001", None, "aircall@lyon/calls/a_number_without_its_instance.json"),
        ("lyon:7001", None, "calls/a_file_of_the_contract.csv"),
    ]
    erased_list.add(tmp_path, SALT, Person(frozenset({("customer", "lyon:7001"), ("phone_hash", hashed)})))
    with duckdb.connect() as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.landed_calls (customer_id varchar, from_number_hash varchar, _landed_file varchar)"
        )
        connection.executemany("insert into staging.landed_calls values (?, ?, ?)", rows)
        connection.execute("create table staging.landed_queues (queue_id varchar, _landed_file varchar)")
        relations = raw_files.landed_relations(connection, ["aircall@lyon", "aircall@lisbon"])
        assert [relation.table for relation in relations] == ["calls"]
        back = erased_list.returned(connection, relations, tmp_path, SALT)
    assert back.files == ("aircall@lyon/calls/named.json", "aircall@lyon/calls/rung.json")


@pytest.mark.slow
def test_who_comes_back_by_an_export_is_refused_by_the_build(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    fixture = Path(__file__).parents[1] / "connectors" / "aircall" / "raw" / "aircall"
    shutil.copytree(fixture, raw / "aircall@lyon")
    sites = json.dumps({"connectors": [{"connector": "aircall", "instance": "lyon"}]})
    build = [sys.executable, "-m", "callmart.build", "--vars", sites]
    erased_list.add(raw, SALT, Person(frozenset({("customer", "7001"), ("customer", "lisbon:7001")})))
    done = subprocess.run(build, env=command(raw, warehouse), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    question = "select customer_id, count(*) from marts.fct_calls where customer_id is not null group by 1"
    [(customer, _)] = asked(warehouse, f"{question} order by 2 desc, 1 limit 1")
    assert customer.startswith("lyon:")
    before = current_release(warehouse)
    erased_list.add(raw, SALT, Person(frozenset({("customer", customer)})))
    for path in raw.rglob("*.*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    done = subprocess.run(build, env=command(raw, warehouse), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Erased persons came back in 'aircall@lyon/" in done.stderr
    assert "take their records out, then run scripts/build --full-refresh." in done.stderr
    assert current_release(warehouse) == before


@pytest.mark.slow
def test_the_newest_release_is_what_the_raw_files_without_the_person_give(tmp_path: Path) -> None:
    raw, warehouse = tmp_path / "raw", tmp_path / "warehouse"
    write_sample(raw, legs=1200, days=60)
    without_salt = {"CALLMART_SALT": ""}
    build = [sys.executable, "-m", "callmart.build"]
    subprocess.run(build, env=command(raw, warehouse) | without_salt, check=True, capture_output=True)
    question = "select customer_id, count(*) from marts.fct_calls where customer_id is not null group by 1"
    [(customer, calls)] = asked(warehouse, f"{question} order by 2 desc, 1 limit 1")
    [(before,)] = asked(warehouse, "select count(*) from marts.fct_calls")
    as_of = release_facts(warehouse, str(current_release(warehouse)))["as_of"]
    done = subprocess.run(
        [sys.executable, "-m", "callmart.erasure", "--customer", customer],
        env=command(raw, warehouse) | without_salt,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ERASED, done.stderr
    assert done.stdout.count("Nothing of them is left.") == 2  # before the build, and after it
    assert asked(warehouse, f"select * from ({question}) where customer_id = '{customer}'") == []
    [(after,)] = asked(warehouse, "select count(*) from marts.fct_calls")
    assert after <= before - calls
    assert release_facts(warehouse, str(current_release(warehouse)))["as_of"] == as_of
    settings = json.dumps({"as_of": as_of})
    fresh = tmp_path / "fresh"
    subprocess.run(
        [*build, "--vars", settings], env=command(raw, fresh) | without_salt, check=True, capture_output=True
    )
    for table in ("fct_calls", "kpi_values", "dim_customers", "queue_daily", "landing_summary"):
        everything = f"select * from marts.{table} order by all"
        assert asked(warehouse, everything) == asked(fresh, everything), table


def asked(warehouse: Path, question: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse / "current" / "callmart.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()
