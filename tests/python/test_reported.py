"""What was first reported of each day is remembered, and what changed of it is listed with why it may have."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callmart.publish import PublicTable, publish, publish_without
from callmart.readers.changes import main
from callmart.releases import ReleaseError
from callmart.reported import REPORTED, Change, File, changed_days, note_reported, over_until

COLUMNS = ["kpi_id", "grain", "period_start", "scope_type", "scope_id", "value"]
KPI_VALUES = PublicTable("marts", "kpi_values", "One row per value.", [(name, name) for name in COLUMNS])
MONDAY, TUESDAY = date(2024, 6, 3), date(2024, 6, 4)
Value = tuple[str, str, str, str, float]
OFFERED: Value = ("offered_calls", "2024-06-03", "all", "all", 4)


def table_of(file: str) -> str:
    """The raw table, or the export of a connector, whose file it is."""
    folder, *rest = file.split("/")
    return f"{folder}__{rest[0]}" if len(rest) > 1 else folder


def release(
    warehouse: Path,
    values: Sequence[Value],
    *,
    as_of: str = "2024-06-05T08:00:00+00:00",
    files: Sequence[tuple[str, str]] = (("calls/a.csv", "2024-06-03T08:00:00"),),
    sha256: str = "0",
    code: str = "code",
    **settings: object,
) -> str:
    """Publish the values, made of files with a call at each time, and remember them; return the release's name."""
    work = warehouse / "work" / "callmart.duckdb"
    work.parent.mkdir(parents=True, exist_ok=True)
    work.unlink(missing_ok=True)
    with duckdb.connect(work) as connection:
        connection.execute("create schema marts; create schema staging")
        connection.execute(
            "create table marts.kpi_values (kpi_id varchar, grain varchar, period_start date, scope_type varchar,"
            " scope_id varchar, value double)"
        )
        connection.execute("create table staging.landed_calls (_landed_file varchar, started_at timestamp)")
        for value in values:
            connection.execute(
                "insert into marts.kpi_values values (?, 'day', ?, ?, ?, ?), (?, 'total', ?, ?, ?, ?)",
                value * 2,
            )
        for file in files:
            connection.execute("insert into staging.landed_calls values (?, ?)", file)
    facts = {
        "as_of": as_of,
        "settings": {"reporting_timezone": "Europe/Paris", "as_of": None, **settings},
        "code": code,
        "files": [{"table": table_of(name), "file": name, "sha256": sha256} for name in dict(files)],
    }
    made = publish(work, warehouse, [KPI_VALUES], facts, keep=3)
    note_reported(warehouse, work)
    return made.name


def told(warehouse: Path, name: str, since: str | None = None) -> list[tuple[Any, ...]]:
    return [
        (day.day, list(day.changes), list(day.files), list(day.reasons))
        for day in changed_days(warehouse, name, since)
    ]


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2024-06-05T08:00:00+00:00", date(2024, 6, 5)),
        ("2024-06-05T21:59:59.999999+00:00", date(2024, 6, 6)),  # the end of the fifth in Paris
        ("2024-06-05T21:59:59.999998+00:00", date(2024, 6, 5)),
        ("2024-01-05T22:30:00+00:00", date(2024, 1, 5)),  # 23:30 in winter
    ],
)
def test_a_day_is_over_with_its_last_microsecond(as_of: str, expected: date) -> None:
    assert over_until({"as_of": as_of, "settings": {"reporting_timezone": "Europe/Paris"}}) == expected


def test_the_same_values_again_are_no_change(tmp_path: Path) -> None:
    release(tmp_path, [OFFERED])
    assert told(tmp_path, release(tmp_path, [OFFERED])) == []
    assert stat.S_IMODE((tmp_path / REPORTED).stat().st_mode) == 0o640
    assert list(tmp_path.glob(".*")) == []


def test_a_late_file_is_named_with_the_values_it_changed(tmp_path: Path) -> None:
    release(tmp_path, [OFFERED])
    files = [
        ("calls/a.csv", "2024-06-03T08:00:00"),
        ("calls/late.csv", "2024-06-02T22:30:00"),
    ]  # 00:30 in Paris
    late = release(tmp_path, [(*OFFERED[:4], 5)], files=files)
    assert told(tmp_path, late) == [
        (
            MONDAY,
            [Change("offered_calls", "all", "all", 4, 5)],
            [File("calls/late.csv", "came", late, 1)],
            ["rows of the day came or went"],
        )
    ]
    # It stays a change of what was first reported, whatever comes after.
    assert (
        told(tmp_path, release(tmp_path, [(*OFFERED[:4], 5)], files=files))[0][1:3]
        == told(tmp_path, late)[0][1:3]
    )


