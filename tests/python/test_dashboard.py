"""The dashboard in a real browser: its numbers, its words, and that it asks nobody for anything.

Numbers are compared with `kpi_values`, or with a query of the test's own where the days are not a whole period.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, Dialog, Page

from callmart.build import _dashboard
from callmart.dashboard import DASHBOARD, compose, write_dashboard
from callmart.dashboard.__main__ import main
from callmart.dashboard.query import RESPONSE_BOUNDS
from callmart.publish import PublicTable, publish
from callmart.releases import DATABASE, FACTS, ReleaseError, release_facts
from callmart.sample import write_sample

SIZE_LIMIT = 3_000_000
PATIENCE = 300_000  # milliseconds: the machine may be busy, and no test is of time
WORDS: dict[str, tuple[str, str]] = json.loads(
    (Path(write_dashboard.__code__.co_filename).parent / "page" / "words.json").read_text("utf-8")
)
Open = Callable[..., Page]


@contextmanager
def opened(browser: Browser, file: Path, address: str = "", **options: Any) -> Iterator[Page]:
    """A page that is drawn, and at the end has neither complained nor asked for anything but itself."""
    context = browser.new_context(**{"viewport": {"width": 1400, "height": 900}, **options})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", dismiss)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri() + address)
    drawn(page)
    yield page
    assert complaints == []
    assert requests == [file.as_uri() + address.partition("#")[0]]
    context.close()


def drawn(page: Page) -> None:
    page.wait_for_selector("body[data-drawn=all]", timeout=PATIENCE)


@pytest.fixture(scope="session")
def database(sample: Path) -> Path:
    return sample / "warehouse" / "current" / DATABASE


@pytest.fixture(scope="session")
def facts(sample: Path) -> dict[str, object]:
    warehouse = sample / "warehouse"
    return release_facts(warehouse, (warehouse / "current").readlink().name)


@pytest.fixture(scope="session")
def dashboard(database: Path, facts: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(database, facts, tmp_path_factory.mktemp("dashboard"))


def written(database: Path, facts: dict[str, object], folder: Path, **options: Any) -> Path:
    file = folder / DASHBOARD
    file.write_text(compose(database, facts, **options).text(facts), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def marts(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set enable_progress_bar = false")
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(query, list(parameters)).fetchall()


def tiles(page: Page) -> dict[str, float | None]:
    values = page.eval_on_selector_all(
        "article.tile",
        "tiles => Object.fromEntries(tiles.map(tile => [tile.dataset.kpi, tile.querySelector('data').value]))",
    )
    return {kpi: float(value) if value else None for kpi, value in values.items()}


def every_kpi(page: Page) -> dict[str, float | None]:
    more = page.locator("#part-all .more button")
    if more.is_visible():
        more.click()
    values = page.eval_on_selector_all(
        "[data-all]", "cells => Object.fromEntries(cells.map(cell => [cell.dataset.all, cell.value]))"
    )
    return {kpi: float(value) if value else None for kpi, value in values.items()}


def same(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)


def stored(
    connection: duckdb.DuckDBPyConnection, grain: str, start: str, filters: dict[str, str]
) -> dict[str, float | None]:
    """What `kpi_values` says of a period: of each KPI in the scope that it is measured by, among those chosen."""
    values: dict[str, float | None] = {}
    for kpi, scopes in rows(connection, "select kpi_id, scopes from marts.kpi_dictionary"):
        chosen = [
            kind for kind in ("queue", "campaign", "team") if kind in filters and kind in scopes.split()
        ]
        kind = chosen[0] if chosen else "all"
        found = rows(
            connection,
            "select value from marts.kpi_values where kpi_id = ? and grain = ? and period_start = ? "
            "and scope_type = ? and scope_id = ?",
            *(kpi, grain, start, kind, filters.get(kind, "all")),
        )
        values[kpi] = found[0][0] if found else None
    return values


WHOLE = {"month": "{:%Y-%m}", "quarter": "{0:%Y}-q{1}", "year": "{:%Y}"}
CHOSEN = [(), ("queue",), ("team",), ("campaign",), ("queue", "team"), ("team", "campaign")]


def test_every_figure_of_a_whole_period_is_that_of_kpi_values(
    browser: Browser, dashboard: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    differing: dict[str, tuple[float | None, float | None]] = {}
    with opened(browser, dashboard) as page:
        for grain, name in WHOLE.items():
            start = rows(marts, "select max(period_start) from marts.kpi_scorecard where grain = ?", grain)[
                0
            ][0]
            for kinds in CHOSEN:
                filters = {kind: busiest(marts, kind, grain, start) for kind in kinds}
                address = "".join(f"&{kind}={value}" for kind, value in filters.items())
                go(page, f"#period={name.format(start, start.month // 3 + 1)}{address}")
                expected = stored(marts, grain, start, filters)
                found = every_kpi(page) | tiles(page)
                assert sum(value is not None for value in found.values()) > 80
                differing |= {
                    f"{kpi} {address} {start}": (value, expected[kpi])
                    for kpi, value in found.items()
                    if not same(value, expected[kpi])
                }
    assert differing == {}


def go(page: Page, address: str) -> None:
    """Another view, by its address, in a page that is open."""
    page.evaluate(
        "address => new Promise(done => {"
        " addEventListener('hashchange', done, { once: true }); location.hash = address; })",
        address,
    )
    drawn(page)


def busiest(marts: duckdb.DuckDBPyConnection, kind: str, grain: str, start: date) -> str:
    """The second scope of a kind by the number of its KPIs: any, but not always the first."""
    found = rows(
        marts,
        "select scope_id from marts.kpi_values where scope_type = ? and grain = ? and period_start = ? "
        "group by scope_id order by count(value) desc, scope_id limit 2",
        *(kind, grain, start),
    )
    return str(found[-1][0])


@pytest.mark.parametrize(
    ("first", "last", "filters"),
    [
        ("2024-02-10", "2024-03-09", {}),
        ("2024-10-27", "2024-10-27", {"queue": "support"}),
        ("2024-03-30", "2024-04-02", {"queue": "billing", "campaign": "CMP-003"}),
        ("2024-05-06", "2024-07-14", {"campaign": "CMP-005"}),
        ("2024-09-02", "2024-12-29", {"team": "Customer service A Lille"}),
    ],
)
def test_the_figures_of_any_days_are_their_summed_sides_divided(
    first: str,
    last: str,
    filters: dict[str, str],
    browser: Browser,
    dashboard: Path,
    marts: duckdb.DuckDBPyConnection,
) -> None:
    with opened(browser, dashboard) as page:
        page.fill("#from", first)
        page.fill("#to", last)
        page.dispatch_event("#to", "change")
        for kind, value in filters.items():
            page.select_option(f"#{kind}", value)
        drawn(page)
        found = every_kpi(page)
        assert page.input_value("#period") == "custom"
    days = f"kpi_values where grain = 'day' and period_start between '{first}' and '{last}'"
    for kpi, scopes, kind, domain, multiplier, denominator in rows(
        marts,
        "select kpi_id, scopes, kind, domain, multiplier, denominator_measure from marts.kpi_dictionary "
        "inner join marts.data_availability using (kpi_id) where is_available",
    ):
        if kind not in ("ratio", "count") or domain == "employee":
            assert found[kpi] is None, kpi
            continue
        chosen = [
            scope for scope in ("queue", "campaign", "team") if scope in filters and scope in scopes.split()
        ]
        scope = chosen[0] if chosen else "all"
        numerator, divisor = rows(
            marts,
            f"select sum(numerator), sum(denominator) from marts.{days} "
            "and kpi_id = ? and scope_type = ? and scope_id = ?",
            *(kpi, scope, filters.get(scope, "all")),
        )[0]
        expected = None
        if numerator is not None and denominator is None:
            expected = multiplier * float(numerator)
        elif numerator is not None and divisor:
            expected = multiplier * float(numerator) / float(divisor)
        assert same(found[kpi], expected), (kpi, found[kpi], expected)


def test_a_tile_shows_its_value_rounded_with_its_unit_and_the_verdict_of_the_scorecard(
    browser: Browser, dashboard: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    statuses = {"on_target": "met", "warning": "warning", "off_target": "missed", "low_volume": "few"}
    scorecard = {
        kpi: facts
        for kpi, *facts in rows(
            marts,
            "select kpi_id, value, previous_value, target, gap, status from marts.kpi_scorecard "
            "where grain = 'month' and scope_type = 'all' and target is not null",
        )
    }
    with opened(browser, dashboard, "#period=last_month&lang=en") as page:
        for kpi, (value, previous, target, gap, status) in scorecard.items():
            tile = page.locator(f"article[data-kpi={kpi}]")
            if not tile.count():
                continue
            text = tile.inner_text().replace("\u00a0", " ").replace("\u2212", "-")
            decimals = 1
            assert f"{value:.{decimals}f}" in text
            assert f"Target {target:.{decimals}f}" in text
            assert f"{gap:+.{decimals}f}" in text
            assert f"vs {previous:.{decimals}f}" in text
            assert (statuses.get(status, "") in (tile.get_attribute("class") or "").split()) == (
                status in statuses
            )
    assert {"service_level", "abandonment_rate", "average_handle_time"} <= scorecard.keys()


def test_a_filter_that_a_kpi_knows_nothing_of_leaves_the_whole_centre_and_says_so(
    browser: Browser, dashboard: Path
) -> None:
    with opened(browser, dashboard) as page:
        before = tiles(page)
        page.select_option("#campaign", "CMP-005")
        drawn(page)
        after = tiles(page)
        assert after["service_level"] == before["service_level"]
        assert after["outbound_calls"] != before["outbound_calls"]
        assert page.inner_text("article[data-kpi=service_level] .where") == "whole centre"
        assert page.inner_text("article[data-kpi=outbound_calls] .where") == "Contract renewal"
        assert "Campaign Contract renewal" in page.inner_text("#shown")
        assert page.get_attribute("#shown", "aria-live") == "polite"
        page.click("#reset")
        drawn(page)
        assert tiles(page) == before


def test_the_address_keeps_the_view(browser: Browser, dashboard: Path) -> None:
    with opened(browser, dashboard) as page:
        page.select_option("#period", "2024-06")
        page.select_option("#queue", "billing")
        page.select_option("#language", "fr")
        drawn(page)
        kept = tiles(page)
        address = page.evaluate("location.hash")
    with opened(browser, dashboard, address) as page:
        assert tiles(page) == kept
        assert page.input_value("#queue") == "billing"
        assert page.get_attribute("html", "lang") == "fr"


def test_an_address_that_means_nothing_shows_the_last_month(browser: Browser, dashboard: Path) -> None:
    nonsense = [
        "period=1999-01",
        "period=2024-13-45_x&queue=nobody",
        "period=2024-05-01_2024-04-01&lang=xx",
        "%%%&=&lang",
    ]
    with opened(browser, dashboard, "#period=2024-06&queue=billing") as page:
        for address in nonsense:
            go(page, f"#{address}")
            assert page.input_value("#period") == "last_month"
            assert page.input_value("#queue") == ""


def table_of(page: Page, part: str, number: int = 0) -> list[list[str]]:
    """The cells of the table behind a chart."""
    details = page.locator(f"#part-{part} details.table-of-chart").nth(number)
    details.locator("summary").click()
    details.locator("tbody tr").first.wait_for()
    cells: list[list[str]] = details.locator("tbody").evaluate(
        "body => [...body.rows].map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return cells


def test_the_heat_map_is_what_the_calls_themselves_say(
    browser: Browser, dashboard: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    where = "call_date between '2024-06-01' and '2024-06-30' and is_offered and queue_id = 'support'"
    half_hour = "strftime(local_started_at, '%H:') || if(minute(local_started_at) < 30, '00', '30')"
    calls = rows(
        marts,
        f"select {half_hour}, isodow(call_date), count(*), avg(wait_seconds) filter (where is_answered) "
        f"from marts.fct_calls where {where} group by all",
    )
    days = [
        sum((date(2024, 6, 1) + timedelta(day)).isoweekday() == weekday for day in range(30))
        for weekday in range(1, 8)
    ]
    assert days == [4, 4, 4, 4, 4, 5, 5]
    with opened(browser, dashboard, "#period=2024-06&queue=support") as page:
        load = {row[0]: row[1:] for row in table_of(page, "load")}
        page.check("input[name=metric][value=average_speed_of_answer]")
        drawn(page)
        waits = {row[0]: row[1:] for row in table_of(page, "load")}
    shown = sum(cell != "–" for cells in load.values() for cell in cells)
    assert shown == len(calls) > 50
    for hour, weekday, count, wait in calls:
        assert float(load[hour][weekday - 1]) == pytest.approx(count / days[weekday - 1], abs=0.0501)
        cell = waits[hour][weekday - 1]
        assert (cell == "–") if wait is None else float(cell) == pytest.approx(wait, abs=0.0501)


def test_the_funnels_are_the_sums_of_the_public_tables(
    browser: Browser, dashboard: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    with opened(browser, dashboard, "#period=2024-05&campaign=CMP-003") as page:
        found = page.eval_on_selector_all(
            "ol.funnel",
            "lists => Object.fromEntries(lists.map(list => [list.dataset.funnel, "
            "[...list.querySelectorAll('data')].map(count => Number(count.value))]))",
        )
    calls = rows(
        marts,
        "select sum(outbound_calls), sum(connected_calls), sum(reached_calls), sum(contacted_calls), "
        "sum(argued_calls), sum(positive_calls), sum(converting_calls), sum(sold_calls) from marts.campaign_daily "
        "where campaign_id = 'CMP-003' and call_date between '2024-05-01' and '2024-05-31'",
    )[0]
    records = rows(
        marts,
        "select count(*) filter (where is_supplied), count(*) filter (where is_called), "
        "count(*) filter (where is_reached), "
        "count(*) filter (where is_argued), count(*) filter (where is_converted) from marts.fct_contact_records "
        "where campaign_id = 'CMP-003'",
    )[0]
    assert found["calls"] == list(calls)
    assert found["calls"][0] > 100
    assert found["records"] == list(records)


def test_the_classes_of_lead_response_add_up_to_the_bounds_of_lead_response(
    browser: Browser, dashboard: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    collected, within_5, within_hour, within_day, never, before = rows(
        marts,
        "select sum(leads_collected), sum(leads_called_within_5_minutes), sum(leads_called_within_1_hour), "
        "sum(leads_called_within_24_hours), sum(leads_never_called), sum(leads_called_only_before_creation) "
        "from marts.lead_response where year(created_date) = 2024",
    )[0]
    with opened(browser, dashboard, "#period=2024") as page:
        counts = [int(row[1].replace(",", "")) for row in table_of(page, "leads")]
    called = counts[: len(RESPONSE_BOUNDS) + 1]
    assert called[0] == within_5
    assert sum(called[:4]) == within_hour
    assert sum(called[:8]) == within_day
    assert counts[len(called) :] == [never, before]
    assert sum(counts) == collected


def test_agents_are_shown_for_the_team_of_the_time(
    browser: Browser, dashboard: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    team = "Customer service A Lille"
    expected = dict(
        rows(
            marts,
            "select agent_id, sum(handle_seconds) / nullif(sum(handled_inbound_calls), 0) from marts.agent_daily "
            "where team_id = ? and year(call_date) = 2024 group by agent_id having sum(handled_calls) > 0",
            team,
        )
    )
    with opened(browser, dashboard, f"#period=2024&team={team}&lang=en") as page:
        page.click("#agents thead button:has-text('Average handle time')")
        assert page.get_attribute("#agents th:has-text('Average handle time')", "aria-sort") == "descending"
        shown = page.eval_on_selector_all(
            "#agents tbody tr", "found => found.map(row => [...row.cells].map(cell => cell.textContent))"
        )
    times = [float(row[3].partition("\u00a0")[0]) for row in shown]
    assert times == sorted(times, reverse=True)
    assert {row[1] for row in shown} == {team}
    assert {row[0]: pytest.approx(expected[row[0]], abs=0.0501) for row in shown} == dict(
        zip([row[0] for row in shown], times, strict=True)
    )
    assert len(shown) == len(expected) > 3


def test_of_employees_only_what_is_published_of_whole_periods_is_in_the_file(
    browser: Browser, dashboard: Path
) -> None:
    with opened(browser, dashboard) as page:
        held: dict[str, list[str]] = page.evaluate(
            "Object.fromEntries(Object.entries(data.kpis).filter(([, kpi]) => kpi.domain === 'employee').map(([id]) => "
            "[id, [...new Set(Object.values(data.stored[id] ?? {}).flatMap(scopes => Object.values(scopes))"
            ".flatMap(periods => Object.keys(periods).map(name => name.split(' ')[0])))]]))"
        )
        by_day = page.evaluate("Object.keys(data.values)")
    assert "enps" in held
    assert set(held).isdisjoint(by_day)
    assert {grain for grains in held.values() for grain in grains} <= {"month", "quarter", "year"}


def test_the_interval_of_a_proportion_is_wilsons(browser: Browser, dashboard: Path) -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: Wilson without continuity correction.
    published = {
        (81, 263): (25.53, 36.62),
        (15, 148): (6.24, 16.05),
        (0, 20): (0, 16.11),
        (1, 29): (0.61, 17.18),
    }
    with opened(browser, dashboard) as page:
        for (positive, answers), interval in published.items():
            assert page.evaluate(f"wilson({positive}, {answers})") == pytest.approx(interval, abs=0.005)


def test_the_interval_of_a_net_score_is_the_adjusted_wald(browser: Browser, dashboard: Path) -> None:
    """10 for, 5 against, of 20: 10.75 / 23 - 5.75 / 23 = 21.739; variance 16.5 / 23 - 0.21739 ** 2 = 0.670132;
    1.959964 * sqrt(0.670132 / 23) = 33.456."""
    with opened(browser, dashboard) as page:
        assert page.evaluate("netInterval(10, 5, 20)") == pytest.approx([-11.717, 55.195], abs=0.002)
        assert page.evaluate("netInterval(0, 0, 0)") == [None, None]
        low, high = page.evaluate("netInterval(3, 0, 3)")
        assert low < high == 100


def test_scores_come_with_their_number_of_answers(
    browser: Browser, dashboard: Path, marts: duckdb.DuckDBPyConnection
) -> None:
    answers, good, bad = rows(
        marts,
        "select sum(nps_answers), sum(nps_promoters), sum(nps_detractors) from marts.survey_results "
        "where queue_id = 'support' and survey_date between '2024-06-01' and '2024-06-30'",
    )[0]
    with opened(browser, dashboard, "#period=2024-06&queue=support&lang=en") as page:
        text = page.inner_text("[data-score=nps]").replace("\u2212", "-")
        low, high = page.evaluate(f"netInterval({good}, {bad}, {answers})")
    assert f"{answers} answers" in text
    assert ("fewer than 30 answers" in text) == (answers < 30)
    assert f"{100 * (good - bad) / answers:.1f}" in text
    assert f"{low:.1f} … {high:.1f}" in text


# ---- words


def test_every_word_is_there_in_both_languages_with_the_same_parts() -> None:
    for key, pair in WORDS.items():
        assert len(pair) == 2, key
        assert all(text.strip() for text in pair), key
        assert sorted(re.findall(r"\{\w+\}", pair[0])) == sorted(re.findall(r"\{\w+\}", pair[1])), key


def test_the_page_in_french_is_french(browser: Browser, dashboard: Path) -> None:
    with opened(browser, dashboard, "?lang=fr") as page:
        assert page.get_attribute("html", "lang") == "fr"
        assert page.title().startswith("Tableau de bord")
        text = page.inner_text("body")
        tile = page.inner_text("article[data-kpi=service_level]")
        value = page.get_attribute("article[data-kpi=service_level] data", "value")
        assert f"{float(value or 'nan'):.1f}".replace(".", ",") in tile
        assert "Niveau de service" in tile
        page.select_option("#period", "2024")
        drawn(page)
        offered = page.get_attribute("article[data-kpi=offered_calls] data", "value")
        assert f"{int(offered or ''):,}".replace(",", "\u202f") in page.inner_text(
            "article[data-kpi=offered_calls]"
        )
        english = {
            pair[0]
            for key, pair in WORDS.items()
            if pair[0] != pair[1] and len(pair[0]) > 12 and "{" not in pair[0]
        }
        assert [words for words in english if words in text] == []
        axes = page.eval_on_selector_all(
            "#part-accessibility svg text", "found => found.map(one => one.textContent)"
        )
        assert any(label.startswith(("janv", "févr", "mars", "avr")) for label in axes), axes


def test_the_page_opens_in_the_language_it_was_written_in(
    database: Path, facts: dict[str, object], browser: Browser, tmp_path: Path
) -> None:
    with opened(browser, written(database, facts, tmp_path, language="fr")) as page:
        assert page.inner_text("h1") == WORDS["title"][1]
        page.select_option("#language", "en")
        drawn(page)
        assert page.inner_text("h1") == WORDS["title"][0]


# ---- what data may hold

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><img src=x onerror=alert(1)>",
    "=cmd()|' /C calc'!A0",
    "\x1b[31mred\x1b[0m \u202eevil",
    "@axis",
    "@@DATA@@",
    '"quoted", \\ and \u2028 {kpi}',
    "__proto__",
)


@pytest.fixture
def hostile(database: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "copy.duckdb"
    shutil.copy(database, copy)
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as connection:
        keys = {"dim_queues": "queue_id", "dim_campaigns": "campaign_id", "agent_daily": "agent_id"}
        named = {"dim_queues": "queue_name", "dim_campaigns": "campaign_name", "agent_daily": "agent_id"}
        for table, key in keys.items():
            members = rows(connection, f"select distinct {key} from marts.{table} order by 1")
            for (member,), text in zip(members, HOSTILE, strict=False):
                connection.execute(
                    f"update marts.{table} set {named[table]} = ? where {key} = ?", [text, member]
                )
        connection.execute(
            "update marts.lead_response set industry = ? where industry = 'healthcare'", [HOSTILE[0]]
        )
        connection.execute(
            "update marts.kpi_values set scope_id = 'constructor' where scope_type = 'team' and scope_id = "
            "(select max(scope_id) from marts.kpi_values where scope_type = 'team')"
        )
        connection.execute(
            "update marts.kpi_values set scope_id = ? where scope_type = 'team' and scope_id = "
            "(select min(scope_id) from marts.kpi_values where scope_type = 'team')",
            [HOSTILE[1]],
        )
        connection.execute("update marts.kpi_dictionary set name_en = ? where kpi_id = 'csat'", [HOSTILE[1]])
    return copy


def test_text_from_the_data_stays_text(
    hostile: Path, facts: dict[str, object], browser: Browser, tmp_path: Path
) -> None:
    told = {
        **facts,
        "release": HOSTILE[1],
        "settings": {"reporting_timezone": "UTC", "note": "</script><script>alert(2)</script>"},
    }
    file = written(hostile, told, tmp_path)
    with opened(browser, file, "#period=2024&lang=en") as page:
        for kind in ("queue", "campaign"):
            options = page.eval_on_selector_all(
                f"#{kind} option", "options => options.map(option => option.text)"
            )
            shown = {" ".join(option.split()) for option in options}
            assert {" ".join(text.split()) for text in HOSTILE} <= shown
        page.select_option("#team", HOSTILE[1])
        drawn(page)
        assert HOSTILE[1] in page.inner_text("#shown")
        page.select_option("#team", "constructor")
        drawn(page)
        page.select_option("#team", "")
        drawn(page)
        page.locator("#part-people .more button").last.click()
        names = page.eval_on_selector_all("#agents tbody th", "cells => cells.map(cell => cell.textContent)")
        assert set(HOSTILE) <= set(names)
        assert HOSTILE[1] in page.inner_text("article[data-kpi=csat] h4")
        assert HOSTILE[1] in page.inner_text("#about")
        assert page.evaluate("window.hacked") is None
        assert page.locator("img").count() == 0
        marks = page.eval_on_selector_all(
            "#part-campaigns svg text", "found => found.map(one => one.textContent)"
        )
        assert any("<script>" in mark for mark in marks), marks


def test_a_release_without_rows_is_shown_empty(
    database: Path, facts: dict[str, object], browser: Browser, tmp_path: Path
) -> None:
    copy = tmp_path / "empty.duckdb"
    shutil.copy(database, copy)
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as connection:
        for (name,) in rows(connection, "select table_name from duckdb_tables() where schema_name = 'marts'"):
            if name not in ("kpi_dictionary", "data_availability"):
                connection.execute(f"delete from marts.{name}")
    with opened(browser, written(copy, facts, tmp_path)) as page:
        assert set(tiles(page).values()) == {None}
        assert page.locator("#problem").is_hidden()
        assert WORDS["no_gaps"][0] in page.inner_text("#part-gaps")


def test_a_page_whose_figures_are_damaged_says_so(dashboard: Path, browser: Browser, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.html"
    text = dashboard.read_text("utf-8")
    start = text.index('id="data">') + len('id="data">')
    damaged.write_text(text[:start] + "AAAA" + text[start + 4 :], encoding="utf-8")
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(damaged.as_uri())
    page.wait_for_selector("#problem:not([hidden])")
    assert "cannot be shown" in page.inner_text("#problem")
    page.close()


# ---- who uses it


def test_everything_has_a_name_for_who_does_not_see_it(browser: Browser, dashboard: Path) -> None:
    with opened(browser, dashboard) as page:
        nameless = page.evaluate(
            "[...document.querySelectorAll('select, input, button')].filter(control => "
            "!(control.labels?.length && control.labels[0].textContent.trim()) && !control.textContent.trim()).length"
        )
        assert nameless == 0
        charts = page.eval_on_selector_all(
            ".chart", "charts => charts.map(chart => [chart.role, chart.getAttribute('aria-label')])"
        )
        assert len(charts) == 8
        assert {role for role, _ in charts} == {"graphics-document"}
        assert all(label for _, label in charts)
        levels = page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(head => Number(head.tagName[1]))"
        )
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert page.evaluate(
            "[...document.querySelectorAll('table')].every(table => table.caption && table.caption.textContent)"
        )
        behind = page.evaluate(
            "[...document.querySelectorAll('.chart')].filter(chart => "
            "!chart.closest('section').querySelector('details.table-of-chart, table')).length"
        )
        assert behind == 0


def test_the_keyboard_reaches_and_works_every_filter(browser: Browser, dashboard: Path) -> None:
    with opened(browser, dashboard) as page:
        reached = []
        for _ in range(24):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        order = [
            name
            for name in reached
            if name in ("language", "theme", "print", "period", "queue", "team", "campaign", "reset")
        ]
        assert order == ["language", "theme", "print", "period", "queue", "team", "campaign", "reset"]
        assert reached[0] == "skip"
        page.focus("#queue")
        before = tiles(page)
        page.keyboard.press("ArrowDown")
        drawn(page)
        assert tiles(page)["service_level"] != before["service_level"]
        assert page.evaluate("document.activeElement.id") == "queue"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_systems_until_one_is_chosen(scheme: Any, browser: Browser, dashboard: Path) -> None:
    with opened(browser, dashboard, color_scheme=scheme) as page:
        shade = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0] > 128"
        assert page.evaluate(shade) == (scheme == "light")
        page.select_option("#theme", "dark" if scheme == "light" else "light")
        drawn(page)
        assert page.evaluate(shade) == (scheme == "dark")


def test_on_paper_everything_is_there(browser: Browser, dashboard: Path, tmp_path: Path) -> None:
    with opened(browser, dashboard, "#theme=dark") as page:
        page.pdf(path=tmp_path / "dashboard.pdf", prefer_css_page_size=True)
        drawn(page)
        assert page.get_attribute("html", "data-theme") == "dark"
    assert (tmp_path / "dashboard.pdf").stat().st_size > 50_000


def test_nothing_runs_over_the_edge_of_a_telephone(browser: Browser, dashboard: Path) -> None:
    with opened(browser, dashboard, viewport={"width": 360, "height": 740}) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# ---- the file


def measured(browser: Browser, file: Path) -> None:
    """Prints what opening costs, and holds the file to its size."""
    size = file.stat().st_size
    since = time.perf_counter()
    with opened(browser, file) as page:
        shown = page.evaluate("performance.getEntriesByName('shown')[0].startTime")
    print(
        f"{file.name}: {size / 1e6:.2f} MB, shown after {shown:.0f} ms, complete {time.perf_counter() - since:.1f} s"
    )
    assert size < SIZE_LIMIT


def test_a_year_is_a_small_file(browser: Browser, dashboard: Path) -> None:
    measured(browser, dashboard)


@pytest.mark.slow
def test_two_years_are_a_small_file(browser: Browser, build: Any, tmp_path: Path) -> None:
    write_sample(tmp_path / "raw", legs=122_000, days=731)
    done = build(tmp_path / "raw", tmp_path / "warehouse")
    assert done.returncode == 0, done.stderr
    measured(browser, tmp_path / "warehouse" / "current" / DASHBOARD)


def test_the_same_release_gives_the_same_file(database: Path, facts: dict[str, object]) -> None:
    assert compose(database, facts).text(facts) == compose(database, facts).text(facts)


CALLS = PublicTable("main", "calls", "One row per call.", [("call_id", "Key.")])


def small_release(warehouse: Path, **options: Any) -> Path:
    work_file = warehouse / "work" / DATABASE
    work_file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(work_file)) as connection:
        connection.execute("create or replace table calls as select 'c1' as call_id")
    return publish(work_file, warehouse, [CALLS], {"as_of": "2024-06-30"}, **options)


def test_what_lies_beside_a_database_is_published_with_it_and_knows_its_name(tmp_path: Path) -> None:
    release = small_release(
        tmp_path, accompany=lambda _database: {DASHBOARD: lambda facts: f"of {facts['release']}"}
    )
    file = tmp_path / "current" / DASHBOARD
    assert file.read_text("utf-8") == f"of {release.name}"
    assert (
        stat.S_IMODE(file.stat().st_mode)
        == stat.S_IMODE((tmp_path / "current" / DATABASE).stat().st_mode)
        == 0o440
    )


def test_a_dashboard_that_cannot_be_made_does_not_lose_the_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Any = type("Options", (), {"language": "en"})
    release = small_release(tmp_path, accompany=lambda database: _dashboard(database, {}, options, tmp_path))
    assert sorted(path.name for path in release.iterdir()) == sorted([DATABASE, FACTS])
    said = capsys.readouterr().err
    assert "the release has no dashboard" in said
    assert "run scripts/dashboard" in said
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(tmp_path))
    assert main([]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_without_a_release_the_command_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(tmp_path))
    assert main([]) == 1
    assert "run scripts/build first" in capsys.readouterr().err
    with pytest.raises(ReleaseError):
        write_dashboard(tmp_path)


def test_the_command_writes_where_it_is_told(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(sample / "warehouse"))
    out = tmp_path / "page.html"
    assert main(["--out", str(out), "--lang", "fr", "--months", "3"]) == 0
    assert out.read_text("utf-8").startswith('<!doctype html>\n<html lang="fr"')
    assert str(out) in capsys.readouterr().out
    assert stat.S_IMODE(out.stat().st_mode) == 0o440
    assert main(["--out", str(tmp_path / "no such folder" / "page.html")]) == 1
    assert "dashboard:" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
