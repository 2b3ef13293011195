"""The command that prints and posts alerts: what it shows, whom it tells, and how it ends."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callmart.alerts import WEBHOOK, main
from callmart.publish import PublicTable, publish
from callmart.webhook import WebhookError, check_address

FACTS: dict[str, object] = {"as_of": "2024-07-03T21:59:59Z", "settings": {"reporting_currency": "EUR"}}
ALERT: dict[str, Any] = {
    "alert_id": "1",
    "alert_kind": "target",
    "severity": "warning",
    "state": "open",
    "is_new": False,
    "kpi_id": "service_level",
    "grain": "day",
    "scope_type": "queue",
    "scope_id": "support",
    "name_en": "Service level",
    "name_fr": "Niveau de service",
    "unit": "percent",
    "started_period_start": "2024-06-27",
    "opened_period_start": "2024-06-28",
    "last_period_start": "2024-07-03",
    "closed_period_start": None,
    "judged_periods": 5,
    "bad_periods": 4,
    "worst_period_start": "2024-07-01",
    "worst_value": 71.25,
    "worst_reference": 80.0,
    "worst_deviation": 8.75,
    "worst_robust_z": None,
    "last_value": 76.5,
    "values_filter": "kpi_id = 'service_level'",
    "rows_table": "fct_calls",
    "rows_filter": "is_offered and queue_id = 'support'",
}
CLOSED = {"alert_id": "2", "state": "closed", "scope_id": "sales", "closed_period_start": "2024-07-02"}
CRITICAL = {"alert_id": "3", "severity": "critical", "scope_id": "night", "is_new": True}


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty warehouse that the command looks into."""
    monkeypatch.setenv("CALLMART_WAREHOUSE", str(tmp_path))
    monkeypatch.delenv(WEBHOOK, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path


def release(warehouse: Path, *alerts: Mapping[str, Any], facts: Mapping[str, object] = FACTS) -> None:
    """Publish a release with alerts that differ from the one above in what is given."""
    work_file = warehouse / "work" / "callmart.duckdb"
    work_file.parent.mkdir(parents=True)
    kinds = {"is_new": "boolean", "judged_periods": "bigint", "bad_periods": "bigint"}
    kinds |= {name: "date" for name in ALERT if name.endswith("period_start")}
    kinds |= {f"worst_{name}": "double" for name in ("value", "reference", "deviation", "robust_z")} | {
        "last_value": "double"
    }
    with duckdb.connect(str(work_file)) as connection:
        connection.execute("create schema marts")
        columns = ", ".join(f"{name} {kinds.get(name, 'varchar')}" for name in ALERT)
        connection.execute(f"create table marts.kpi_alerts ({columns})")
        for alert in alerts:
            places = ", ".join("?" for _ in ALERT)
            connection.execute(
                f"insert into marts.kpi_alerts values ({places})", list({**ALERT, **alert}.values())
            )
    publish(
        work_file,
        warehouse,
        [PublicTable("marts", "kpi_alerts", "kpi_alerts", [(name, name) for name in ALERT])],
        facts,
    )


class Receiver:
    """A server that keeps what is posted, and answers as told."""

    def __init__(
        self, status: int = 204, delay: float = 0.0, headers: Mapping[str, str] | None = None
    ) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.other_requests: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posted.append((self.path, json.loads(body)))
                time.sleep(delay)
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self) -> None:
                receiver.other_requests.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the library's)
                """Say nothing: the tests read what the command says."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/hook/s3cret"


@contextmanager
def receiving(
    status: int = 204, delay: float = 0.0, headers: Mapping[str, str] | None = None
) -> Iterator[Receiver]:
    receiver = Receiver(status, delay, headers)
    thread = threading.Thread(target=receiver.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()


def test_an_open_alert_is_told_with_value_reference_course_and_rows(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(warehouse, {})
    assert main([]) == 10
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Alerts: 1 open, 0 of them critical, 0 new"
    assert lines[1].endswith("data as of 2024-07-03T21:59:59Z")
    assert lines[3:] == [
        "warning: Service level, queue support: 76.5 %, target 80.0",
        "  since 2024-06-27: 4 of 5 days, worst 71.2 on 2024-07-01",
        "  rows: fct_calls where is_offered and queue_id = 'support'",
    ]


def test_it_is_told_in_french(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release(warehouse, {"is_new": True}, facts={**FACTS, "is_sample": True})
    assert main(["--lang", "fr"]) == 10
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Alertes : 1 ouvertes, dont 0 critiques et 1 nouvelles"
    assert lines[1].endswith("(données d'exemple inventées)")
    assert lines[3] == "avertissement, nouvelle : Niveau de service, file support : 76,5 %, objectif 80,0"
    assert lines[4] == "  depuis le 2024-06-27 : 4 jours sur 5, pire valeur 71,2 le 2024-07-01"


@pytest.mark.parametrize(
    ("alerts", "arguments", "code"),
    [
        ([], [], 0),
        ([CLOSED], [], 0),
        ([CLOSED], ["--since", "2024-07-02"], 0),
        ([{}], [], 10),
        ([{}, CRITICAL], [], 11),
        ([{}], ["--severity", "critical"], 0),
        ([{}, CRITICAL], ["--severity", "critical"], 11),
        ([{**CRITICAL, "state": "lapsed"}, {}], [], 10),
    ],
)
def test_the_exit_code_is_that_of_the_worst_open_alert(
    warehouse: Path, alerts: list[dict[str, Any]], arguments: list[str], code: int
) -> None:
    release(warehouse, *alerts)
    assert main(arguments) == code


def test_since_shows_what_opened_or_closed_from_that_day_on(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(warehouse, {}, CLOSED, {"alert_id": "4", "scope_id": "old", "opened_period_start": "2024-07-01"})
    main(["--since", "2024-06-29"])
    out = capsys.readouterr().out
    assert "queue old" in out
    assert "queue sales" in out
    assert "closed 2024-07-02, since 2024-06-27" in out
    assert "queue support" not in out


def test_json_holds_every_column_and_no_text(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release(warehouse, {}, CRITICAL)
    assert main(["--json"]) == 11
    document = json.loads(capsys.readouterr().out)
    assert (document["open"], document["critical"], document["is_sample"]) == (2, 1, False)
    assert [alert["severity"] for alert in document["alerts"]] == ["critical", "warning"]
    assert document["alerts"][1] == ALERT


def test_names_in_the_data_can_neither_steer_the_terminal_nor_a_chat(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[2J<!channel> & \u202e<script>alert('x')</script>\nsecond"
    release(warehouse, {"scope_id": name, "name_en": name, "rows_filter": f"queue_id = '{name}'"})
    with receiving() as receiver:
        assert main(["--webhook", receiver.address]) == 10
    printed = capsys.readouterr().out
    assert not set(printed) & {"\x1b", "\u202e", "\r"}
    assert len(printed.splitlines()) == 6
    ((_, document),) = receiver.posted
    assert "&lt;!channel&gt; &amp; &lt;script&gt;" in document["text"]
    assert not set(document["text"]) & {"\x1b", "\u202e", "<", ">"}
    assert document["alerts"][0]["scope_id"] == name  # the data as they are, for programs


def test_the_webhook_gets_what_was_shown_once(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release(warehouse, {}, CRITICAL, CLOSED)
    with receiving(200) as receiver:
        assert main(["--webhook", receiver.address]) == 11
    ((path, document),) = receiver.posted
    assert path == "/hook/s3cret"
    assert [alert["alert_id"] for alert in document["alerts"]] == ["3", "1"]
    assert document["text"].startswith("Alerts: 2 open, 1 of them critical, 1 new\n")
    assert "s3cret" not in "".join(capsys.readouterr())


def test_the_address_may_come_from_the_environment(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release(warehouse, {})
    with receiving() as receiver:
        monkeypatch.setenv(WEBHOOK, receiver.address)
        assert main(["--webhook"]) == 10
    assert len(receiver.posted) == 1


def test_nothing_is_posted_when_there_is_nothing_to_tell(warehouse: Path) -> None:
    release(warehouse, CLOSED)
    with receiving() as receiver:
        assert main(["--webhook", receiver.address]) == 0
    assert receiver.posted == []


def test_a_long_list_is_cut_in_the_text_and_whole_beside_it(warehouse: Path) -> None:
    release(warehouse, *({"alert_id": str(number), "scope_id": f"q{number}"} for number in range(25)))
    with receiving() as receiver:
        assert main(["--webhook", receiver.address]) == 10
    ((_, document),) = receiver.posted
    assert document["text"].startswith("Alerts: 25 open")
    assert document["text"].endswith("... and 5 more")
    assert document["text"].count("Service level") == 20
    assert len(document["alerts"]) == 25


@pytest.mark.parametrize("status", [301, 307, 400, 500])
def test_a_webhook_that_refuses_is_an_error_and_redirects_are_not_followed(
    warehouse: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    release(warehouse, {})
    with receiving() as elsewhere, receiving(status, headers={"Location": elsewhere.address}) as receiver:
        assert main(["--webhook", receiver.address]) == 1
    error = capsys.readouterr().err
    assert (
        error
        == f"alerts: The webhook at 127.0.0.1 did not take the alerts: it answered with status {status}.\n"
    )
    assert (elsewhere.posted, elsewhere.other_requests) == ([], [])


def test_a_webhook_that_hangs_is_given_up(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release(warehouse, {})
    began = time.monotonic()
    with receiving(delay=30) as receiver:
        assert main(["--webhook", receiver.address, "--timeout", "0.5"]) == 1
    assert time.monotonic() - began < 15
    assert "it did not answer within 0.5 seconds" in capsys.readouterr().err


def test_a_webhook_that_answers_byte_by_byte_is_given_up(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(warehouse, {})
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not stop.wait(0.1):
                    connection.sendall(b".")

        threading.Thread(target=drip, daemon=True).start()
        port = listener.getsockname()[1]
        assert main(["--webhook", f"http://127.0.0.1:{port}/", "--timeout", "1"]) == 1
        stop.set()
    assert "it did not answer within 1 seconds" in capsys.readouterr().err


def test_nobody_there_is_told_without_the_address(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(warehouse, {})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert main(["--webhook", f"http://127.0.0.1:{port}/s3cret"]) == 1
    error = capsys.readouterr().err
    assert "cannot be reached" in error
    assert "s3cret" not in error


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.org/hook",
        "file:///etc/passwd",
        "ftp://example.org/",
        "http://",
        "http:///hook",
        "http://user:s3cret@example.org/",
        "http://example.org:port/s3cret",
        "http://example.org/s3 cret",
        "http://example.org/s3cret\r\nHost: other",
        "http://[::1/s3cret",
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_read(
    warehouse: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    with pytest.raises(WebhookError):
        check_address(address)
    with pytest.raises(SystemExit) as caught:
        main(["--webhook", address])
    assert caught.value.code == 2
    assert "s3cret" not in "".join(capsys.readouterr())
    assert not (warehouse / "releases").exists()


@pytest.mark.parametrize(
    "arguments", [["--since", "yesterday"], ["--timeout", "0"], ["--timeout", "nan"], ["--no"]]
)
def test_an_option_that_cannot_be_used_is_refused(warehouse: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert not (warehouse / "releases").exists()


def test_without_a_release_it_says_what_to_run(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 1
    assert (
        capsys.readouterr().err == f"alerts: Nothing is published in {warehouse}: run scripts/build first.\n"
    )


def test_the_rows_behind_an_alert_are_there(sample: Path) -> None:
    # The rows of a rate are those of its denominator, so that their number over the worst period is its volume.
    database = str((sample / "warehouse" / "current").resolve() / "callmart.duckdb")
    counted = ("is_offered", "is_handled_inbound", "is_outbound", "is_mature and is_first_contact")
    with duckdb.connect(database, read_only=True) as connection:
        alerts = connection.execute(
            "select rows_table, rows_filter, values_filter, judged_periods, grain, worst_period_start, worst_volume,"
            " kpi_id from marts.kpi_alerts"
        ).fetchall()
        compared = 0
        for table, rows_filter, values_filter, judged_periods, grain, worst_day, volume, kpi_id in alerts:
            (periods,) = connection.execute(
                f"select count(*) from marts.kpi_values where {values_filter}"
            ).fetchall()
            assert periods[0] >= judged_periods
            (found,) = connection.execute(
                f"select count(*) from marts.{table} where {rows_filter}"
            ).fetchall()
            assert found[0] > 0
            if rows_filter.startswith(counted) and kpi_id != "inbound_calls":
                day = {"fct_calls": "call_date", "fct_contacts": "contact_date"}[table]
                days = 7 if grain == "week" else 1
                within = f"{day} >= date '{worst_day}' and {day} < date '{worst_day}' + {days}"
                (found,) = connection.execute(
                    f"select count(*) from marts.{table} where {rows_filter} and {within}"
                ).fetchall()
                assert found[0] == volume, (kpi_id, rows_filter, worst_day)
                compared += 1
    assert compared > 20
