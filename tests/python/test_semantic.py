"""The semantic layer is written from the definitions of the KPIs, and reads nothing but the published file."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from callmart.kpi_pages import Sources
from callmart.metrics import unavailable
from callmart.paths import PROJECT
from callmart.releases import DATABASE
from callmart.semantic.__main__ import files, main
from callmart.semantic.cells import CellsError, Project
from callmart.semantic.counted_anew import COUNTED_ANEW
from callmart.semantic.layer import Layer
from callmart.semantic.views import MODELS, NothingPublishedError, make_views, published_file

LAYER = Layer(PROJECT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the layer is written from, in a folder of its own."""
    for name in ("models", "seeds", "semantic", "docs"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("target", "logs"))
    return tmp_path


def test_what_is_committed_is_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_every_kpi_is_a_metric_or_has_a_reason_not_to_be() -> None:
    metrics = {kpi_id for _, kpi_id, _ in LAYER.kpi_metrics()}
    reasons = dict(LAYER.unexpressed())
    assert metrics | reasons.keys() == LAYER.catalogue.keys()
    assert not metrics & reasons.keys()
    assert reasons.keys() == {
        "churn_rate",
        "customer_lifetime_value",
        "enps",
        "offered_load_erlangs",
        "pulse_score",
        "records_processed",
        "sales_growth",
    }


def test_every_scope_of_a_kpi_is_a_dimension_of_its_metrics() -> None:
    missing = [
        (kpi_id, scope)
        for kpi_id in {kpi_id for _, kpi_id, _ in LAYER.kpi_metrics()}
        for scope in LAYER.catalogue[kpi_id]["scopes"].split()
        if scope != "all"
        and not any(kpi == kpi_id and scope in scopes for _, kpi, scopes in LAYER.kpi_metrics())
    ]
    assert missing == []


def test_measures_counted_over_rows_are_those_of_the_model_that_defines_them() -> None:
    measures = Sources(PROJECT).measures
    for model, rows in COUNTED_ANEW.items():
        defined = {name for name, measure in measures.items() if model in measure.model.split(", ")}
        here = {name for name, count in rows.counts.items() if not count.meaning} | rows.formulas.keys()
        assert here | {"processed_records"} >= defined, model
        assert here <= defined, model


def test_a_kpi_added_to_the_catalogue_becomes_a_metric(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = project / "seeds" / "kpi_catalogue.csv"
    with catalogue.open(newline="", encoding="utf-8") as lines:
        [row] = [row for row in csv.DictReader(lines) if row["kpi_id"] == "abandonment_rate"]
    row |= {
        "kpi_id": "short_abandon_share",
        "numerator": "short_abandoned_calls",
        "denominator": "abandoned_calls",
    }
    with catalogue.open("a", newline="", encoding="utf-8") as lines:
        csv.DictWriter(lines, row.keys(), lineterminator="\n").writerow(row)
    assert main(["--check"], project) == 1
    assert "2 files are not up to date, docs/semantic_layer.md the first" in capsys.readouterr().err
    assert main(["--write"], project) == 0
    assert main(["--check"], project) == 0
    written = yaml.safe_load((project / "semantic/models/generated/kpis.yml").read_text())["metrics"]
    [metric] = [metric for metric in written if metric["name"] == "short_abandon_share"]
    assert metric["expr"] == (
        "cast(100 as double) * cast(coalesce(short_abandoned_calls, 0) as double)"
        " / nullif(cast(abandoned_calls as double), 0)"
    )


def test_a_file_of_no_model_is_removed(project: Path) -> None:
    stray = project / "semantic" / "models" / "generated" / "old_measures.sql"
    stray.write_text("select 1\n")
    assert main(["--check"], project) == 1
    assert main(["--write"], project) == 0
    assert not stray.exists()


def test_a_measure_model_that_reads_what_is_not_published_is_refused(project: Path) -> None:
    path = project / "models" / "marts" / "kpi" / "measures" / "queue_measures.sql"
    path.write_text(path.read_text().replace("fct_calls", "stg_calls"))
    with pytest.raises(CellsError, match="stg_calls"):
        files(Layer(project))


def test_a_view_leaves_out_the_sum_by_scope_and_keeps_what_is_counted() -> None:
    [view] = Project(PROJECT).views("queue_measures")
    assert view.scopes == ["queue", "site", "channel", "source_channel"]
    assert "count(*) filter (where is_answered_within_target) as answered_within_target_calls" in view.sql
    assert "union all" not in view.sql
    assert "is_touched" not in view.sql
    assert view.sql.endswith("from daily\n")


def test_scopes_that_count_other_rows_have_a_view_of_their_own() -> None:
    views = Project(PROJECT).views("workforce_measures")
    assert [(view.name, view.only_scope) for view in views] == [
        ("workforce_measures", None),
        ("workforce_measures_by_queue", "queue"),
    ]


def test_the_session_can_change_nothing_and_open_no_other_file(sample: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    with duckdb.connect() as connection:
        make_views(connection, sample / "warehouse" / "current" / DATABASE)
        for statement in (
            "create table callmart.marts.mine as select 1 as one",
            "drop table callmart.marts.kpi_values",
            f"select * from read_csv('{other}')",
            f"copy (select 1) to '{other}'",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)


def test_views_of_empty_tables_are_empty(sample: Path, tmp_path: Path) -> None:
    folder = tmp_path / "it's empty"
    folder.mkdir()
    empty = folder / DATABASE
    with duckdb.connect(str(empty)) as connection:
        connection.execute(f"attach '{sample / 'warehouse' / 'current' / DATABASE}' as full_one (read_only)")
        connection.execute("create schema marts")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'full_one'"
        ).fetchall()
        for [table] in tables:
            connection.execute(f"create table marts.{table} as from full_one.marts.{table} limit 0")
    with duckdb.connect() as connection:
        make_views(connection, empty)
        for path in MODELS.rglob("*.sql"):
            assert connection.execute(f"select count(*) from {path.stem}").fetchone() == (0,), path.stem


def test_costs_of_campaigns_and_of_none_add_up_to_all(sample: Path) -> None:
    with duckdb.connect() as connection:
        make_views(connection, sample / "warehouse" / "current" / DATABASE)
        found = connection.execute(
            "select sum(campaign_cost), count(*) > count(campaign) from cost_measures"
        ).fetchone()
        expected = connection.execute("""
            select denominator from callmart.marts.kpi_values
            where kpi_id = 'roi' and grain = 'total' and scope_type = 'all'
        """).fetchone()
    assert found is not None
    assert expected is not None
    assert found[0] == expected[0]


def test_a_metric_of_a_kpi_without_its_raw_tables_is_announced(tmp_path: Path) -> None:
    published = tmp_path / DATABASE
    with duckdb.connect(str(published)) as connection:
        connection.execute("create schema marts")
        connection.execute("""
            create table marts.data_availability as
            select * from (values ('nps', false, 'survey_responses'), ('service_level', true, null))
            as rows (kpi_id, is_available, missing_tables)
        """)
    assert list(unavailable(published, ["service_level", "nps"])) == [
        "nps says nothing in this release: nps needs raw tables that are missing (survey_responses)."
    ]


def test_without_a_release_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match="run scripts/build first"):
        published_file(tmp_path)