def test_rows_of_a_file_are_counted_by_the_day_they_were_on_where_the_centre_is(tmp_path: Path) -> None:
    calls = (
        "2024-06-02 21:59:59.999999",
        "2024-06-02 22:00:00",
        "2024-06-03 08:00:00",
        "2024-06-03 21:59:59",
    )
    release(tmp_path, [OFFERED], files=[("calls/a.csv", instant) for instant in calls])
    with duckdb.connect(str(tmp_path / REPORTED), read_only=True) as connection:
        counted = connection.execute("select event_date, landed_rows from file_days order by all").fetchall()
    assert counted == [(date(2024, 6, 2), 1), (MONDAY, 3)]


def test_an_export_of_a_connector_is_named_like_any_other_file(tmp_path: Path) -> None:
    release(tmp_path, [OFFERED])
    files = [("calls/a.csv", "2024-06-03T08:00:00"), ("aircall/calls/late.json", "2024-06-03T09:00:00")]
    late = release(tmp_path, [(*OFFERED[:4], 5)], files=files)
    assert told(tmp_path, late)[0][2] == [File("aircall/calls/late.json", "came", late, 1)]


def test_what_a_run_that_died_had_begun_to_remember_is_not_known(tmp_path: Path) -> None:
    release(tmp_path, [OFFERED])
    begun = (
        "import os, pathlib, sys, callmart.reported as reported\n"
        "with reported._writing(pathlib.Path(sys.argv[1])) as connection:\n"
        "    connection.execute(\"insert into releases values (2, 'dead', date '2024-06-05', '{}', 'code')\")\n"
        "    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", begun, str(tmp_path)], check=False).returncode == 9
    assert len(list(tmp_path.glob(".*"))) == 2  # the copy and its log
    release(tmp_path, [OFFERED])
    with duckdb.connect(tmp_path / REPORTED, read_only=True) as connection:
        assert connection.execute("select count(*) from releases where release = 'dead'").fetchone() == (0,)
    assert list(tmp_path.glob(".*")) == []


def test_a_file_that_was_replaced_went_and_came(tmp_path: Path) -> None:
    release(tmp_path, [OFFERED], sha256="1")
    name = release(tmp_path, [(*OFFERED[:4], 3)], sha256="2")
    [(_, _, files, reasons)] = told(tmp_path, name)
    assert files == [File("calls/a.csv", "went", name, 1), File("calls/a.csv", "came", name, 1)]
    assert reasons == ["rows of the day came or went"]


def test_a_value_that_comes_or_goes_is_a_change(tmp_path: Path) -> None:
    release(tmp_path, [OFFERED])
    name = release(
        tmp_path, [("abandoned_calls", "2024-06-03", "queue", "q1", 2)], as_of="2024-06-05T09:00:00Z"
    )
    assert told(tmp_path, name)[0][1] == [
        Change("abandoned_calls", "queue", "q1", None, 2),
        Change("offered_calls", "all", "all", 4, None),
    ]


def test_a_day_without_a_value_was_reported_as_empty(tmp_path: Path) -> None:
    release(tmp_path, [OFFERED])
    name = release(tmp_path, [OFFERED, ("offered_calls", "2024-06-04", "all", "all", 1)])
    assert [(day, changes) for day, changes, *_ in told(tmp_path, name)] == [
        (TUESDAY, [Change("offered_calls", "all", "all", None, 1)])
    ]


def test_a_day_that_was_not_over_is_not_reported_yet(tmp_path: Path) -> None:
    today = ("offered_calls", "2024-06-05", "all", "all", 1.0)
    release(tmp_path, [OFFERED, today])
    assert told(tmp_path, release(tmp_path, [OFFERED, (*today[:4], 9)])) == []
    evening = release(tmp_path, [OFFERED, (*today[:4], 12)], as_of="2024-06-06T08:00:00+00:00")
    assert told(tmp_path, evening) == []
    assert len(told(tmp_path, release(tmp_path, [OFFERED, today], as_of="2024-06-06T08:00:00+00:00"))) == 1


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({"service_level_seconds": 30}, ["setting service_level_seconds"]),
        ({"code": "other"}, ["other definitions or code"]),
        ({"as_of": "2024-06-09T08:00:00+00:00"}, ["later days count now"]),
        ({"files": [("calls/a.csv", "2024-06-03T08:00:00"), ("calls/b.csv", "2024-06-04T08:00:00")]},
         ["rows of other days came or went"]),
    ],
)  # fmt: skip
def test_what_changed_beside_the_rows_is_said(
    changed: dict[str, Any], reasons: list[str], tmp_path: Path
) -> None:
    release(tmp_path, [OFFERED])
    assert told(tmp_path, release(tmp_path, [(*OFFERED[:4], 6)], **changed))[0][3] == reasons


