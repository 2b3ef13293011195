"""Publishing, going back, and what survives a kill."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from callmart import publish as publishing
from callmart.lock import BuildLockedError, build_lock
from callmart.publish import PublicTable, publish, publish_without
from callmart.releases import ReleaseError, current_release, next_name, release_names, rollback

CALLS = PublicTable(
    schema="marts",
    name="fct_calls",
    description="One row per leg; it's the 'finest' grain.",
    columns=[("call_id", "Key."), ("wait_seconds", "Wait, in seconds. Null: unknown.")],
    order_by=["call_id"],
    key=["call_id"],
)
# Runs in a process of its own, to be killed there.
PUBLISH_IN_A_LOOP = """
import sys
from pathlib import Path
from callmart.publish import PublicTable, publish
work_file, warehouse = Path(sys.argv[1]), Path(sys.argv[2])
table = PublicTable("marts", "fct_calls", "d", [("call_id", "k"), ("wait_seconds", "w")], ["call_id"])
print("ready", flush=True)
while True:
    publish(work_file, warehouse, [table], {"as_of": "2024-06-30"}, keep=2)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "ware house"


@pytest.fixture
def work_file(warehouse: Path) -> Path:
    path = warehouse / "work" / "callmart.duckdb"
    path.parent.mkdir(parents=True)
    run(
        path,
        "create schema marts; create table marts.fct_calls as "
        "select * from (values ('a', 3), ('b', null)) as rows(call_id, wait_seconds)",
    )
    return path


