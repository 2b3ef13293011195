"""`scripts/sql`: answers, their forms, the dialogue, and what the session does not let through."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callmart.publish import PublicTable, publish
from callmart.readers.answers import shown
from callmart.readers.session import RefusedError, Session
from callmart.readers.sql import rendered
from callmart.releases import ReleaseError
from callmart.reliability.figures import record

HOSTILE = "\x1b[31mred\x9b0m\u202eevil\r\n"
TEXTS = [
    "=cmd()",
    "+33 1",
    "-5",
    "@x",
    "\ttab",
    "plain",
    "a,b",
    'say "x"',
    "<script>",
    "[bold]b[/]",
    HOSTILE,
    "",
    None,
]


def make_release(warehouse: Path, rows: int = 3, keep: int = 5) -> str:
    """Publish a table of so many rows, and one of hostile texts; return the release's name."""
    work = warehouse / "work" / "callmart.duckdb"
    work.parent.mkdir(parents=True, exist_ok=True)
    work.unlink(missing_ok=True)
    with duckdb.connect(str(work)) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.queue_daily as select i as calls from range({rows}) as r(i)")
        connection.execute("create table marts.texts (number integer, said varchar)")
        connection.executemany("insert into marts.texts values (?, ?)", list(enumerate(TEXTS)))
    tables = [
        PublicTable("marts", "queue_daily", "One row per day.", [("calls", "Calls. \x1b[2J")], ["calls"]),
        PublicTable("marts", "texts", "Texts.", [("number", "Key."), ("said", "What was said.")], ["number"]),
    ]
    return publish(work, warehouse, tables, {}, keep).name


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse"
    make_release(path)
    return path


@pytest.fixture
def session(warehouse: Path) -> Iterator[Session]:
    with Session(warehouse) as opened:
        yield opened


def sql(warehouse: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callmart.readers.sql", *arguments],
        env=environment(warehouse),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def environment(warehouse: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CALLMART_WAREHOUSE": str(warehouse),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONIOENCODING": "utf-8",
        "TERM": "xterm",
    }


def ask(session: Session, text: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for statement in session.statements(text):
        rows = session.ask(statement).fetchall()
    return rows


# Answers


def test_a_statement_is_answered_with_a_table(warehouse: Path) -> None:
    done = sql(warehouse, "select sum(calls) as calls, null as nothing from queue_daily")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["calls", "nothing"],
        ["─" * len(done.stdout.splitlines()[1])],
        ["3", "null"],
        ["1", "row"],
    ]
    assert "\x1b" not in done.stdout


def test_a_long_answer_is_cut_and_says_so_and_no_row_is_lost_when_all_are_asked_for(tmp_path: Path) -> None:
    make_release(tmp_path, rows=500)
    cut = sql(tmp_path, "from marts.queue_daily").stdout.splitlines()
    assert cut[-1] == "The first 200 rows; there are more."
    assert len(cut) == 200 + 3
    whole = sql(tmp_path, "from marts.queue_daily", "--rows", "0").stdout.splitlines()
    assert whole[-1] == "500 rows"
    assert sql(tmp_path, "from queue_daily", "--rows", "500").stdout.splitlines()[-1] == "500 rows"


def test_csv_is_read_back_with_formulas_defused_and_numbers_as_they_were(warehouse: Path) -> None:
    done = sql(warehouse, "--csv", 'select number - 4 as "=n", said from texts order by number')
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["'=n", "said"]
    assert [row[0] for row in rows[1:]] == [str(number - 4) for number in range(len(TEXTS))]
    expected = ["'=cmd()", "'+33 1", "'-5", "'@x", "'\ttab", *TEXTS[5:11], "", ""]
    assert [row[1] for row in rows[1:]] == [str(text).replace("\r\n", "\n") for text in expected]


def test_json_is_read_back_as_it_was_and_holds_no_sign_a_terminal_obeys(warehouse: Path) -> None:
    done = sql(warehouse, "--json", "select *, 0.1::decimal(38, 12) as exact, [1.5, null] as many from texts")
    assert shown(done.stdout.replace("\n", "")) == done.stdout.replace("\n", "")
    rows = json.loads(done.stdout)
    assert [row["said"] for row in rows] == TEXTS
    assert '"exact": 0.100000000000, "many": [1.5, null]' in done.stdout


def test_json_of_no_row_is_an_empty_list_and_names_that_come_twice_are_told_apart(warehouse: Path) -> None:
    assert json.loads(sql(warehouse, "--json", "select 1 where false").stdout) == []
    assert json.loads(sql(warehouse, "--json", "select 1 as a, 2 as a").stdout) == [{"a": 1, "a_2": 2}]


def test_in_a_table_control_signs_are_shown_and_markup_is_text(warehouse: Path) -> None:
    said = sql(warehouse, "from texts").stdout
    assert "\\x1b[31mred\\x9b0m\\u202eevil\\r\\n" in said
    assert "[bold]b[/]" in said
    assert shown(said.replace("\n", "")) == said.replace("\n", "")


def test_a_script_is_answered_statement_by_statement_and_as_csv_by_its_last(
    warehouse: Path, tmp_path: Path
) -> None:
    script = tmp_path / "two.sql"
    script.write_text("\ufeffcreate temp table few as from {{ ref('queue_daily') }} where calls > 0;\n"
                      "select 1 as one; select count(*) as few from few -- the end")  # fmt: skip
    assert sql(warehouse, "-f", str(script), "--csv").stdout == "few\n2\n"
    shown_tables = sql(warehouse, "-f", str(script)).stdout
    assert "one" in shown_tables
    assert sql(warehouse, "--csv", given=script.read_text()).stdout == "few\n2\n"


def test_jinja_that_only_dbt_can_render_is_refused() -> None:
    assert rendered("from {{ ref('kpi_values') }} as v, {{ref(\"dim_dates\")}}") == (
        "from marts.kpi_values as v, marts.dim_dates"
    )
    with pytest.raises(RefusedError, match="compile it with dbt"):
        rendered("from {{ ref('kpi_values') }} where {{ var('x') }}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["select nope from queue_daily"], 'sql: Binder Error: Referenced column "nope" not found'),
        (["selec 1"], 'sql: Parser Error: syntax error at or near "selec"'),
        (["-f", "no such file.sql"], "sql: [Errno 2] No such file"),
        (["select error('\x1b[2J')"], "sql: Invalid Input Error: \\x1b[2J"),
    ],
)
def test_what_fails_is_said_in_one_line_and_ends_with_code_1(
    arguments: list[str], said: str, warehouse: Path
) -> None:
    done = sql(warehouse, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["select 1", "-f", "x.sql"], ["--rows", "-1", "select 1"], ["--csv", "--json"]]
)
def test_a_command_line_that_says_two_things_is_refused(arguments: list[str], warehouse: Path) -> None:
    assert sql(warehouse, *arguments).returncode == 2


