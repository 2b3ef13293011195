"""The tables in docs/raw_contract.md say what the contract says."""

from __future__ import annotations

from pathlib import Path

import pytest

from callmart.contract import Column, Contract, Table, read_contract
from callmart.contract_page import BEGIN, END, PageError, main, page_with, tables_text

SOURCE_SYSTEM = Column("source_system", "text", "Where from.")
CALLS = Table(
    name="calls",
    description="One row per leg. A transfer makes a second row.",
    key=("call_id", "part"),
    required=True,
    in_order=(("started_at", "ended_at"),),
    columns=(
        Column("call_id", "text", "Key of the leg.", required=True),
        Column("part", "text", "Part of the key."),
        Column("outcome", "text", "How it | ended.", required=True, allowed=("answered", "busy")),
        Column("started_at", "instant", "Arrival.", is_event=True),
        Column("ended_at", "instant", "End."),
        Column("wait_seconds", "seconds", "Wait.", non_negative=True),
        Column("from_number", "text", "Caller.", personal="phone"),
        Column("recording_url", "text", "Address.", personal="presence"),
        Column("agent_name", "text", "Name.", personal="drop"),
        SOURCE_SYSTEM,
    ),
)
QUEUES = Table(
    "queues", "One row per queue.", ("queue_id",), (Column("queue_id", "text", "Key."), SOURCE_SYSTEM)
)
TEXT = tables_text(Contract({"calls": CALLS, "queues": QUEUES}))


@pytest.mark.parametrize(
    "line",
    [
        "| [calls](#calls) (required) | One row per leg. | `call_id`, `part` |",
        "| `call_id` | text | key | Key of the leg. |",
        "| `part` | text | key, may be empty | Part of the key. |",
        "| `outcome` | text | required; one of `answered`, `busy` | How it \\| ended. |",
        "| `started_at` | instant | not in the future | Arrival. |",
        "| `wait_seconds` | seconds | not negative | Wait. |",
        "| `from_number` | text | kept as a keyed hash, `from_number_hash` | Caller. |",
        "| `recording_url` | text | kept as yes or no, `has_recording_url` | Address. |",
        "| `agent_name` | text | not kept | Name. |",
        "Where both are known: `ended_at` not before `started_at`.",
    ],
)
def test_a_rule_of_the_contract_is_a_line_of_the_page(line: str) -> None:
    assert line in TEXT.splitlines()


def test_a_column_common_to_all_tables_is_described_once() -> None:
    assert TEXT.count("`source_system`") == 1


def test_every_column_of_the_contract_is_on_the_page() -> None:
    contract = read_contract()
    sections = {part.partition("\n")[0]: part for part in ("\n" + tables_text(contract)).split("\n### ")[1:]}
    for table in contract.tables.values():
        for column in table.columns:
            assert f"| `{column.name}` |" in sections[table.name] or column.name in (
                "source_system",
                "updated_at",
            )


@pytest.mark.parametrize("page", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}"])
def test_a_page_without_its_two_marks_is_refused(page: str) -> None:
    with pytest.raises(PageError):
        page_with(page, "text")


def test_writing_replaces_what_is_between_the_marks_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "raw_contract.md"
    page.write_text(f"# Head\n\n{BEGIN}\nsomething stale\n{END}\n\nFoot.\n", encoding="utf-8")
    assert main(["--check"], page) == 1
    assert main(["--write"], page) == 0
    assert main(["--check"], page) == 0
    written = page.read_text(encoding="utf-8")
    assert written.startswith(f"# Head\n\n{BEGIN}\n")
    assert written.endswith(f"{END}\n\nFoot.\n")
    assert "stale" not in written
    assert "### web_visits" in written


def test_a_missing_page_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path / "nowhere.md") == 1
    assert capsys.readouterr().err.startswith("contract_page: ")


def test_the_page_of_the_project_is_up_to_date() -> None:
    assert main(["--check"]) == 0
