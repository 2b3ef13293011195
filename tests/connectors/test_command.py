"""A connector is begun with one command, and another says what it lacks until it is whole."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
import yaml

from callmart.connectors import Places, known_connectors
from callmart.connectors.__main__ import main
from callmart.connectors.check import HEADINGS, problems_of
from callmart.connectors.scaffold import ScaffoldError, write
from callmart.contract import read_contract, read_exports
from callmart.paths import PROJECT


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A project with the connectors as they are, to be changed."""
    here, there = Places(), Places(tmp_path)
    for name in ("models", "pages", "fixtures"):
        shutil.copytree(getattr(here, name), getattr(there, name))
    there.registry.parent.mkdir(parents=True)
    shutil.copy(here.registry, there.registry)
    return there


def test_a_new_connector_has_its_files_and_lacks_what_only_its_author_knows(places: Places) -> None:
    written = write("acme", ["calls", "agents"], ["calls", "agent_states"], places)
    assert all((places.root / path).is_file() for path in written)
    assert "acme" in known_connectors(places)
    assert [table.name for table in read_exports(places.sources("acme"), "acme")] == [
        "acme__calls",
        "acme__agents",
    ]
    problems = problems_of("acme", places)
    assert "Finish acme.md: it still says TODO." in problems
    assert "Put files as the vendor writes them into tests/connectors/acme/raw/acme/calls." in problems
    assert "acme__calls has to give call_id: without it every row is rejected." in problems
    assert not [problem for problem in problems if problem.startswith(("Write the model", "Add a line"))]


def test_what_the_author_adds_is_no_longer_lacking(places: Places) -> None:
    write("acme", ["lists"], ["one_on_ones"], places)
    folder, fixture = places.models / "acme", places.fixtures / "acme"
    places.sources("acme").write_text(
        yaml.safe_dump(
            {
                "sources": [
                    {
                        "name": "acme",
                        "tables": [
                            {
                                "name": "lists",
                                "identifier": "acme__lists",
                                "description": "One row per meeting.",
                                "columns": [{"name": "meeting", "description": "Key."}],
                            }
                        ],
                    }
                ]
            }
        )
    )
    columns = [column.name for column in read_contract().tables["one_on_ones"].columns]
    models = [
        {"name": "acme__read_lists", "description": "One row per meeting."},
        {
            "name": "acme__one_on_ones",
            "description": "One row per meeting.",
            "columns": [{"name": name, "description": "As it is called."} for name in columns],
        },
    ]
    (folder / "_acme__models.yml").write_text(yaml.safe_dump({"models": models}))
    (places.pages / "acme.md").write_text(
        "# Acme\n\n" + "".join(f"## {heading}\n\nYes.\n\n" for heading in HEADINGS)
    )
    (fixture / "raw" / "acme" / "lists").mkdir(parents=True)
    (fixture / "raw" / "acme" / "lists" / "a.csv").write_text("meeting\n1\n")
    (fixture / "working.md").write_text("1 = 1\n")
    with (fixture / "expected.csv").open("a") as lines:
        lines.write("one_on_one_coverage,month,2024-03-01,all,all,1,2,50\n")
    assert problems_of("acme", places) == []


REGISTRY = "macros/connectors/registry.sql"
OF_ASTERISK = "models/connectors/asterisk"
MODELS = f"{OF_ASTERISK}/_asterisk__models.yml"
SPOILT = [
    (REGISTRY, "'asterisk':", "'asterix':", "Add a line for asterisk"),
    (REGISTRY, "'queue_log']", "'queue_logs']", "Write the model asterisk__read_queue_logs.sql."),
    (
        "docs/connectors/asterisk.md",
        "## Version",
        "## Versions",
        "Give asterisk.md the heading `## Version`.",
    ),
    (MODELS, "  lead_id: Neither", "  lead: Neither", "has no column lead,"),
    (MODELS, "  lead_id: Neither", "  lead: Neither", "where lead_id comes from"),
    (MODELS, "  lead_id: Neither", "  call_id: Neither", "both gives call_id and calls it unknown"),
    (f"{OF_ASTERISK}/asterisk__calls.sql", "{{ connector_model() }}\n", "", "Begin asterisk__calls.sql"),
    (f"{OF_ASTERISK}/asterisk__read_cdr.sql", "_left_out_for", "_why", "the column _left_out_for"),
    (f"{OF_ASTERISK}/_asterisk__sources.yml", "name: accountcode", "name: accountCode", "Name the column"),
    ("tests/connectors/asterisk/expected.csv", "kpi_id,", "kpi,", "expected.csv with kpi_id"),
]


@pytest.mark.parametrize(("path", "before", "after", "problem"), SPOILT)
def test_what_is_missing_is_named(path: str, before: str, after: str, problem: str, places: Places) -> None:
    text = (places.root / path).read_text()
    assert before in text
    (places.root / path).write_text(text.replace(before, after))
    assert any(problem in found for found in problems_of("asterisk", places))


@pytest.mark.parametrize(
    ("name", "exports", "tables", "sentence"),
    [
        ("Acme", ["calls"], ["calls"], "snake_case"),
        ("acme", ["Calls list"], ["calls"], "snake_case"),
        ("acme", ["calls"], ["telephones"], "no raw table 'telephones'"),
        ("asterisk", ["calls"], ["calls"], "a connector asterisk already"),
    ],
)
def test_a_connector_that_cannot_be_begun_leaves_nothing(
    name: str, exports: list[str], tables: list[str], sentence: str, places: Places
) -> None:
    before = sorted(places.root.rglob("*"))
    with pytest.raises(ScaffoldError, match=sentence):
        write(name, exports, tables, places)
    assert sorted(places.root.rglob("*")) == before


def test_the_command_names_a_connector_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "asterix"]) == 2
    assert "There is no connector 'asterix'" in capsys.readouterr().err


def test_the_command_finds_nothing_lacking_in_the_connectors_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check"]) == 0
    assert "asterisk: lacks nothing" in capsys.readouterr().out


def test_what_kpis_need_is_in_the_raw_contract() -> None:
    tables = read_contract().tables
    with (PROJECT / "seeds" / "kpi_catalogue.csv").open(newline="") as lines:
        needed = {row["kpi_id"]: row["raw_tables"].split() for row in csv.DictReader(lines)}
    with (PROJECT / "seeds" / "kpi_inputs.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            assert row["raw_table"] in needed[row["kpi_id"]]
            assert set(row["one_of"].split("|")) <= set(tables[row["raw_table"]].column_names), row
