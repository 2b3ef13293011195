"""Raw data with canaries and hostile texts in them: what nobody may find in an output, and what has to stay a text.

A canary is a telephone number, an e-mail address, a name or a link that occurs once, so that where it is found says
where it leaked from. They stand in every column of personal data, in columns nobody declared, in values that cannot be
cast, in lines that cannot be parsed and in files that cannot be read.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from callmart.contract import Column, Table, read_contract
from callmart.paths import PROJECT
from callmart.sample import write_sample

SALT = "a salt of the test's own"
UNDECLARED = (
    "email",
    "phone",
    "full_name",
    "recording_link",
    "'; drop table calls; --",
    "<script>x</script>",
    "{{ x }}",
)

# What is tried as a name of a queue, campaign, team, agent, code, reason...: each has to arrive as it is.
HOSTILE = (
    "'; drop table marts.fct_calls; --",
    '"; drop schema marts cascade; --',
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    "<img src=x onerror=hacked()>",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "../../../etc/passwd",
    "/etc/passwd",
    "\x1b[2J\x1b]0;owned\x07",
    "a\x9b31mb\u202ec",
    "one\r\ntwo\nthree",
    "{{ env_var('CALLMART_SALT') }}",
    "{% do adapter.drop_schema('marts') %}",
    "$(touch hacked)",
    "`touch hacked`; rm -rf .",
    "${HOME} $1 %s %(x)s {0}",
    "null",
    "long " + "x" * 20_000,
)


@dataclass
class Planted:
    """What was planted.

    Attributes:
        raw: the raw folder.
        canaries: every canary, with the table and the column it stands in.
    """

    raw: Path
    canaries: dict[str, str] = field(default_factory=dict)

    def needles(self) -> dict[str, list[bytes]]:
        """The bytes that give a canary away: in two encodings, and of a number also its digits alone."""
        found = {}
        for canary in self.canaries:
            digits = re.sub(r"\D", "", canary)
            is_number = len(digits) >= 9 and not re.search("[a-z]", canary, re.IGNORECASE)
            spellings = {canary, *([digits, digits.removeprefix("00")] if is_number else [])}
            found[canary] = [
                text.encode(code) for text in spellings for code in ("utf-8", "utf-16-le", "utf-16-be")
            ]
        return found


def plant(raw: Path, legs: int, days: int) -> Planted:
    """A sample with planted files beside its own."""
    write_sample(raw, legs=legs, days=days)
    planted = Planted(raw)
    canaries = _Canaries(planted)
    for table in read_contract().tables.values():
        _write(raw / table.name / "planted.csv", _rows(table, canaries))
        _write_broken(raw, table, canaries)
    _write_hostile(raw)
    return planted


def project_copy(folder: Path) -> Path:
    """A copy of the project whose seed of dispositions has hostile codes and names."""
    for part in (
        "models",
        "seeds",
        "macros",
        "analyses",
        "scripts",
        "tests/generic",
        "tests/agreement",
        "docs",
    ):
        shutil.copytree(PROJECT / part, folder / part)
    for name in ("dbt_project.yml", "profiles.yml", "requirements.lock"):
        shutil.copy(PROJECT / name, folder / name)
    path = folder / "seeds" / "dispositions.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    model = next(row for row in rows if not any(value == "true" for value in row.values()))
    for number, text in enumerate(HOSTILE[:-1]):
        rows.append({**model, "code": f"hostile {number}", "label_en": text, "label_fr": text})
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


class _Canaries:
    """Makes canaries, no two alike."""

    def __init__(self, planted: Planted) -> None:
        self._planted = planted
        self._number = 0

    def new(self, where: str, kind: str) -> str:
        self._number += 1
        number = f"{self._number:04d}"
        spellings = (
            f"+33 7 99 {number[:2]} {number[2:]} 51",
            f"0033799{number}86",
            f"(0) 799.{number[:2]}.{number[2:]}.31-1",
            f"00 41 799{number}77",
        )
        text = {
            "phone": spellings[self._number % len(spellings)],
            "email": f"canary{self._number}.{where.replace('.', '-')}@leak.example",
            "name": f"Zoé O'Canary-{self._number} {where.title()}",
            "link": f"https://recordings.leak.example/{self._number}/{where}.wav?token=canary",
        }[kind]
        self._planted.canaries[text] = where
        return text


def _rows(table: Table, canaries: _Canaries) -> Iterator[dict[str, str]]:
    """Good rows with canaries in the columns that may hold some; then a row for each value that cannot be cast."""
    for number in range(3):
        row = {column.name: _sound(column, f"planted-{number}") for column in table.columns}
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            if column.personal == "phone":
                row[column.name] = canaries.new(where, "phone")
            elif column.personal == "presence":
                row[column.name] = canaries.new(where, "link")
            elif column.personal == "drop":
                row[column.name] = canaries.new(where, "name")
            elif column.personal == "key":
                row[column.name] = canaries.new(where, ("email", "phone", "name")[number])
        row |= _undeclared(table, canaries)
        yield row
    for column in table.columns:
        if column.type != "text" or column.allowed:
            row = {other.name: _sound(other, f"cast-{column.name}") for other in table.columns}
            row[column.name] = canaries.new(
                f"{table.name}.{column.name}", ("email", "phone", "name")[len(column.name) % 3]
            )
            yield row | _undeclared(table, canaries)


def _undeclared(table: Table, canaries: _Canaries) -> dict[str, str]:
    kinds = ("email", "phone", "name", "link", "name", "email", "phone")
    return {
        name: canaries.new(f"{table.name}.undeclared{number}", kind)
        for number, (name, kind) in enumerate(zip(UNDECLARED, kinds, strict=True))
    }


def _sound(column: Column, key: str) -> str:
    """A value that the contract takes."""
    if column.allowed:
        return "answered" if "answered" in column.allowed else column.allowed[0]
    if column.personal:
        return ""
    return {
        "text": key if column.required else "",
        "instant": "2024-02-05T10:00:00Z" if column.required else "",
        "date": "2024-02-05" if column.required else "",
        "seconds": "7",
        "integer": "1",
        "decimal": "1.5",
        "boolean": "false",
        "timezone": "Europe/Paris",
    }[column.type]


def _write_broken(raw: Path, table: Table, canaries: _Canaries) -> None:
    """Lines that cannot be parsed, files that cannot be read, and files that lie in the wrong place."""
    folder, names = raw / table.name, ",".join(table.column_names)
    person = [canaries.new(f"{table.name}.broken", kind) for kind in ("phone", "email", "name", "link")]
    (folder / "broken lines.csv").write_text(f'{names}\n"{", ".join(person)}\n')
    (folder / "broken.jsonl").write_text(f'{{"{table.column_names[0]}": {json.dumps(person[1])}\n')
    (folder / "no header.csv").write_text(f"{person[0]};{person[2]}\n{person[3]}\n")
    (folder / "half.parquet").write_bytes(b"PAR1" + person[1].encode())
    (folder / "letter.docx").write_text(person[2])
    (raw / f"stray {table.name}.csv").write_text(person[0])


def _write_hostile(raw: Path) -> None:
    """Each hostile text as every name there is, and as names of files."""
    columns: Mapping[str, tuple[str, ...]] = {
        "queues": ("queue_id", "queue_name", "site", "language", "business_hours_id", "source_system"),
        "campaigns": ("campaign_id", "campaign_name", "campaign_type", "objective"),
        "agents": ("agent_id", "team_id", "site", "language"),
        "customers": ("customer_id", "segment", "country", "region", "gender", "acquired_campaign_id"),
        "leads": ("lead_id", "campaign_id", "industry", "owner_agent_id", "source_channel"),
        "contact_lists": ("contact_list_id", "campaign_id"),
        "survey_responses": ("response_id", "survey_id", "question_id", "agent_id", "team_id"),
        "tickets": ("ticket_id", "queue_id", "agent_id", "channel", "priority", "product_feature"),
        "calls": ("call_id", "interaction_id", "queue_id", "agent_id", "customer_id", "campaign_id", "lead_id",
                  "contact_list_id", "source_channel", "contact_reason", "product_feature", "source_system"),
    }  # fmt: skip
    for name, hostile in columns.items():
        table = read_contract().tables[name]
        rows = []
        for number, text in enumerate(HOSTILE):
            row = {column.name: _sound(column, f"hostile-{number}") for column in table.columns}
            row |= dict.fromkeys(hostile, text)
            if name == "survey_responses":
                row |= {"survey_type": "csat", "scale_min": "0", "scale_max": "10", "score": "5"}
            if name == "calls":
                row["disposition_code"] = f"hostile {number}" if number % 2 else text
                row |= {"queued_at": "2024-02-05T10:00:00Z", "answered_at": "2024-02-05T10:00:07Z",
                        "ended_at": "2024-02-05T10:01:00Z"}  # fmt: skip
            rows.append(row)
        _write(raw / name / "hostile.csv", rows)
        for number, text in enumerate(HOSTILE[:-1]):
            shutil.copy(raw / name / "hostile.csv", raw / name / f"{number} {text.replace('/', '_')}.csv")
    nul = {"call_id": "nul", "direction": "inbound", "outcome": "answered", "started_at": "2024-02-05T10:00:00Z",
           "contact_reason": "before\0after"}  # fmt: skip
    (raw / "calls" / "nul.jsonl").write_text(json.dumps(nul) + "\n")
    with duckdb.connect() as connection:
        names = ", ".join(
            f'{number} as "{name.replace(chr(34), chr(34) * 2)}"' for number, name in enumerate(HOSTILE[:-1])
        )
        connection.execute(
            f"copy (select 'parquet' as call_id, 'inbound' as direction, 'answered' as outcome,"
            f" '2024-02-05T10:00:00Z' as started_at, {names}) to '{raw / 'calls' / 'columns.parquet'}' (format parquet)"
        )


def _write(path: Path, rows: Iterator[dict[str, str]] | list[dict[str, str]]) -> None:
    found = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(found[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(found)


# What is made of it


@dataclass(frozen=True)
class Built:
    """A folder in which everything was made, and nothing else may be.

    Attributes:
        folder: holds `raw`, `warehouse`, `project` (a copy, with hostile seeds) and `cwd`, where commands run.
        canaries: every canary in the raw files, with the table and column it stands in.
        said: what each command printed, standard output and error together.
        codes: the exit code of each.
    """

    folder: Path
    canaries: Mapping[str, str]
    said: Mapping[str, str]
    codes: Mapping[str, int]

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"

    @property
    def release(self) -> Path:
        return (self.warehouse / "current").resolve()


def data_of(dashboard: str) -> str:
    """The figures of a dashboard, which its page holds compressed."""
    held = re.search(r'id="data">([^<]*)<', dashboard)
    assert held
    return zlib.decompress(base64.b64decode(held[1])).decode()


# What users run on a release; `{out}` is the folder that nothing but these may write to.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "build": ("callmart.build", "--strict"),
    "sql table": ("callmart.readers.sql", "from dim_queues; from rejection_summary; from fct_calls"),
    "sql csv": ("callmart.readers.sql", "--csv", "from dim_queues"),
    "sql json": ("callmart.readers.sql", "--json", "from dim_queues"),
    "sql error": ("callmart.readers.sql", "select contact_reason::integer from fct_calls"),
    "alerts": ("callmart.alerts", "--since", "2024-01-01"),
    "alerts json": ("callmart.alerts", "--since", "2024-01-01", "--json"),
    "runs": ("callmart.readers.runs",),
    "export": ("callmart.sinks.parquet", "--out", "{out}/parquet"),
    "dashboard": ("callmart.dashboard", "--out", "{out}/dashboard.html", "--lang", "fr"),
    "build without a salt": ("callmart.build", "--full-refresh"),
}


def run_commands(folder: Path, canaries: Mapping[str, str]) -> Built:
    """Run every command on the folder's raw data."""
    (folder / "cwd").mkdir()
    (folder / "out").mkdir()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CALLMART_")}
    given = {
        **inherited,
        "CALLMART_RAW": str(folder / "raw"),
        "CALLMART_WAREHOUSE": str(folder / "warehouse"),
        "PYTHONPATH": str(folder / "project" / "scripts"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DO_NOT_TRACK": "1",
    }
    said, codes = {}, {}
    for name, command in COMMANDS.items():
        done = subprocess.run(
            [sys.executable, "-m", *(part.format(out=folder / "out") for part in command)],
            env=given if "without a salt" in name else {**given, "CALLMART_SALT": SALT},
            cwd=folder / "cwd",
            capture_output=True,
            check=False,
        )
        said[name] = (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
        codes[name] = done.returncode
    return Built(folder, canaries, said, codes)