def start(code: str, *arguments: Path) -> subprocess.Popen[str]:
    """Run code in a process of its own, which can import the project."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def run(path: Path, statements: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statements)


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def published(warehouse: Path, query: str = "from callmart.marts.fct_calls") -> list[tuple[object, ...]]:
    return read(warehouse / "current" / "callmart.duckdb", query)


def publish_calls(work_file: Path, keep: int = 5, tables: Sequence[PublicTable] = (CALLS,)) -> Path:
    return publish(work_file, work_file.parents[1], tables, {"as_of": "2024-06-30"}, keep)


def test_readers_find_the_rows_under_the_catalog_callmart_and_the_schema_marts(
    work_file: Path, warehouse: Path
) -> None:
    release = publish_calls(work_file)
    assert published(warehouse) == [("a", 3), ("b", None)]
    assert (warehouse / "current").readlink() == Path("releases") / release.name


def test_tables_and_columns_carry_their_descriptions(work_file: Path, warehouse: Path) -> None:
    publish_calls(work_file)
    assert published(warehouse, "select comment from duckdb_tables()") == [(CALLS.description,)]
    comments = published(
        warehouse, "select column_name, comment from duckdb_columns() where comment is not null"
    )
    assert comments == list(CALLS.columns)


def test_the_release_describes_itself(work_file: Path) -> None:
    release = publish_calls(work_file)
    facts = json.loads((release / "release.json").read_text())
    assert facts["release"] == release.name
    assert facts["as_of"] == "2024-06-30"
    assert facts["rows"] == {"fct_calls": 2}
    assert facts["keys"] == {"fct_calls": ["call_id"]}


def test_release_files_can_only_be_read_and_stand_alone(work_file: Path) -> None:
    release = publish_calls(work_file)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in release.iterdir()}
    assert modes == {"callmart.duckdb": 0o440, "release.json": 0o440}


def test_the_file_is_written_in_the_oldest_storage_format(work_file: Path, warehouse: Path) -> None:
    publish_calls(work_file)
    versions = "select tags['storage_version'] from duckdb_databases() where database_name = 'callmart'"
    assert published(warehouse, versions) == [("v1.0.0+",)]


def test_rows_are_stored_by_the_given_columns(work_file: Path, warehouse: Path) -> None:
    run(
        work_file,
        "insert into marts.fct_calls select printf('c%06d', 99999 - i), i from range(100000) as r(i)",
    )
    publish_calls(work_file)
    ids = [row[0] for row in published(warehouse, "select call_id from marts.fct_calls")]
    assert ids == sorted(str(each) for each in ids)


def test_without_columns_to_order_by_the_rows_keep_their_order(work_file: Path, warehouse: Path) -> None:
    run(
        work_file,
        "insert into marts.fct_calls select printf('c%06d', hash(i) % 1000000), i from range(300000) as r(i)",
    )
    unordered = PublicTable(CALLS.schema, CALLS.name, CALLS.description, CALLS.columns)
    publish_calls(work_file, tables=[unordered])
    assert published(warehouse) == read(work_file, "from marts.fct_calls")


def test_hostile_names_and_texts_are_only_names_and_texts(work_file: Path, warehouse: Path) -> None:
    name = 'x"; drop table "y'
    run(work_file, 'create table marts."x""; drop table ""y" as select 1 as "a""b\'c"')
    table = PublicTable("marts", name, "'); select 1; --", [("a\"b'c", 'it\'s "quoted"')], ["a\"b'c"])
    publish_calls(work_file, tables=[table])
    assert published(warehouse, "select table_name, comment from duckdb_tables()") == [
        (name, table.description)
    ]
    assert published(
        warehouse, "select column_name, comment from duckdb_columns() where not internal"
    ) == list(table.columns)


def test_a_view_over_its_own_catalog_is_published_as_a_table(work_file: Path, warehouse: Path) -> None:
    run(work_file, "create view marts.waits as select wait_seconds from callmart.marts.fct_calls")
    publish_calls(work_file, tables=[PublicTable("marts", "waits", "d", [("wait_seconds", "w")])])
    assert published(warehouse, "from marts.waits order by all") == [(3,), (None,)]


def test_what_was_deleted_from_the_work_file_is_not_in_the_bytes_of_a_release(
    work_file: Path, warehouse: Path
) -> None:
    run(work_file, "insert into marts.fct_calls values ('+33 6 12 34 56 78, Ms Quillfeather', 1)")
    run(work_file, "delete from marts.fct_calls where length(call_id) > 1")
    assert b"Ms Quillfeather" in work_file.read_bytes()
    release = publish_calls(work_file)
    assert b"Ms Quillfeather" not in (release / "callmart.duckdb").read_bytes()
    assert published(warehouse) == [("a", 3), ("b", None)]


def test_a_reader_of_the_old_release_goes_on_and_a_new_one_sees_the_new(
    work_file: Path, warehouse: Path
) -> None:
    publish_calls(work_file, keep=1)
    reader = start(
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "print('open', flush=True)\n"
        "for _ in sys.stdin:\n"
        "    print(connection.execute('select count(*) from marts.fct_calls').fetchone()[0], flush=True)\n",
        warehouse / "current" / "callmart.duckdb",
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    assert reader.stdout.readline() == "open\n"
    run(work_file, "insert into marts.fct_calls values ('c', 9)")
    publish_calls(work_file, keep=1)  # which deletes the release that is open
    assert len(published(warehouse)) == 3
    reader.stdin.write("count\n")
    reader.stdin.close()
    assert reader.stdout.read() == "2\n"
    assert reader.wait() == 0


def test_there_is_no_moment_without_a_release(work_file: Path, warehouse: Path) -> None:
    names = [publish_calls(work_file).name for _ in range(2)]
    reader = start(
        "import os, sys\n"
        "print('ready', flush=True)\n"
        "while not os.path.exists(sys.argv[2]):\n"
        "    if not os.path.exists(sys.argv[1]): sys.exit('no release')\n",
        warehouse / "current" / "callmart.duckdb",
        warehouse / "stop",
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for turn in range(300):
        rollback(warehouse, names[turn % 2])
    (warehouse / "stop").touch()
    assert reader.wait() == 0


def test_a_table_that_is_not_as_declared_is_refused_and_readers_keep_the_release_before(
    work_file: Path, warehouse: Path
) -> None:
    before = publish_calls(work_file)
    run(work_file, "alter table marts.fct_calls add column phone varchar")
    with pytest.raises(ReleaseError, match=r"differ in the columns phone;"):
        publish_calls(work_file)
    assert current_release(warehouse) == before.name
    assert [path.name for path in (warehouse / "releases").glob(".*.partial")] == []


def test_a_table_that_does_not_exist_is_named(work_file: Path) -> None:
    with pytest.raises(ReleaseError, match=r"^Nothing was published: .*no_such"):
        publish_calls(work_file, tables=[PublicTable("marts", "no_such", "d", [("a", "a")])])


def test_a_work_file_that_does_not_exist_is_named(warehouse: Path) -> None:
    with pytest.raises(ReleaseError, match=r"^Nothing was published: .*absent\.duckdb"):
        publish(warehouse / "absent.duckdb", warehouse, [CALLS], {})


def test_a_file_that_is_not_read_back_as_it_was_written_is_refused(
    work_file: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = publishing._write

    def write_less(
        source: Path, folder: Path, lock: int, tables: Sequence[PublicTable]
    ) -> dict[str, publishing._Shape]:
        shapes = write(source, folder, lock, tables)
        run(folder / "callmart.duckdb", "delete from marts.fct_calls where call_id = 'a'")
        return shapes

    monkeypatch.setattr(publishing, "_write", write_less)
    with pytest.raises(ReleaseError, match="read back with 1 rows"):
        publish_calls(work_file)
    assert current_release(warehouse) is None


def test_releases_made_in_one_second_have_names_in_order(work_file: Path, warehouse: Path) -> None:
    names = [publish_calls(work_file, keep=20).name for _ in range(12)]
    assert release_names(warehouse) == names
    assert current_release(warehouse) == names[-1]


def test_two_releases_made_at_once_do_not_collide(work_file: Path, warehouse: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom callmart.publish import PublicTable, publish\n"
        "table = PublicTable('marts', 'fct_calls', 'd', [('call_id', 'k'), ('wait_seconds', 'w')])\n"
        "for _ in range(3): publish(Path(sys.argv[1]), Path(sys.argv[2]), [table], {}, 20)\n"
    )
    both = [start(code, work_file, warehouse) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(release_names(warehouse)) == 6
    assert current_release(warehouse) == release_names(warehouse)[-1]


def test_a_clock_that_went_back_does_not_make_a_release_older(work_file: Path, warehouse: Path) -> None:
    release = publish_calls(work_file)
    past = datetime(2001, 1, 1, tzinfo=UTC)
    assert next_name(warehouse, past) == f"{release.name[:16]}-02"


def test_a_release_written_anew_keeps_its_place_among_those_of_one_second(
    work_file: Path, warehouse: Path
) -> None:
    releases = warehouse / "releases"
    publish_calls(work_file).rename(releases / "20990101T000000Z")  # the clock was ahead then
    names = ["20990101T000000Z", publish_calls(work_file).name, publish_calls(work_file).name]
    assert names == ["20990101T000000Z", "20990101T000000Z-02", "20990101T000000Z-03"]
    for number in (1, 0, 1):
        names[number] = publish_without(warehouse, names[number], {"fct_calls": "call_id = 'a'"}).name
        assert release_names(warehouse) == names
    rows = [len(read(releases / name / "callmart.duckdb", "from marts.fct_calls")) for name in names]
    assert rows == [1, 1, 2]
    assert publish_calls(work_file).name == "20990101T000000Z-04"
    assert rollback(warehouse, names[1]).name == names[1]
    assert rollback(warehouse).name == names[0]


def test_only_the_newest_releases_are_kept(work_file: Path, warehouse: Path) -> None:
    names = [publish_calls(work_file, keep=3).name for _ in range(5)]
    assert release_names(warehouse) == names[2:]


def test_a_release_older_than_those_kept_goes_when_it_is_no_longer_the_current_one(
    work_file: Path, warehouse: Path
) -> None:
    first = publish_calls(work_file).name
    publish_calls(work_file)
    rollback(warehouse, first)
    assert [publish_calls(work_file, keep=1).name] == release_names(warehouse)
    assert len(published(warehouse)) == 2


def test_keeping_no_release_is_refused(work_file: Path) -> None:
    with pytest.raises(ReleaseError, match="at least 1"):
        publish_calls(work_file, keep=0)


def test_a_rollback_goes_one_back_each_time_and_a_publication_goes_on_from_the_newest(
    work_file: Path, warehouse: Path
) -> None:
    names = [publish_calls(work_file).name for _ in range(3)]
    assert rollback(warehouse).name == names[1]
    assert rollback(warehouse).name == names[0]
    with pytest.raises(ReleaseError, match=f"no release before {names[0]}"):
        rollback(warehouse)
    assert rollback(warehouse, names[2]).name == current_release(warehouse) == names[2]
    rollback(warehouse, names[0])
    assert publish_calls(work_file).name == current_release(warehouse)


@pytest.mark.parametrize("name", ["20010101T000000Z", "../work", "", ".", "x\n"])
def test_a_rollback_to_what_is_no_release_changes_nothing(
    work_file: Path, warehouse: Path, name: str
) -> None:
    release = publish_calls(work_file)
    with pytest.raises(ReleaseError, match=r"^There is no release"):
        rollback(warehouse, name)
    assert current_release(warehouse) == release.name


def test_a_rollback_before_any_publication_says_what_to_do(warehouse: Path) -> None:
    with pytest.raises(ReleaseError, match=r"run scripts/build first\.$"):
        rollback(warehouse)


def test_the_command_lists_releases_and_goes_back(
    work_file: Path, warehouse: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(warehouse))
    first, second = (publish_calls(work_file).name for _ in range(2))
    assert publishing.main(["rollback", "--list"]) == 0
    assert capsys.readouterr().out == f"  {first}  as of 2024-06-30\n* {second}  as of 2024-06-30\n"
    assert publishing.main(["rollback"]) == 0
    assert current_release(warehouse) == first
    assert publishing.main(["rollback", "--to", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("rollback: There is no release 'nowhere': ")


def test_a_link_that_leads_nowhere_is_reported_and_mended_by_the_next_publication(
    work_file: Path, warehouse: Path
) -> None:
    publish_calls(work_file)
    (warehouse / "current").unlink()
    (warehouse / "current").symlink_to("releases/gone")
    with pytest.raises(ReleaseError, match="leads to no release"):
        current_release(warehouse)
    publish_calls(work_file)
    assert len(published(warehouse)) == 2


def test_a_folder_in_place_of_the_link_is_not_replaced(work_file: Path, warehouse: Path) -> None:
    (warehouse / "current").mkdir()
    with pytest.raises(ReleaseError, match="is not a link"):
        publish_calls(work_file)


def test_leftovers_go_but_a_release_being_written_stays(work_file: Path, warehouse: Path) -> None:
    publish_calls(work_file)
    leftover, in_the_making = (warehouse / "releases" / f".{name}.partial" for name in ("old", "busy"))
    leftover.mkdir()
    (leftover / "callmart.duckdb").write_bytes(b"half")
    in_the_making.mkdir()
    descriptor = os.open(in_the_making, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    publish_calls(work_file)
    assert not leftover.exists()
    assert in_the_making.exists()
    os.close(descriptor)
    publish_calls(work_file)
    assert not in_the_making.exists()


# The writer of the database is one that waits: it says its process's id, and holds what it was handed.
PUBLISH_BY_A_WRITER_THAT_WAITS = (
    """
