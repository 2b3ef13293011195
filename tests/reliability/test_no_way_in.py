"""Text from data stays text: hostile names, codes, file names and column names, followed to every output."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from pathlib import Path

import duckdb
import pytest
from planted import HOSTILE, Built, data_of

from callmart.paths import PROJECT
from callmart.readers.answers import shown
from callmart.reliability.figures import record
from callmart.settings import PROJECT_FILE, SettingsError, load_settings

# The contract drops blanks around a text and reads an empty one as unknown; none of these has either.
TEXTS = frozenset(HOSTILE)
# Where hostile texts arrive: a public table and its column.
PLACES = (
    ("dim_queues", "queue_id"), ("dim_queues", "queue_name"), ("dim_queues", "site"), ("dim_queues", "language"),
    ("dim_campaigns", "campaign_id"), ("dim_campaigns", "campaign_name"), ("dim_agents", "agent_id"),
    ("dim_agents", "team_id"), ("dim_customers", "customer_id"), ("dim_customers", "region"),
    ("dim_contact_lists", "contact_list_id"), ("fct_leads", "lead_id"), ("fct_leads", "industry"),
    ("fct_tickets", "ticket_id"), ("fct_tickets", "product_feature"), ("fct_survey_responses", "survey_id"),
    ("fct_calls", "call_id"), ("fct_calls", "queue_id"), ("fct_calls", "agent_id"), ("fct_calls", "contact_reason"),
    ("fct_calls", "source_channel"), ("fct_calls", "source_system"), ("queue_daily", "queue_name"),
    ("call_dispositions", "queue_id"), ("agent_daily", "agent_id"), ("calls_by_source", "source_channel"),
    ("kpi_values", "scope_id"),
)  # fmt: skip
LOCKS = sorted(PROJECT.glob("requirements*.lock"))
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def column(built: Built, table: str, name: str) -> set[str]:
    with duckdb.connect(str(built.release / "callmart.duckdb"), read_only=True) as connection:
        return {
            value for (value,) in connection.execute(f"select distinct {name} from marts.{table}").fetchall()
        }


@pytest.mark.parametrize(("table", "name"), PLACES)
def test_a_text_arrives_as_it_is(table: str, name: str, built: Built) -> None:
    assert TEXTS - column(built, table, name) == set()


def test_texts_of_seeds_arrive_as_they_are(built: Built) -> None:
    labels = column(built, "call_dispositions", "label_en")
    assert {text for number, text in enumerate(HOSTILE[:-1]) if number % 2} <= labels


def test_nothing_was_dropped_run_or_written_elsewhere(built: Built) -> None:
    with duckdb.connect(str(built.release / "callmart.duckdb"), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
        calls = connection.execute("select count(*) from marts.fct_calls").fetchone()
    assert len(tables) >= 50
    assert calls is not None
    assert calls[0] >= 200
    assert sorted(path.name for path in built.folder.iterdir()) == [
        "cwd",
        "out",
        "project",
        "raw",
        "warehouse",
    ]
    assert list((built.folder / "cwd").iterdir()) == []
    assert {
        path.name for path in built.folder.rglob("*hacked*") if not path.is_relative_to(built.raw)
    } == set()
    written = {path.name for path in (built.folder / "out" / "parquet").iterdir()}
    assert written == {"_tables.json", *(f"{name}.parquet" for (name,) in tables)}
    assert sorted(path.name for path in built.warehouse.iterdir()) == [
        "current",
        "releases",
        "reported.duckdb",
        "runs.jsonl",
        "work",
    ]
    record(
        "no_way_in",
        "Hostile texts",
        {
            "texts": len(HOSTILE),
            "columns of public tables they were followed to": len(PLACES),
            "commands run on them": len(built.codes),
            "that became anything but text": 0,
        },
    )


def test_the_dashboard_holds_texts_of_the_data_in_letters_that_mean_nothing_to_a_browser(
    built: Built,
) -> None:
    # What its script makes of them is looked at in a browser: tests/python/test_dashboard.py.
    for path in (built.release / "dashboard.html", built.folder / "out" / "dashboard.html"):
        page = path.read_text("utf-8")
        data = data_of(page)
        assert [text for text in HOSTILE if json.dumps(text, ensure_ascii=False)[1:-1] not in data] == []
        assert [text for text in HOSTILE if len(text) > 8 and text in page] == []


def test_a_terminal_is_told_no_command(built: Built) -> None:
    said = {
        name: text for name, text in built.said.items() if name != "sql csv"
    }  # which is for programs, see below
    for name, text in said.items():
        acting = {sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert acting <= {"\n"}, name
    assert "\\x1b[2J" in said["sql table"]


def test_csv_is_defused_and_json_is_exact(built: Built) -> None:
    rows = list(csv.DictReader(io.StringIO(built.said["sql csv"], newline="")))
    names = {row["queue_name"] for row in rows}
    assert {f"'{text}" if text.startswith(FORMULA) else text for text in TEXTS} <= names
    assert not [
        cell for row in rows for cell in row.values() if cell and cell.startswith(("=", "+", "@", "\t", "\r"))
    ]
    assert {row["queue_name"] for row in json.loads(built.said["sql json"])} >= TEXTS
    json.loads(built.said["alerts json"])


def test_a_nul_in_a_text_stays_in_it_or_has_the_row_rejected(built: Built) -> None:
    with duckdb.connect(str(built.release / "callmart.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select contact_reason from marts.fct_calls where call_id = 'nul'"
        ).fetchall()
    assert found in ([("before\0after",)], [])


def test_files_have_the_modes_they_are_meant_to_have(built: Built) -> None:
    modes = {
        built.release: 0o750,
        built.release / "callmart.duckdb": 0o440,
        built.release / "dashboard.html": 0o440,
        built.release / "release.json": 0o440,
        built.warehouse / "runs.jsonl": 0o640,
        built.warehouse / "work": 0o700,
        built.warehouse / "work" / "callmart.duckdb": 0o600,
    }
    assert {path: path.stat().st_mode & 0o777 for path in modes} == modes


@pytest.mark.parametrize("text", [*HOSTILE[:-1], "\0", "x" * 101])
def test_a_setting_is_no_way_in_either(text: str) -> None:
    is_plain = text.isprintable() and len(text) <= 100 and not set(text) & set("'\"\\")
    given = json.dumps({"source_system": text})
    if is_plain:
        assert load_settings(PROJECT_FILE, given).source_system == text
        return
    with pytest.raises(SettingsError) as refused:
        load_settings(PROJECT_FILE, given)
    assert shown(str(refused.value)) == str(refused.value)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_to_a_version_and_to_the_bytes_of_its_files(lock: Path) -> None:
    entries = re.sub(r"\\\n", " ", lock.read_text()).splitlines()
    packages = [entry for entry in entries if entry.strip() and not entry.lstrip().startswith("#")]
    pinned = re.compile(
        r"[A-Za-z0-9._-]+(?:\[[a-z0-9,_-]+\])?==[A-Za-z0-9.!+_-]+(?: *; [^@]+?)?(?: +--hash=sha256:[0-9a-f]{64})+ *"
    )
    assert [entry for entry in packages if not pinned.fullmatch(entry)] == []
    assert len(packages) > 10
    record(
        "no_way_in",
        f"Packages of {lock.name}",
        {"packages": len(packages), "without a version and hashes of their files": 0, "from an address": 0},
    )


def test_an_environment_is_made_of_pinned_packages_alone() -> None:
    lines = (PROJECT / "scripts" / "environment").read_text().splitlines()
    installing = [line for line in lines if "pip install" in line]
    assert installing
    assert all("--require-hashes" in line for line in installing)