def test_small_groups_agents_and_lists_are_not_remembered(tmp_path: Path) -> None:
    hidden: list[Value] = [
        ("enps", "2024-06-03", "all", "all", 10),
        ("pulse_score", "2024-06-03", "team", "t1", 3),
        ("handled_calls", "2024-06-03", "agent", "a1", 3),
        ("contact_rate", "2024-06-03", "contact_list", "l1", 3),
    ]
    release(tmp_path, [OFFERED, *hidden])
    assert told(tmp_path, release(tmp_path, [OFFERED, *((*value[:4], 1.0) for value in hidden)])) == []
    with duckdb.connect(tmp_path / REPORTED, read_only=True) as connection:
        assert connection.execute("select distinct kpi_id from first_values").fetchall() == [
            ("offered_calls",)
        ]


def test_releases_that_were_dropped_are_still_compared_with(tmp_path: Path) -> None:
    first = release(tmp_path, [OFFERED])
    names = [release(tmp_path, [(*OFFERED[:4], value)]) for value in (5, 6, 7)]
    assert not (tmp_path / "releases" / first).exists()
    [day] = changed_days(tmp_path, names[-1])
    assert (day.first_release, day.changes[0].first, day.changes[0].now) == (first, 4, 7)
    assert changed_days(tmp_path, names[-1], since=names[0]) == []


def test_a_release_that_was_missed_is_made_up_for(tmp_path: Path) -> None:
    first = release(tmp_path, [OFFERED])
    (tmp_path / REPORTED).unlink()
    later = release(tmp_path, [(*OFFERED[:4], 5)])
    assert [day.first_release for day in changed_days(tmp_path, later)] == [first]


@pytest.mark.parametrize("times", [1, 2])
def test_a_release_rewritten_without_a_person_is_the_one_that_is_remembered(
    times: int, tmp_path: Path
) -> None:
    late = ("calls/late.csv", "2024-06-03T09:00:00")
    first = release(tmp_path, [OFFERED])
    second = release(tmp_path, [(*OFFERED[:4], 5)], files=[("calls/a.csv", "2024-06-03T08:00:00"), late])
    rewritten = {}
    for old in (first, second):
        name = old
        for _ in range(times):
            name = publish_without(tmp_path, name, {"kpi_values": "scope_id = 'q1'"}).name
        rewritten[old] = name
    note_reported(tmp_path, None)
    [(_, _, files, reasons)] = told(tmp_path, rewritten[second])
    assert files == [File("calls/late.csv", "came", rewritten[second], 1)]
    assert reasons == ["rows of the day came or went"]
    newest = release(tmp_path, [(*OFFERED[:4], 5)], files=[("calls/a.csv", "2024-06-03T08:00:00"), late])
    [day] = changed_days(tmp_path, newest)
    assert (day.first_release, list(day.files)) == (rewritten[first], files)
    with duckdb.connect(tmp_path / REPORTED, read_only=True) as connection:
        known = connection.execute("select release from releases order by number").fetchall()
    assert known == [(rewritten[first],), (rewritten[second],), (newest,)]


def test_what_cannot_be_read_is_left_as_it_was(tmp_path: Path) -> None:
    name = release(tmp_path, [OFFERED])
    before = (tmp_path / REPORTED).read_bytes()
    folder = tmp_path / "releases" / "20990101T000000Z"
    folder.mkdir()
    (folder / "release.json").write_bytes((tmp_path / "releases" / name / "release.json").read_bytes())
    (folder / "callmart.duckdb").write_text("no database")
    with pytest.raises(duckdb.Error):
        note_reported(tmp_path, None)
    assert (tmp_path / REPORTED).read_bytes() == before
    assert list(tmp_path.glob(".*")) == []


def test_a_release_nobody_remembers_is_refused(tmp_path: Path) -> None:
    name = release(tmp_path, [OFFERED])
    with pytest.raises(ReleaseError, match="Nothing is remembered of a release 20200101T000000Z"):
        changed_days(tmp_path, name, since="20200101T000000Z")


def test_the_command_shows_days_or_values_and_no_hostile_sign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(tmp_path))
    assert main([]) == 1
    assert "run scripts/build" in capsys.readouterr().err
    queue = "=cmd()\x1b[31m<script>'; drop table"
    release(tmp_path, [OFFERED])
    release(
        tmp_path,
        [(*OFFERED[:4], 5), ("offered_calls", "2024-06-03", "queue", queue, 1)],
        files=[("calls/a.csv", "2024-06-03T08:00:00"), ("calls/=late.csv", "2024-06-03T09:00:00")],
    )
    assert main(["--json"]) == 0
    [day] = json.loads(capsys.readouterr().out)
    assert (day["day"], day["KPIs"], day["values"]) == ("2024-06-03", 1, 2)
    assert "calls/=late.csv came (1 rows" in day["files"]
    assert main(["--day", "2024-06-03"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[31m<script>" in shown
    assert main(["--values", "--csv"]) == 0
    assert "'=cmd()" in capsys.readouterr().out
    assert main(["--day", "2024-06-04", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