import sys
writer = sys.argv[3]
sys.executable = writer
"""
    + PUBLISH_IN_A_LOOP
)


def test_the_folder_of_a_killed_build_is_no_leftover_while_its_writer_lives(
    work_file: Path, warehouse: Path, tmp_path: Path
) -> None:
    waiting, told = tmp_path / "writer", tmp_path / "process id"
    waiting.write_text(f"#!/bin/sh\necho $$ >'{told}.new' && mv '{told}.new' '{told}'\nexec sleep 600\n")
    waiting.chmod(0o700)
    process = start(PUBLISH_BY_A_WRITER_THAT_WAITS, work_file, warehouse, waiting)
    while not told.is_file():
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    [folder] = (warehouse / "releases").glob(".*.partial")
    try:
        publish_calls(work_file)
        assert folder.exists()
    finally:
        os.kill(int(told.read_text()), signal.SIGKILL)
    wait_until_free(folder)
    publish_calls(work_file)
    assert not folder.exists()


def test_the_writer_of_a_killed_build_ends(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy (from range(5000000)) to '{tmp_path / 'part.parquet'}'")
    columns = [("range", "bigint", "A number.")]
    table = {
        "name": "numbers",
        "file": str(tmp_path / "part.parquet"),
        "description": "All.",
        "columns": columns,
    }
    told = {
        "database": str(tmp_path / "d.duckdb"),
        "settings": {},
        "storage_version": "v1.0.0",
        "schema": "marts",
    }
    # The input that the build holds open is closed right behind what it told.
    done = subprocess.run(
        [sys.executable, "-m", "callmart.release_file"],
        input=json.dumps({**told, "tables": [table]}) + "\n",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
        check=False,
    )
    assert done.returncode == 1


def wait_until_free(folder: Path) -> None:
    """Wait until nobody holds the lock of a partial folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.close(descriptor)


