"""The documentation pages of the KPIs say what the project's definitions say."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from callmart.kpi_pages import LANGUAGES, Sources, main, pages
from callmart.paths import PROJECT

SOURCES = Sources(PROJECT)
PAGES = pages(SOURCES)


def test_every_kpi_has_a_page_in_both_languages_and_no_page_is_of_no_kpi() -> None:
    with (PROJECT / "seeds" / "kpi_catalogue.csv").open(newline="", encoding="utf-8") as lines:
        ids = [row["kpi_id"] for row in csv.DictReader(lines)]
    assert sorted(PAGES) == sorted(
        f"{language}/{name}.md" for language in LANGUAGES for name in [*ids, "README"]
    )


@pytest.mark.parametrize(
    "line",
    [
        "*Niveau de service (SLA)* ([en français](../fr/service_level.md))",
        "`service_level` = 100 x `answered_within_target_calls` / `offered_calls`",
        "860 of 1250 queue entries = 68.8 %.",
        "`value` = 68.8 %",
        "where kpi_id = 'service_level' and grain = 'month' and scope_type = 'source_channel'",
        "- Target 80.0 %, warning up to 75.0 % (all).",
    ],
)
def test_a_page_shows_formula_example_and_target(line: str) -> None:
    assert line in PAGES["en/service_level.md"].splitlines()


def test_a_page_describes_both_measures_and_where_they_are_defined() -> None:
    rows = [line for line in PAGES["en/service_level.md"].splitlines() if line.startswith("| numerator |")]
    assert len(rows) == 1
    assert "`answered_within_target_calls` | `queue_measures` | Queue entries answered within" in rows[0]


def test_a_french_page_is_in_french() -> None:
    page = PAGES["fr/abandonment_rate.md"]
    assert page.startswith("# Taux d'abandon\n")
    assert "## Ce qui ne compte pas" in page
    assert "_en" not in page


def test_every_kpi_has_a_worked_example() -> None:
    missing = [kpi_id for kpi_id in SOURCES.catalogue if kpi_id not in SOURCES.examples]
    assert missing == []


def test_every_link_leads_to_a_page() -> None:
    for name, page in PAGES.items():
        for target in {part.partition(")")[0] for part in page.split("](")[1:]}:
            path = (Path(name).parent / target).as_posix()
            parts: list[str] = []
            for part in path.split("/"):
                parts = parts[:-1] if part == ".." else [*parts, part]
            assert "/".join(parts) in PAGES, f"{name} links to {target}"


def test_writing_replaces_stale_pages_and_removes_those_of_no_kpi(tmp_path: Path) -> None:
    for folder in ("seeds", "models/marts"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    stale = tmp_path / "docs" / "kpis" / "en" / "of_no_kpi.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old", encoding="utf-8")
    assert main(["--check"], tmp_path) == 1
    assert main(["--write"], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert not stale.exists()


def test_a_kpi_without_its_texts_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("seeds", "models/marts"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    guide = tmp_path / "seeds" / "kpi_guide.csv"
    guide.write_text(guide.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.startswith("kpi_pages: a page lacks ")


def test_the_pages_of_the_project_are_up_to_date() -> None:
    assert main(["--check"]) == 0