def test_without_a_release_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = sql(tmp_path, "select 1")
    assert done.returncode == 1
    assert done.stderr.endswith("run scripts/build first.\n")


def test_a_reader_that_goes_away_ends_the_command_without_a_word(tmp_path: Path) -> None:
    make_release(tmp_path, rows=200_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "callmart.readers.sql", "--csv", "from queue_daily"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"calls\n"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 141


# What is not let through


ATTEMPTS = [
    "copy queue_daily to '{out}'",
    "copy (select 1) to '{out}' (format parquet)",
    "export database '{out}'",
    "explain analyze copy queue_daily to '{out}'",
    "from read_csv('{secret}')",
    "from read_text('{secret}')",
    "from read_blob('{secret}')",
    "from read_json('{secret}')",
    "from read_parquet('{secret}')",
    "from sniff_csv('{secret}')",
    "from parquet_metadata('{secret}')",
    "from glob('{folder}/*')",
    "from '{secret}'",
    'from "{secret}"',
    "copy queue_daily from '{secret}'",
    "create temp table t as from read_csv('{secret}')",
    "attach '{out}' as other",
    "attach '{work}' as other (read_only)",
    "attach ':memory:' as other",
    "install httpfs",
    "load httpfs",
    "load '{secret}'",
    "from 'https://127.0.0.1:1/x.csv'",
    "import database '{folder}'",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset lock_configuration",
    "set memory_limit = '100GB'",
    "reset memory_limit",
    "set threads = 64",
    "pragma threads = 64",
    "set temp_directory = '{folder}'",
    "set python_enable_replacements = true",
    "set autoload_known_extensions = true",
    "pragma enable_profiling = 'json'",
    "pragma profiling_output = '{out}'",
    "pragma log_query_path = '{out}'",
    "pragma enable_logging",
    "call enable_logging(storage = 'file', storage_config = {{'path': '{out}'}})",
    "from enable_logging(storage = 'file', storage_config = {{'path': '{out}'}})",
    "from Enable_Logging(storage = 'stdout')",
    'from system.main."enable_logging"()',
    "explain analyze from enable_logging()",
    "create temp macro m() as table from enable_logging()",
    "from query('from enable_' || 'logging()')",
    "from query/* */('from enable_' || 'logging()')",
    "from \"query\" ('select 1')",
    "from query_table(['queue_daily'])",
    "from enable_profiling(save_location = '{out}')",
    "from arrow_scan(1::pointer, 2::pointer, 3::pointer)",
    "select write_log('x')",
    "create secret (type s3, key_id 'a', secret 'b')",
    "create persistent secret (type s3, key_id 'a', secret 'b')",
    "insert into marts.queue_daily values (1)",
    "create table marts.mine (i integer)",
    "create or replace view marts.queue_daily as select 1",
    "drop table marts.queue_daily",
    "delete from marts.queue_daily",
    "update marts.queue_daily set calls = 0",
    "alter table marts.queue_daily add column i integer",
    "comment on table marts.queue_daily is 'x'",
    "checkpoint",
    "detach callmart",
    "from python_variable",
    "select getenv('HOME')",
]
python_variable = [1, 2, 3]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_session_reads_the_release_and_nothing_else(
    attempt: str, session: Session, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    python_variable = [(1,)]  # what a session of DuckDB in Python reads by name, unless told not to
    secret = tmp_path / "secret.csv"
    secret.write_text("key\nhidden\n")
    work = session.warehouse / "work" / "callmart.duckdb"
    before = sorted(tmp_path.rglob("*"))
    text = attempt.format(out=tmp_path / "out", secret=secret, folder=tmp_path, work=work)
    with pytest.raises((duckdb.Error, RefusedError)):
        ask(session, text)
    assert python_variable
    assert sorted(tmp_path.rglob("*")) == before
    assert ask(session, "select count(*) from queue_daily") == [(3,)]  # and the session goes on
    assert capfd.readouterr() == ("", "")
    record("no_way_in", "Statements against an analyst's session", {"tried": len(ATTEMPTS), "let through": 0})


def test_the_limits_hold_and_the_folder_for_what_does_not_fit_goes_with_the_session(warehouse: Path) -> None:
    with Session(warehouse) as session:
        settings = dict(ask(session, "select name, value from duckdb_settings()"))
        assert settings["memory_limit"] == "1.8 GiB"  # 2 GB
        assert settings["threads"] == "2"
        assert settings["max_temp_directory_size"] == "7.4 GiB"  # 8 GB
        assert (settings["enable_external_access"], settings["lock_configuration"]) == ("false", "true")
        scratch = Path(settings["temp_directory"])
        assert scratch.is_dir()
    assert not scratch.exists()


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("with few as (select calls from queue_daily where calls < 2) select sum(calls) from few", [(1,)]),
        ("select count(*) from (describe queue_daily)", [(1,)]),
        ("create temp table mine as select 7 as i; select i from mine", [(7,)]),
        ("select i from (pivot (select 1 as i, 'a' as k) on k using count(*))", [(1,)]),
        ("select 'we enable logging' as query, (1) as query", [("we enable logging", 1)]),
        ("set variable day = date '2024-01-01'; select getvariable('day')::varchar", [("2024-01-01",)]),
        ("select timestamptz '2024-06-01 12:00:00+02'::varchar", [("2024-06-01 10:00:00+00",)]),
    ],
)
def test_questions_of_every_kind_are_let_through(
    question: str, rows: list[tuple[Any, ...]], session: Session
) -> None:
    assert ask(session, question) == rows