def test_a_kill_at_any_moment_leaves_a_release_that_opens(work_file: Path, warehouse: Path) -> None:
    run(work_file, "insert into marts.fct_calls select 'c' || i, i from range(200000) as r(i)")
    publish_calls(work_file)
    moments = random.Random(20240630)
    for _ in range(12):
        process = start(PUBLISH_IN_A_LOOP, work_file, warehouse)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert published(warehouse, "select count(*) from marts.fct_calls") == [(200002,)]
        for name in release_names(warehouse):
            database = warehouse / "releases" / name / "callmart.duckdb"
            assert read(database, "select count(*) from marts.fct_calls") == [(200002,)]
    for folder in (warehouse / "releases").glob(".*.partial"):
        wait_until_free(folder)  # a killed process's writer ends right after it
    publish_calls(work_file, keep=2)
    assert len(release_names(warehouse)) == 2
    assert list((warehouse / "releases").glob(".*.partial")) == []


def test_a_second_build_in_the_same_warehouse_is_refused_by_the_id_of_the_first(warehouse: Path) -> None:
    with (
        build_lock(warehouse),
        pytest.raises(BuildLockedError, match=rf"\(process {os.getpid()}\)"),
        build_lock(warehouse),
    ):
        pass


def test_the_lock_of_a_killed_build_is_free(warehouse: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom callmart.lock import build_lock\n"
        "with build_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    process = start(code, warehouse)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(BuildLockedError, match=rf"\(process {process.pid}\)"), build_lock(warehouse):
        pass
    process.kill()
    process.wait()
    with build_lock(warehouse):
        pass
