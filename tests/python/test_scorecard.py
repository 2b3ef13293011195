"""What the scorecard shows, and that it stays readable whatever the data hold."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.cells import cell_len

from callmart.publish import PublicTable, publish
from callmart.releases import ReleaseError
from callmart.scorecard import main, print_scorecard

FACTS: dict[str, object] = {"as_of": "2024-07-03T21:59:59Z", "settings": {"reporting_currency": "EUR"}}
SCORECARD = {
    "kpi_id": "varchar",
    "name_en": "varchar",
    "name_fr": "varchar",
    "domain": "varchar",
    "unit": "varchar",
    "better": "varchar",
    "grain": "varchar",
    "period_start": "date",
    "scope_type": "varchar",
    "scope_id": "varchar",
    "value": "double",
    "target": "double",
    "benchmark": "double",
    "gap": "double",
    "gap_basis": "varchar",
    "is_gap_favourable": "boolean",
    "status": "varchar",
    "trend": "varchar",
}
LANDED = {
    "raw_table": "varchar",
    "landed_rows": "bigint",
    "staged_rows": "bigint",
    "rejected_rows": "bigint",
    "superseded_rows": "bigint",
    "skipped_files": "bigint",
}
AVAILABLE = {"kpi_id": "varchar", "is_available": "boolean", "missing_tables": "varchar", "reason": "varchar"}
SERVICE_LEVEL = {
    "kpi_id": "service_level",
    "name_en": "Service level",
    "name_fr": "Niveau de service",
    "domain": "accessibility",
    "unit": "percent",
    "better": "higher",
    "grain": "month",
    "period_start": "2024-06-01",
    "scope_type": "all",
    "scope_id": "all",
    "value": 83.25,
    "target": 80.0,
    "gap": 3.25,
    "gap_basis": "target",
    "is_gap_favourable": True,
    "status": "on_target",
    "trend": "up",
}


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def write(
    warehouse: Path,
    kpis: list[dict[str, Any]],
    landed: list[dict[str, Any]] | None = None,
    unavailable: Mapping[str, str | None] | None = None,
    facts: Mapping[str, object] = FACTS,
) -> None:
    """Publish a release with these rows."""
    work_file = warehouse / "work" / "callmart.duckdb"
    work_file.parent.mkdir(parents=True)
    missing = [
        {"kpi_id": kpi, "is_available": False, "missing_tables": tables, "reason": "no rows"}
        for kpi, tables in (unavailable or {}).items()
    ]
    tables: dict[str, tuple[dict[str, str], list[dict[str, Any]]]] = {
        "kpi_scorecard": (SCORECARD, kpis),
        "landing_summary": (LANDED, landed or []),
        "data_availability": (AVAILABLE, [*missing, {"kpi_id": "service_level", "is_available": True}]),
    }
    with duckdb.connect(str(work_file)) as connection:
        connection.execute("create schema marts")
        for name, (columns, rows) in tables.items():
            types = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            connection.execute(f"create table marts.{name} ({types})")
            places = ", ".join("?" for _ in columns)
            for row in rows:
                values = [row.get(column) for column in columns]
                connection.execute(f"insert into marts.{name} values ({places})", values)
    public = [
        PublicTable("marts", name, name, [(c, c) for c in columns]) for name, (columns, _) in tables.items()
    ]
    publish(work_file, warehouse, public, facts)


def shown(warehouse: Path, language: str = "en", encoding: str = "utf-8") -> str:
    """The scorecard as it arrives in a file."""
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    print_scorecard(warehouse, "fr" if language == "fr" else "en", stream)
    stream.flush()
    return buffer.getvalue().decode(encoding)


def line_of(text: str, start: str) -> str:
    return " ".join(next(line for line in text.splitlines() if start in line).split())


def test_a_kpi_has_value_target_gap_and_trend_each_with_its_unit(tmp_path: Path) -> None:
    write(tmp_path, [SERVICE_LEVEL])
    assert line_of(shown(tmp_path), "Service level") == "✓ Service level 83.2 % T 80.0 +3.2 ▲ better"


def test_the_head_names_month_release_and_as_of(tmp_path: Path) -> None:
    write(tmp_path, [SERVICE_LEVEL], facts={**FACTS, "is_sample": True})
    release = (tmp_path / "current").readlink().name
    assert shown(tmp_path).splitlines()[:2] == [
        "Scorecard, June 2024",
        f"Release {release}, data as of 2024-07-03T21:59:59Z (made-up sample data)",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"status": "warning", "gap": -1.0, "is_gap_favourable": False},
            "! KPI 83.2 % T 80.0 -1.0 ▲ better",
        ),
        ({"status": "off_target", "gap": -9.0}, "✗ KPI 83.2 % T 80.0 -9.0 ▲ better"),
        ({"status": "low_volume"}, "~ KPI 83.2 % T 80.0 +3.2 ▲ better"),
        (
            {
                "target": None,
                "benchmark": 95.0,
                "gap": -11.75,
                "is_gap_favourable": False,
                "status": "no_target",
            },
            "✗ KPI 83.2 % B 95.0 -11.8 ▲ better",
        ),
        (
            {"target": None, "gap": None, "is_gap_favourable": None, "status": "no_target", "trend": "down"},
            "KPI 83.2 % ▼ worse",
        ),
        ({"better": "lower"}, "✓ KPI 83.2 % T 80.0 +3.2 ▲ worse"),
        ({"better": "none", "trend": "down"}, "✓ KPI 83.2 % T 80.0 +3.2 ▼ down"),
        ({"value": -0.04, "gap": 0.0}, "✓ KPI 0.0 % T 80.0 +0.0 ▲ better"),
        ({"trend": "flat"}, "✓ KPI 83.2 % T 80.0 +3.2 = flat"),
        ({"trend": None, "value": None, "gap": None, "status": "no_value"}, "KPI - % T 80.0"),
        ({"unit": "seconds", "value": 1234.56}, "✓ KPI 1,234.6 s T 80.0 +3.2 ▲ better"),
        ({"unit": "calls", "value": 1234567.0}, "✓ KPI 1,234,567 calls T 80 +3 ▲ better"),
        ({"unit": "currency", "value": 66.666}, "✓ KPI 66.67 EUR T 80.00 +3.25 ▲ better"),
        ({"unit": "currency/day", "value": 6.0}, "✓ KPI 6.00 EUR/day T 80.00 +3.25 ▲ better"),
        ({"unit": "furlongs", "value": float("inf")}, "✓ KPI - furlongs T 80.00 +3.25 ▲ better"),
    ],
)
def test_every_verdict_and_unit_is_told_without_colour(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    write(tmp_path, [{**SERVICE_LEVEL, "name_en": "KPI", **changes}])
    assert " ".join(shown(tmp_path).splitlines()[5].split()) == expected


def test_in_french_names_numbers_and_words_are_french(tmp_path: Path) -> None:
    write(tmp_path, [{**SERVICE_LEVEL, "unit": "seconds", "value": 1234.5}])
    text = shown(tmp_path, "fr")
    assert "Tableau de bord, juin 2024" in text
    assert line_of(text, "Niveau") == "✓ Niveau de service 1 234,5 s T 80,0 +3,2 ▲ mieux"
    assert "Accessibilité" in text


def test_only_the_newest_month_of_the_whole_centre_is_shown(tmp_path: Path) -> None:
    rows = [
        {**SERVICE_LEVEL, "name_en": "Shown"},
        {**SERVICE_LEVEL, "name_en": "Queue", "scope_type": "queue", "scope_id": "q1"},
        {**SERVICE_LEVEL, "name_en": "Week", "grain": "week", "period_start": "2024-06-24"},
        {**SERVICE_LEVEL, "name_en": "May", "period_start": "2024-05-01"},
    ]
    write(tmp_path, rows)
    text = shown(tmp_path)
    assert "Shown" in text
    assert not {"Queue", "Week", "May"} & set(text.split())


def test_domains_come_in_their_order_and_an_unknown_one_last(tmp_path: Path) -> None:
    domains = ["money", "zzz_own", "volume", "accessibility"]
    write(tmp_path, [{**SERVICE_LEVEL, "domain": domain, "name_en": f"KPI {domain}"} for domain in domains])
    text = shown(tmp_path)
    places = [text.index(f"KPI {domain}") for domain in ("volume", "accessibility", "money", "zzz_own")]
    assert places == sorted(places)


def test_the_foot_adds_up_rows_and_groups_the_kpis_that_are_not_available(tmp_path: Path) -> None:
    rows = [("calls", 1200, 1100, 60, 40, 1), ("leads", 5, 5, 0, 0, 0)]
    landed = [dict(zip(LANDED, row, strict=True)) for row in rows]
    unavailable = {"csat": "survey_responses", "nps": "survey_responses", "odd": None}
    write(tmp_path, [SERVICE_LEVEL], landed, unavailable)
    text = " ".join(shown(tmp_path).split())
    assert (
        "Rows: 1,205 landed = 1,105 in use + 60 rejected + 40 superseded; files skipped: 1. "
        "Rejected: calls 60. KPIs not available: 3 other reasons: odd for want of survey_responses: csat, nps"
    ) in text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252"])
def test_no_line_is_wider_than_80_columns_and_no_name_can_do_harm(
    tmp_path: Path, language: str, encoding: str
) -> None:
    names = [
        "[bold red]not markup[/] :warning: \\[x]",
        "escape \x1b[31mred\x1b]0;title\x07 bell \x9b2J",
        "line\nfeed\r\ttab",
        "right-to-left \u202e override \u2066 zero\u200bwidth",
        "客服中心的服务水平" * 8,
        "x" * 300,
        "é" * 100,
        "",
        "half a pair \N{REPLACEMENT CHARACTER}",
    ]
    rows = [
        {**SERVICE_LEVEL, "name_en": name, "name_fr": name, "domain": name, "unit": name, "value": 10.0**n}
        for n, name in enumerate(names)
    ]
    landed = [{"raw_table": "\x1b[2J" * 50, **dict.fromkeys(list(LANDED)[1:], 10**18)}]
    unavailable = {name * 3 or "none": "[red]" + name for name in names}
    write(tmp_path, rows, landed, unavailable, {"as_of": "\x1b[31m" + "y" * 200})
    text = shown(tmp_path, language, encoding)
    assert max(cell_len(line) for line in text.split("\n")) <= 80
    assert {sign for sign in text if not sign.isprintable()} <= {"\n", "\N{NARROW NO-BREAK SPACE}"}
    assert "[bold red]not markup[/]" in " ".join(text.split())
    if encoding != "utf-8":
        assert text.isascii()


def test_a_centre_without_a_complete_month_is_told_so(tmp_path: Path) -> None:
    write(tmp_path, [])
    text = shown(tmp_path)
    assert "No complete month yet" in text
    assert "Rows: 0 landed" in text


def test_a_terminal_gets_colours_unless_no_color_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [SERVICE_LEVEL])
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    green = "\x1b[32m"

    def in_terminal() -> str:
        buffer = io.BytesIO()
        stream = Terminal(buffer, encoding="utf-8")
        print_scorecard(tmp_path, "en", stream)
        stream.flush()
        return buffer.getvalue().decode()

    assert green in in_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    assert green not in in_terminal()


def test_a_wide_or_narrow_columns_variable_does_not_change_what_a_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [SERVICE_LEVEL])
    text = shown(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    assert shown(tmp_path) == text


def test_without_a_release_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(tmp_path))
    assert main([]) == 1
    assert (
        capsys.readouterr().err
        == f"scorecard: Nothing is published in {tmp_path}: run scripts/build first.\n"
    )


def test_a_release_that_lacks_a_table_is_reported_in_one_sentence(tmp_path: Path) -> None:
    write(tmp_path, [SERVICE_LEVEL])
    folder = (tmp_path / "current").resolve()
    (folder / "callmart.duckdb").unlink()
    duckdb.connect(str(folder / "callmart.duckdb")).close()
    with pytest.raises(ReleaseError, match=r"cannot be read, publish again: .*kpi_scorecard"):
        print_scorecard(tmp_path)


def test_the_command_prints_the_scorecard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, [SERVICE_LEVEL])
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(tmp_path))
    assert main(["--lang", "fr"]) == 0
    assert "Niveau de service" in capsys.readouterr().out
    assert json.loads((tmp_path / "current" / "release.json").read_text())["rows"]["kpi_scorecard"] == 1
