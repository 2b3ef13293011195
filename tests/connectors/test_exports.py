"""Exports are read as vendors write them: without a header, ragged, one document behind the other, under any name."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from callmart.connectors import exports_of
from callmart.contract import ContractError, read_exports, snake_case
from callmart.landing import LandingReport, RunFacts, land, phone_numbers_present
from callmart.settings import SettingsError, load_settings
from callmart.text_files import UnreadableFileError, probe, records_of_document

NOW = datetime(2024, 7, 1, tzinfo=UTC)
CDR = (
    '"","0199000101","201","from-trunk","","a","b","Dial","",'
    '"2024-03-04 09:00:00","","2024-03-04 09:00:05",5,0,"{}","x"'
)


class Centre:
    """A raw folder and a work file."""

    def __init__(self, raw: Path, connection: duckdb.DuckDBPyConnection, folders: Mapping[str, list[str]]):
        self.raw, self.connection, self.folders = raw, connection, folders
        self.runs = 0

    def write(self, name: str, content: str | bytes) -> None:
        path = self.raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (1_700_000_000 + self.runs, 1_700_000_000 + self.runs))

    def land(self) -> LandingReport:
        facts = RunFacts(NOW, "pepper", False, is_full_refresh=self.runs == 0)
        report = land(self.connection, self.raw, facts, {}, connectors=self.folders)
        self.connection.execute("update raw.run set completed_at = run_started_at")
        self.runs += 1
        return report

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query).fetchall()


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    folders = {
        "amazon_connect": ["amazon_connect"],
        "asterisk": ["asterisk@lyon", "asterisk@paris"],
        "qualtrics": ["qualtrics"],
    }
    with duckdb.connect(tmp_path / "work.duckdb") as connection:
        yield Centre(tmp_path / "raw", connection, folders)


def test_documents_follow_each_other_with_or_without_line_ends(centre: Centre) -> None:
    centre.write("amazon_connect/contact_records/2024/03/a-1-x", '{"ContactId":"a"}{"ContactId":"b"}')
    centre.write(
        "amazon_connect/contact_records/b.json",
        '[{"ContactId":"c"},\n{"ContactId":"d"}]\n\n{"ContactId":"e"}',
    )
    centre.write("amazon_connect/contact_records/c.jsonl", '{"ContactId":"f"}\nno json\n')
    centre.write("amazon_connect/contact_records/d.gz", gzip.compress(b'{"ContactId":"g"} {"ContactId":"h"}'))
    report = centre.land()
    assert [(file.status, file.landed_rows, file.unparseable_lines) for file in report.files] == [
        ("loaded", 2, 0),
        ("loaded", 3, 0),
        ("loaded", 2, 1),
        ("loaded", 2, 0),
    ]
    rows = centre.ask("select contactid, _row from raw.amazon_connect__contact_records order by contactid")
    assert rows == [(*pair,) for pair in zip("abcdefgh", (1, 2, 1, 2, 3, 1, 1, 2), strict=True)]


@pytest.mark.parametrize("text", ['{"ContactId":"a"}{"Conta', "{", "[" * 100_000, "\u00e9"])
def test_a_cut_document_is_skipped_and_named(text: str, centre: Centre) -> None:
    centre.write("amazon_connect/contact_records/a", text)
    centre.write("amazon_connect/contact_records/b", '{"ContactId":"b"}')
    report = centre.land()
    assert [(file.file, file.reason) for file in report.skipped] == [
        ("amazon_connect/contact_records/a", "It is no JSON, or only part of it: send it again.")
    ]
    assert centre.ask("select contactid from raw.amazon_connect__contact_records") == [("b",)]


def test_values_in_a_document_stay_as_the_file_writes_them(centre: Centre) -> None:
    written = '{"n":12.50,"b":9007199254740993,"e":"\\u001b[31m"}'
    hostile = '{"ContactId":"<script>\'\\u0000\\"","Agent":' + written + ',"Queue":null}'
    centre.write("amazon_connect/contact_records/a", hostile)
    centre.land()
    [(contact, agent, queue)] = centre.ask(
        "select contactid, agent, queue from raw.amazon_connect__contact_records"
    )
    assert str(contact).startswith("<script>'")
    assert '"n":"12.50"' in str(agent).replace(" ", "")
    assert "9007199254740993" in str(agent)
    assert queue is None


def test_records_of_a_page_are_those_its_member_lists(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text(
        '{"meta": {"count": 2}, "calls": [{"id": 1}, {"id": 2.50}, 3]}\n{"calls": []}{"other": 1}'
    )
    records = list(records_of_document(probe(path, is_compressed=False), "calls"))
    assert [(record.row, record.text) for record in records] == [
        (1, '{"id": 1}'),
        (2, '{"id": "2.50"}'),
        (3, "3"),
        (4, '{"other": 1}'),
    ]
    assert [record.error for record in records] == [None, None, "It is JSON, but no object.", None]
    path.write_text('{"response": {"count": 1, "data": [{"id": 1}]}}{"response": {}}{"response": [2]}')
    records = list(records_of_document(probe(path, is_compressed=False), "response.data"))
    assert [record.text for record in records] == ['{"id": 1}', '{"response": {}}', '{"response": [2]}']
    path.write_text("{}x")
    with pytest.raises(UnreadableFileError):
        list(records_of_document(probe(path, is_compressed=False), None))


def test_columns_with_names_of_the_users_own_are_kept_where_the_export_says_so(centre: Centre) -> None:
    centre.write("qualtrics/responses/a.csv", 'ResponseId,Q1 (NPS),Status,Q2\nR_1,9,0,"a""b"\n')
    centre.write(
        "qualtrics/responses/b.json", '{"responses":[{"responseId":"R_2","labels":{"QID1":"x"},"values":{}}]}'
    )
    centre.write("amazon_connect/contact_records/a", '{"ContactId":"a","Other":1}')
    centre.land()
    rows = centre.ask("select responseid, status, _unlisted from raw.qualtrics__responses order by 1")
    assert [(row[0], row[1], json.loads(str(row[2]))) for row in rows] == [
        ("R_1", "0", {"q1_nps": "9", "q2": 'a"b'}),
        ("R_2", None, {"labels": {"QID1": "x"}}),
    ]
    assert centre.ask("select _unlisted from raw.amazon_connect__contact_records") == [(None,)]


def test_fields_that_a_vendor_adds_at_the_end_may_be_missing(centre: Centre) -> None:
    old, new = CDR.format("NO ANSWER"), CDR.format("BUSY") + ',"u.2","","","u.1",7'
    centre.write("asterisk@lyon/cdr/old", f"{old}\n{old}\n")
    centre.write("asterisk@lyon/cdr/mixed.csv", f"{old}\n{new}\n{new},8\n")
    centre.write("asterisk@lyon/cdr/new.csv", f"{new}\n")
    report = centre.land()
    assert [(file.landed_rows, file.unparseable_lines) for file in report.files] == [(3, 1), (1, 0), (2, 0)]
    rows = centre.ask(
        "select _file, _row, disposition, uniqueid, linkedid from raw.asterisk__cdr order by all"
    )
    assert rows == [
        ("asterisk@lyon/cdr/mixed.csv", 1, "NO ANSWER", None, None),
        ("asterisk@lyon/cdr/mixed.csv", 2, "BUSY", "u.2", "u.1"),
        ("asterisk@lyon/cdr/new.csv", 1, "BUSY", "u.2", "u.1"),
        ("asterisk@lyon/cdr/old", 1, "NO ANSWER", None, None),
        ("asterisk@lyon/cdr/old", 2, "NO ANSWER", None, None),
    ]


def test_ragged_lines_are_cut_at_the_delimiter_alone(centre: Centre) -> None:
    centre.write(
        "asterisk@lyon/queue_log/queue_log.1",
        '1|NONE|NONE|NONE|QUEUESTART|\n2|c|q|"Al|PAUSE|a,"b\n3|c|q|x|BLINDTRANSFER|1|2|3|4|5|6\n',
    )
    centre.land()
    assert centre.ask(
        "select event_time, agent, event, data1, data5 from raw.asterisk__queue_log order by 1"
    ) == [
        ("1", "NONE", "QUEUESTART", None, None),
        ("2", '"Al', "PAUSE", 'a,"b', None),
        ("3", "x", "BLINDTRANSFER", "1", "5|6"),
    ]


def test_a_new_file_brings_back_all_files_of_its_folder_that_are_read_whole_and_no_other(
    centre: Centre,
) -> None:
    centre.write("asterisk@lyon/cdr/a.csv", CDR.format("BUSY"))
    centre.write("asterisk@lyon/queue_log/a", "1|c|q|x|ENTERQUEUE")
    centre.write("asterisk@paris/cdr/a.csv", CDR.format("BUSY"))
    centre.write("amazon_connect/contact_records/a", '{"ContactId":"a"}')
    centre.land()
    assert [file for file in centre.land().files if file.read_because] == []
    centre.write("asterisk@lyon/cdr/b.csv", CDR.format("BUSY"))
    centre.write("amazon_connect/contact_records/b", '{"ContactId":"b"}')
    assert {file.file: file.read_because for file in centre.land().files} == {
        "amazon_connect/contact_records/a": None,
        "amazon_connect/contact_records/b": "new",
        "asterisk@lyon/cdr/a.csv": "judged again",
        "asterisk@lyon/cdr/b.csv": "new",
        "asterisk@lyon/queue_log/a": "judged again",
        "asterisk@paris/cdr/a.csv": None,
    }


def test_a_vendors_telephone_numbers_ask_for_a_salt(centre: Centre) -> None:
    centre.write("amazon_connect/contact_records/a", '{"ContactId":"a"}')
    centre.land()
    assert not phone_numbers_present(centre.connection, connectors=centre.folders)
    centre.write(
        "amazon_connect/contact_records/b", '{"ContactId":"a","CustomerEndpoint":{"Address":"+33199000101"}}'
    )
    centre.land()
    assert phone_numbers_present(centre.connection, connectors=centre.folders)


def test_a_connector_that_is_off_reads_nothing_and_its_folder_is_named(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work")
        connection.execute("use work")
        off = Centre(tmp_path, connection, {})
        off.write("asterisk/cdr/a.csv", CDR.format("BUSY"))
        report = off.land()
        assert report.unknown_folders == ("asterisk",)
        assert report.missing_required == ("calls",)
        assert not off.ask("select 1 from information_schema.tables where table_name like 'asterisk%'")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("ContactId", "contactid"),
        ("Recorded Date", "recorded_date"),
        (" Q1 (NPS) ", "q1_nps"),
        ("a__b", "a_b"),
    ],
)
def test_columns_are_called_in_snake_case(name: str, column: str) -> None:
    assert snake_case(name) == column


def test_an_export_that_is_described_badly_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "_x__sources.yml"
    path.write_text("sources: [{name: x, tables: [{name: calls, identifier: calls}]}]")
    with pytest.raises(ContractError, match="identifier `x__calls`"):
        read_exports(path, "x")
    path.write_text(
        "sources: [{name: x, tables: [{name: a, identifier: x__a, config: {meta: {headers: false}}}]}]"
    )
    with pytest.raises(ContractError, match="Remove `headers`"):
        read_exports(path, "x")
    assert list(exports_of({"asterisk": ["asterisk"]})) == ["asterisk__cdr", "asterisk__queue_log"]


# The setting


def test_an_entry_is_a_name_or_says_more() -> None:
    text = "{connectors: [amazon_connect, {connector: asterisk, instance: lyon, timezone: Europe/Paris}]}"
    settings = load_settings(vars_text=text)
    assert settings.connector_folders == {"amazon_connect": ["amazon_connect"], "asterisk": ["asterisk@lyon"]}
    assert settings.model_dump()["connectors"][0]["connector"] == "amazon_connect"


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ("[asterix]", "did you mean asterisk"),
        ("[asterisk, asterisk]", "Name asterisk once"),
        ("[{connector: asterisk, instance: a}, {connector: asterisk, instance: a}]", "Name asterisk@a once"),
        ('[{connector: asterisk, instance: "x\' or 1=1"}]', "Set connectors to"),
        ("[{connector: asterisk, timezone: Europe/Pariss}]", "Set connectors to"),
        ('[{connector: asterisk, options: {outbound_contexts: ["a\'b"]}}]', "Set connectors to"),
        ("[{connector: asterisk, zone: UTC}]", "Set connectors to"),
        ("all", "Set connectors to"),
        ("[7]", "Set connectors to"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(entries: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load_settings(vars_text=f"{{connectors: {entries}}}")
