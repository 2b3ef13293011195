"""Superset as a user runs it: set up, started, asked through its API, looked at in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser

from callmart.paths import PROJECT
from callmart.releases import DATABASE, current_release
from callmart.superset.assets import CHARTS, chart_uuid

PYTHON = PROJECT / ".venv-superset" / "bin" / "python"
LOCK = "requirements-superset.lock"

pytestmark = pytest.mark.slow


@dataclass
class Superset:
    """The command on a warehouse of its own, and the API as the administrator."""

    warehouse: Path
    port: int
    password: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, action: str) -> tuple[int, str]:
        done = subprocess.run(
            [PYTHON, "-m", "callmart.superset.service", action, "--port", str(self.port)],
            env={
                **os.environ,
                "PYTHONPATH": str(PROJECT / "scripts"),
                "CALLMART_WAREHOUSE": str(self.warehouse),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def log_in(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.headers = {"Referer": self.url}
        given = {"username": "admin", "password": self.password, "provider": "db"}
        self.headers["Authorization"] = f"Bearer {self.ask('security/login', given)['access_token']}"
        self.headers["X-CSRFToken"] = self.ask("security/csrf_token/")["result"]

    def ask(self, path: str, given: object = None) -> Any:
        data = json.dumps(given).encode() if given is not None else None
        kind = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data, self.headers | kind)
        with self.opener.open(request, timeout=300) as answer:
            return json.load(answer)

    def rows(self, chart: str) -> list[dict[str, Any]]:
        """What the query of a chart gives."""
        charts = self.ask("chart/?q=(columns:!(id,uuid),page_size:100)")["result"]
        (number,) = [each["id"] for each in charts if each["uuid"] == chart_uuid(chart)]
        result: list[dict[str, Any]] = self.ask(f"chart/{number}/data/?force=true")["result"][0]["data"]
        return result

    def sql(self, statement: str) -> tuple[list[dict[str, Any]], str]:
        """What SQL Lab says to a statement: its rows, or its error."""
        (database,) = self.ask("database/?q=(columns:!(id))")["result"]
        try:
            answer = self.ask(
                "sqllab/execute/", {"database_id": database["id"], "sql": statement, "runAsync": False}
            )
        except urllib.error.HTTPError as error:
            return [], error.read().decode()
        return answer["data"], ""

    def published(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse / "current" / DATABASE), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def superset(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    installed = PYTHON.parents[1] / LOCK
    if not installed.exists() or installed.read_bytes() != (PROJECT / LOCK).read_bytes():
        pytest.skip("Superset is not installed: `scripts/superset status` installs it into .venv-superset")
    warehouse = tmp_path_factory.mktemp("superset") / "ware house"
    name = current_release(sample / "warehouse")
    assert name
    shutil.copytree(sample / "warehouse" / "releases" / name, warehouse / "releases" / name)
    (warehouse / "current").symlink_to(Path("releases") / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        superset = Superset(warehouse, probe.getsockname()[1])
    assert superset.run("start") == (
        1,
        "superset: Superset is not set up: run scripts/superset setup first.\n",
    )
    code, told = superset.run("setup")
    assert code == 0, told
    match = re.search(r"User: admin   Password, shown only now: (\S+)$", told, re.MULTILINE)
    assert match
    superset.password = match[1]
    try:
        code, told = superset.run("start")
        assert code == 0, told
        superset.log_in()
        yield superset
    finally:
        code, told = superset.run("stop")
    assert (code, told) == (0, "Stopped.\n")
    assert superset.run("status") == (1, "not running\n")


def test_what_it_keeps_is_for_its_user_alone_and_the_password_is_nowhere(superset: Superset) -> None:
    folder = superset.warehouse / "superset"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "superset.db").stat().st_mode) == 0o600
    for path in folder.rglob("*"):
        assert path.is_dir() or superset.password.encode() not in path.read_bytes(), path


def test_it_listens_on_this_machine_alone_and_asks_who_you_are(superset: Superset) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{superset.url}/api/v1/chart/", timeout=60)
    assert refused.value.code == 401
    listening = (
        Path("/proc/net/tcp").read_text().splitlines()[1:]
        + Path("/proc/net/tcp6").read_text().splitlines()[1:]
    )
    addresses = {line.split()[1] for line in listening if line.split()[3] == "0A"}
    assert {each for each in addresses if each.endswith(f":{superset.port:04X}")} == {
        f"0100007F:{superset.port:04X}"
    }


def test_every_public_table_is_a_dataset_with_the_meaning_of_its_columns(superset: Superset) -> None:
    datasets = superset.ask("dataset/?q=(columns:!(id,table_name),page_size:100)")["result"]
    tables = superset.published(
        "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
    )
    assert sorted(each["table_name"] for each in datasets) == [name for (name,) in tables]
    (number,) = [each["id"] for each in datasets if each["table_name"] == "kpi_values"]
    columns = superset.ask(f"dataset/{number}")["result"]["columns"]
    meanings = superset.published(
        "select column_name, comment from duckdb_columns() where table_name = 'kpi_values'"
    )
    assert {each["column_name"]: each["description"] for each in columns} == dict(meanings)


def test_a_chart_shows_what_kpi_values_say(superset: Superset) -> None:
    shown = {
        (row["scope_id"], row["period_start"]): row["service level"]
        for row in superset.rows("service_level_by_week_and_queue")
    }
    stated = superset.published(
        "select scope_id, epoch_ms(period_start), value from marts.kpi_values"
        " where kpi_id = 'service_level' and grain = 'week' and scope_type = 'queue'"
    )
    assert len(stated) > 300
    assert shown == {(queue, week): value for queue, week, value in stated}


def test_a_rate_of_rows_is_the_rate_of_the_catalogue(superset: Superset) -> None:
    shown = {
        row["call_date"]: row["abandonment_rate_of_rows"]
        for row in superset.rows("abandonment_rate_by_month")
    }
    stated = superset.published(
        "select epoch_ms(period_start), value from marts.kpi_values"
        " where kpi_id = 'abandonment_rate' and grain = 'month' and scope_type = 'all'"
    )
    assert len(stated) > 11
    assert shown == {month: pytest.approx(value, rel=1e-12) for month, value in stated}


@pytest.mark.parametrize("chart", ["against_target", "where_to_act_first"])
def test_the_tables_have_rows_in_their_order(superset: Superset, chart: str) -> None:
    rows = superset.rows(chart)
    assert rows
    assert list(rows[0]) == CHARTS[chart]["params"]["all_columns"]
    ((column, _),) = (json.loads(order) for order in CHARTS[chart]["params"]["order_by_cols"])
    assert [row[column] for row in rows] == sorted(row[column] for row in rows)


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ("select * from read_csv('/etc/passwd')", "disabled"),
        ("select * from read_text('/proc/self/environ')", "disabled"),
        ("select * from glob('/*')", "disabled"),
        ("set enable_external_access = true", "annot change|DML|not allowed"),
        ("set memory_limit = '100GB'", "annot change|DML|not allowed"),
        ("create table marts.own as select 1", "read-only|DML|not allowed"),
        ("drop table marts.kpi_values", "read-only|DML|not allowed"),
        ("attach 'other.duckdb'", "disabled|DML|not allowed"),
    ],
)
def test_sql_lab_reaches_the_marts_and_nothing_else(superset: Superset, statement: str, answer: str) -> None:
    assert superset.sql("select count(*) as rows from marts.kpi_values")[0] == [
        {"rows": superset.published("select count(*) from marts.kpi_values")[0][0]}
    ]
    rows, error = superset.sql(statement)
    assert rows == []
    assert re.search(answer, error), error


def test_whatever_is_in_the_form_a_duckdb_file_is_opened_shut_in(superset: Superset) -> None:
    path = superset.warehouse / "current" / DATABASE
    made = superset.ask(
        "database/",
        {
            "database_name": "loose",
            "sqlalchemy_uri": f"duckdb:///{path}",
            "expose_in_sqllab": True,
            "extra": json.dumps(
                {"engine_params": {"connect_args": {"config": {"enable_external_access": True}}}}
            ),
        },
    )
    given = {"database_id": made["id"], "sql": "select * from read_csv('/etc/passwd')", "runAsync": False}
    with pytest.raises(urllib.error.HTTPError) as refused:
        superset.ask("sqllab/execute/", given)
    assert "disabled" in refused.value.read().decode()
    request = urllib.request.Request(
        f"{superset.url}/api/v1/database/{made['id']}", headers=superset.headers, method="DELETE"
    )
    superset.opener.open(request, timeout=60).close()


def test_the_dashboard_is_drawn_in_a_browser(superset: Superset, browser: Browser, tmp_path: Path) -> None:
    asked: Counter[str] = Counter()
    page = browser.new_page(viewport={"width": 1600, "height": 1100})
    page.set_default_timeout(300_000)
    page.on("request", lambda request: asked.update([request.url]))
    # What the policy of its pages forbids never leaves the browser.
    page.on(
        "requestfailed", lambda request: asked.subtract([request.url] if request.failure == "csp" else [])
    )
    page.goto(f"{superset.url}/login/")
    page.fill("#username", "admin")
    page.fill("#password", superset.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/welcome/")
    page.goto(f"{superset.url}/superset/dashboard/contact-centre/")
    for chart in CHARTS.values():
        page.get_by_text(chart["title"]).first.wait_for()
    drawn = page.locator(".dashboard-component-chart-holder")
    drawn.locator("canvas").nth(1).wait_for()
    drawn.locator("table tbody tr").nth(12).wait_for()
    page.wait_for_timeout(3000)  # the lines are drawn slowly, for the eye
    page.screenshot(path=os.environ.get("CALLMART_SCREENSHOT", str(tmp_path / "dashboard.png")))
    assert page.locator(".error-message, [data-test=error-alert]").count() == 0
    page.close()
    assert [url for url in asked.elements() if not url.startswith((superset.url, "data:", "blob:"))] == []


def test_a_new_release_is_seen_at_once_while_queries_go_on(superset: Superset) -> None:
    releases = superset.warehouse / "releases"
    before = current_release(superset.warehouse)
    assert before
    shutil.copytree(releases / before, releases / "20991231T000000Z")
    path = releases / "20991231T000000Z" / DATABASE
    path.chmod(0o600)
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.kpi_values set value = -1")
    slow = {"sql": "select count(*) from range(300000000) as a(i) where hash(i) % 7 = 8", "runAsync": False}
    (database,) = superset.ask("database/?q=(columns:!(id))")["result"]
    holder = Superset(superset.warehouse, superset.port, superset.password)
    holder.log_in()

    def hold() -> None:
        with suppress(urllib.error.HTTPError):  # it may take longer than a query is given
            holder.ask("sqllab/execute/", {"database_id": database["id"], **slow})

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        link = superset.warehouse / "next"
        link.symlink_to(Path("releases") / "20991231T000000Z")
        link.rename(superset.warehouse / "current")
        assert {row["service level"] for row in superset.rows("service_level_by_week_and_queue")} == {-1}
    finally:
        holding.join()
        link.symlink_to(Path("releases") / before)
        link.rename(superset.warehouse / "current")


def test_set_up_again_it_keeps_its_users_and_what_they_made(superset: Superset) -> None:
    (database,) = superset.ask("database/?q=(columns:!(id))")["result"]
    superset.ask(
        "dataset/",
        {"database": database["id"], "schema": "marts", "table_name": "mine", "sql": "select 1 as one"},
    )
    code, told = superset.run("setup")
    assert (code, "Password" in told) == (0, False), told
    superset.log_in()
    names = [
        each["table_name"]
        for each in superset.ask("dataset/?q=(columns:!(table_name),page_size:100)")["result"]
    ]
    assert "mine" in names
    [(public,)] = superset.published("select count(*) from duckdb_tables() where schema_name = 'marts'")
    assert len(names) == public + len(["mine"])


def test_a_second_start_is_refused(superset: Superset) -> None:
    code, told = superset.run("start")
    assert code == 1
    assert "runs in" in told