# The release in front changes


def test_an_open_session_stays_with_its_release_and_says_when_there_is_another(warehouse: Path) -> None:
    with Session(warehouse) as session:
        assert session.newer_release() is None
        newest = make_release(warehouse, rows=9, keep=1)  # which deletes the one that is open
        assert ask(session, "select count(*) from queue_daily") == [(3,)]
        assert session.newer_release() == newest
        session.reopen()
        assert session.release == newest
        assert session.newer_release() is None
        assert ask(session, "select count(*) from queue_daily") == [(9,)]


def test_a_release_that_went_between_finding_and_opening_it_is_passed_over(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect
    newest = ""

    def slow(*arguments: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        nonlocal newest
        monkeypatch.setattr(duckdb, "connect", connect)
        newest = make_release(warehouse, rows=9, keep=1)
        return connect(*arguments, **options)

    monkeypatch.setattr(duckdb, "connect", slow)
    with Session(warehouse) as session:
        assert session.release == newest


def test_a_release_that_cannot_be_opened_is_named(warehouse: Path) -> None:
    database = (warehouse / "current" / "callmart.duckdb").resolve()
    database.chmod(0o600)
    database.write_bytes(b"no database")
    with pytest.raises(ReleaseError, match=rf"^The release {database.parent.name} cannot be opened: "):
        Session(warehouse)


# The dialogue


class Terminal:
    """`scripts/sql` in a terminal of its own."""

    def __init__(self, warehouse: Path) -> None:
        self._unread = b""
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            command = [sys.executable, "-m", "callmart.readers.sql"]
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background ignores it
            os.execve(sys.executable, command, environment(warehouse))

    def type(self, text: str, until: str) -> str:
        """Type it, and return what comes until the text awaited stands there."""
        os.write(self._terminal, text.encode())
        return self.read(until)

    def read(self, until: str, seconds: float = 60) -> str:
        end = time.monotonic() + seconds
        while until.encode() not in self._unread:
            assert time.monotonic() < end, f"{until!r} did not come: {self._unread!r}"
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    self._unread += os.read(self._terminal, 65536)
                except OSError:
                    break
        said, found, self._unread = self._unread.partition(until.encode())
        return (said + found).decode(errors="replace")

    def end(self) -> int:
        """Its exit code; one that does not end by itself is ended."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            ended, status = os.waitpid(self._process, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.kill(self._process, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])


@pytest.fixture
def terminal(warehouse: Path) -> Iterator[Terminal]:
    opened = Terminal(warehouse)
    assert "Release " in opened.read("callmart> ")
    yield opened
    opened.type(".quit\n", "quit")
    assert opened.end() == 0


def test_a_statement_may_go_over_lines_and_hold_a_semicolon_in_a_text(terminal: Terminal) -> None:
    terminal.type("select 'a;b' as said,\n", "     ...> ")
    said = terminal.type("41 + 1 as number;\n", "1 row")
    assert "a;b" in said
    assert "42" in said


def test_the_dialogue_names_tables_and_says_what_columns_mean(terminal: Terminal) -> None:
    assert "One row per day." in terminal.type(".tables queue\n", "1 row")
    said = terminal.type(".describe queue_daily\n", "1 row")
    assert "BIGINT" in said
    assert "\\x1b[2J" in said
    assert "0 rows" in terminal.type(".describe x'--\n", "rows")


def test_an_error_ends_the_statement_and_not_the_dialogue(terminal: Terminal) -> None:
    terminal.type("selec;\n", "Parser Error")
    terminal.type("copy queue_daily to 'x';\n", "COPY is refused")
    terminal.type(".nothing\n", "no command")
    assert "1 row" in terminal.type("select 6 * 7 as answer;\n", "1 row")


def test_ctrl_c_stops_the_query_and_not_the_dialogue(terminal: Terminal) -> None:
    os.write(terminal._terminal, b"select count(*) from range(1000000000000) as r(i) where i % 7 = 3;\n")
    terminal.read("= 3;")
    time.sleep(1)
    terminal.type("\x03", "Stopped.")
    terminal.read("callmart> ")
    terminal.type("select 'half\n", "     ...> ")
    terminal.type("\x03", "callmart> ")
    assert "42" in terminal.type("select 6 * 7 as answer;\n", "1 row")


def test_the_dialogue_says_once_that_readers_see_another_release_and_opens_it(
    warehouse: Path, terminal: Terminal
) -> None:
    newest = make_release(warehouse, rows=9, keep=1)
    said = terminal.type("select count(*) as calls from queue_daily;\n", "1 row")
    assert f"Readers now see the release {newest}" in said
    assert "    3" in said
    assert "Readers now see" not in terminal.type("select count(*) from queue_daily;\n", "1 row")
    assert newest in terminal.type(".reopen\n", f"Release {newest}")
    assert "9" in terminal.type("select count(*) as calls from queue_daily;\n", "1 row")


def test_names_are_completed(terminal: Terminal) -> None:
    assert "queue_daily" in terminal.type("select count(*) from queue_d\t;\n", "1 row")


@pytest.mark.usefixtures("own_environment")
def test_the_command_is_the_same_as_its_module(sample: Path) -> None:
    script = Path(__file__).parents[2] / "scripts" / "sql"
    question = "select count(*) as kpis from kpi_dictionary"
    done = subprocess.run(
        [str(script), "--csv", question],
        env={**os.environ, "CALLMART_WAREHOUSE": str(sample / "warehouse")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == sql(sample / "warehouse", "--csv", question).stdout, done.stderr


def columns_without_comment(session: Session) -> Sequence[tuple[Any, ...]]:
    return ask(
        session,
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and"
        " coalesce(trim(comment), '') = '' union all"
        " select table_name, '' from duckdb_tables() where coalesce(trim(comment), '') = ''",
    )


def test_every_table_and_column_of_the_published_file_says_what_it_means(sample: Path) -> None:
    with Session(sample / "warehouse") as session:
        assert columns_without_comment(session) == []
        [(columns,)] = ask(session, "select count(*) from duckdb_columns() where schema_name = 'marts'")
        assert columns > 800
        described = "from duckdb_columns() where table_name = 'queue_daily'"
        [(comment,)] = ask(session, f"select comment {described} and column_name = 'answered_wait_seconds'")
        assert "Unit: seconds" in comment
