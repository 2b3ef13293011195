"""Files as senders spoil them: every dialect, and cut short, padded, mixed up, empty or not what their names say."""

from __future__ import annotations

import codecs
import gzip
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import duckdb
from hostile_rows import KINDS, Entry, Rows
from hypothesis import strategies as st

from callmart.sql_text import identifier, literal

LONG_TEXT = 10_000_000


@dataclass(frozen=True)
class File:
    """A file as it was written, and what has to land of it.

    Attributes:
        table, name: where it lies below the raw folder.
        content: its bytes.
        records: its records in order; None is one that cannot be parsed.
        rest: the text behind them of which no record can be parsed, however many lines it is taken for.
        skipped: what the reason has to say when nothing of it lands; None when something does.
        spoiled: how it was spoiled.
    """

    table: str
    name: str
    content: bytes
    records: tuple[Entry | None, ...]
    rest: str = ""
    skipped: str | None = None
    spoiled: str = "sound"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The records that can be parsed."""
        return tuple(record for record in self.records if record is not None)

    @property
    def path(self) -> str:
        return f"{self.table}/{self.name}"


PLAIN, LATIN, WIDE = "ab cdé", "abc éàüß§", "ab é€😀\u2028\\"
MARKS = ",;\t|\"'<=@"
FORMATS = ("csv", "csv", "csv", "csv.gz", "jsonl", "jsonl.gz", "parquet", "parquet")
NAMES = (
    "{}",
    "2024/{}",
    "a b {}",
    "it's {}",
    '"{}"',
    "é {}",
    "[{}]*",
    "%20{}#",
    "a\n{}",
    "'); drop table x; --{}",
)
LONGEST_FIRST = sorted(set(FORMATS), key=len, reverse=True)
SOUND = "sound"
# How a file of an ending is spoiled, and, where nothing of it lands, what the reason has to say.
SPOILED: Mapping[str, Mapping[str, str | None]] = {
    "csv": {
        "cut": None,
        "padded with zeros": None,
        "broken lines": None,
        "other delimiter below the header": None,
        "no header": "names no column",
        "delimiter nobody reads": "names no column",
        "header alone": "header and no row",
        "empty": "It is empty",
        "empty lines alone": "It is empty",
        "UTF-16": "UTF-16",
        "zeros": "no text",
        "another ending": "Its name ends in none of",
    },
    "jsonl": {
        "cut": None,
        "padded with zeros": None,
        "broken lines": None,
        "empty": "It is empty",
        "zeros": "no text",
    },
    "gz": {"cut": "cut short", "not compressed": "not compressed", "nothing inside": "It is empty"},
    "parquet": {"cut": "no Parquet file", "text": "no Parquet file", "no row": "holds no row"},
}


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written."""

    delimiter: str
    line_end: str
    encoding: str
    has_mark: bool
    quotes_all: bool
    has_empty_lines: bool
    ends_in_delimiters: bool

    @property
    def alphabet(self) -> str:
        """The signs that a field may hold."""
        letters = LATIN if self.encoding == "latin-1" else WIDE
        # Where a lone carriage return ends the lines, no line feed can be inside a field.
        return letters + MARKS + ("" if self.line_end == "\r" else "\n\n\r")

    def line(self, fields: Sequence[str]) -> str:
        """A record or a header."""
        more = self.delimiter if self.ends_in_delimiters else ""
        return self.delimiter.join(map(self._quoted, fields)) + more + self.line_end

    def _quoted(self, text: str) -> str:
        needed = any(sign in text for sign in (self.delimiter, '"', "\r", "\n"))
        return '"' + text.replace('"', '""') + '"' if needed or self.quotes_all else text


class Files:
    """Draws files of a table, one in three of them spoiled."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        # One seed for what need not shrink: a draw for each value would take longer than the run it is for.
        self.random = Random(draw(st.integers(0, 2**32)))
        self._rows = Rows(self.random)
        self._made = 0

    def of(self, table: str, name: str | None = None) -> File:
        """A file of the table, of a name that no other has unless one is given."""
        if name is None:
            self._made += 1
            ending = self._draw(st.sampled_from(FORMATS))
            name = f"{self._draw(st.sampled_from(NAMES)).format(f'f{self._made}')}.{ending}"
        ending = next(each for each in LONGEST_FIRST if name.endswith(each))
        is_spoiled = self._draw(st.integers(0, 2)) == 0
        file = File(table, name, b"", ())
        if ending == "parquet":
            return self._parquet(file, is_spoiled)
        is_packed = ending.endswith(".gz")
        spoiled = self._spoiling(SPOILED[ending.removesuffix(".gz")], is_spoiled and not is_packed)
        file = replace(file, spoiled=spoiled, skipped=SPOILED[ending.removesuffix(".gz")].get(spoiled))
        file = self._json(file) if ending.startswith("jsonl") else self._delimited(file)
        return self._packed(file, is_spoiled) if is_packed else file

    def _spoiling(self, ways: Mapping[str, str | None], is_spoiled: bool) -> str:
        return self._draw(st.sampled_from(sorted(ways))) if is_spoiled else SOUND

    def _entries(self, table: str, alphabet: str) -> tuple[Entry, ...]:
        return tuple(self._rows.entry(table, alphabet) for _ in range(self._draw(st.integers(1, 9))))

    def _columns(self, file: File) -> list[str]:
        """The columns of a file in any order; one that is empty throughout may be missing."""
        names = dict.fromkeys(name for entry in file.entries for name in entry.values)
        chosen = [
            name
            for name in names
            if name in KINDS[file.table].key
            or any(entry.values[name] for entry in file.entries)
            or self.random.random() < 0.5
        ]
        self.random.shuffle(chosen)
        return chosen

    # Delimited text

    def _dialect(self, spoiled: str) -> Dialect:
        dialect = Dialect(
            delimiter="^" if spoiled == "delimiter nobody reads" else self._draw(st.sampled_from(",,;\t|")),
            line_end=self._draw(st.sampled_from(["\n", "\n", "\r\n", "\r"])),
            encoding=self._draw(st.sampled_from(["utf-8", "utf-8", "latin-1"])),
            has_mark=self._draw(st.booleans()),
            quotes_all=self._draw(st.booleans()),
            has_empty_lines=self._draw(st.integers(0, 4)) == 0,
            ends_in_delimiters=self._draw(st.integers(0, 4)) == 0 and spoiled != "cut",
        )
        if spoiled in ("broken lines", "padded with zeros") and dialect.line_end == "\r":
            dialect = replace(dialect, line_end="\n")  # without a line feed, a NUL is one of the whole file
        return replace(dialect, has_mark=dialect.has_mark and dialect.encoding == "utf-8")

    def _delimited(self, file: File) -> File:
        dialect = self._dialect(file.spoiled)
        # A quote or a delimiter in a text could make a record of what a spoiled one leaves behind.
        plain = PLAIN + "\n" * (dialect.line_end != "\r")
        entries = self._entries(file.table, dialect.alphabet if file.spoiled == SOUND else plain)
        text = KINDS[file.table].text
        if text and file.spoiled == SOUND and self._draw(st.integers(0, 99)) == 0:
            longest = replace(entries[0], values={**entries[0].values, text: "x" * LONG_TEXT})
            entries = (longest, *entries[1:])
        file = replace(file, records=entries)
        # Last comes a column on which nothing depends: of a value cut short there, nobody can tell that it was.
        columns = [*self._columns(file), "note to self"]
        mangled = [self.random.choice([name, name.upper(), f" {name} "]) for name in columns]
        mark = codecs.BOM_UTF8 if dialect.has_mark else b""
        head = mark + dialect.line(mangled).encode(dialect.encoding)
        empty = dialect.line_end * 2 * dialect.has_empty_lines
        lines = [
            dialect.line([entry.values.get(name, self._rows.text("abé")) for name in columns]) + empty
            for entry in entries
        ]
        chunks = [line.encode(dialect.encoding) for line in lines]
        whole = head + b"".join(chunks)
        match file.spoiled:
            case "cut":
                size = self._draw(st.integers(0, len(whole) - 1))
                return _cut_delimited(file, whole[:size], head, chunks, dialect.delimiter)
            case "padded with zeros":
                zeros = "\0" * self.random.choice([1, 100, 5000])
                return replace(file, content=whole + zeros.encode(), rest=zeros)
            case "broken lines":
                others = dialect.delimiter * (len(columns) - 1)
                broken = [
                    line + dialect.line_end
                    for line in ("one field", f"x{others}{others}y", f'"x"y{others}', f"x\0{others}")
                ]
                return self._with_broken_lines(file, head, chunks, broken)
            case "other delimiter below the header":
                other = b"," if dialect.delimiter != "," else b";"
                rest = b"".join(chunks)
                head = head.replace(dialect.delimiter.encode(), other)
                return replace(file, content=head + rest, records=(), rest=rest.decode(dialect.encoding))
            case "sound":
                # Some write no line end behind the last record.
                return replace(file, content=whole.rstrip(b"\r\n") if self.random.random() < 0.2 else whole)
        contents = {
            "no header": b"".join(chunks),
            "delimiter nobody reads": whole,
            "header alone": head,
            "empty": b"",
            "empty lines alone": b"\r\n\n",
            "UTF-16": codecs.BOM_UTF16_LE + "".join(lines).encode("utf-16-le"),
            "zeros": b"\0" * 512,
            "another ending": whole,
        }
        name = f"{file.name}.part" if file.spoiled == "another ending" else file.name
        return replace(file, name=name, content=contents[file.spoiled], records=())

    def _with_broken_lines(
        self, file: File, head: bytes, chunks: Sequence[bytes], broken: Sequence[str]
    ) -> File:
        """The file with lines between its records that are none."""
        content, records = head, list[Entry | None]()
        for entry, chunk in zip(file.records, chunks, strict=True):
            if self.random.random() < 0.5:
                content += self.random.choice(broken).encode()
                records.append(None)
            content += chunk
            records.append(entry)
        return replace(file, content=content, records=tuple(records))

    # JSON Lines

    def _json(self, file: File) -> File:
        is_escaped, is_typed = self._draw(st.booleans()), self._draw(st.booleans())
        file = replace(file, records=self._entries(file.table, WIDE + MARKS + "\n\r"))
        chunks = []
        for entry in file.entries:
            members: dict[str, object] = {"note to self": {"a": [1, "é"]}}
            for column, value in entry.values.items():
                if value or self.random.random() < 0.5:
                    kind = KINDS[file.table].typed.get(column, "")
                    members[self.random.choice([column, column.upper()])] = (
                        _json_value(kind, value) if is_typed or not value else value
                    )
            chunks.append(json.dumps(members, ensure_ascii=is_escaped).encode() + b"\n")
        whole = b"".join(chunks)
        match file.spoiled:
            case "cut":
                return _cut_json(file, whole[: self._draw(st.integers(1, len(whole) - 1))], chunks)
            case "padded with zeros":
                return replace(file, content=whole + b"\0" * 100, rest="\0" * 100)
            case "broken lines":
                broken = ['{"call_id": \n', "[1, 2]\n", "null\n", "no JSON at all\n"]
                return self._with_broken_lines(file, b"", chunks, broken)
            case "empty":
                return replace(file, content=b"", records=())
            case "zeros":
                return replace(file, content=b"\0" * 512, records=())
        return replace(file, content=whole)

    # Compressed files and Parquet

    def _packed(self, file: File, is_spoiled: bool) -> File:
        packed = gzip.compress(file.content, compresslevel=1)
        spoiled = self._spoiling(SPOILED["gz"], is_spoiled)
        if spoiled == SOUND:
            return replace(file, content=packed)
        contents = {
            "cut": packed[: self._draw(st.integers(1, len(packed) - 1))],
            "not compressed": file.content,
            "nothing inside": gzip.compress(b""),
        }
        return replace(
            file, spoiled=spoiled, content=contents[spoiled], records=(), skipped=SPOILED["gz"][spoiled]
        )

    def _parquet(self, file: File, is_spoiled: bool) -> File:
        spoiled = self._spoiling(SPOILED["parquet"], is_spoiled)
        file = replace(file, records=self._entries(file.table, WIDE + MARKS + "\n\r"))
        columns = {column: self._parquet_kind(file, column) for column in self._columns(file)}
        selects = [
            "select "
            + "".join(
                f"cast({literal(entry.values[column]) if entry.values[column] else 'null'} as {kind})"
                f" as {identifier(column)}, "
                for column, kind in columns.items()
            )
            + "{'a': [1]} as note"
            for entry in file.entries
        ]
        query = " union all ".join(selects)
        content = _parquet_bytes(f"select * from ({query}) limit {0 if spoiled == 'no row' else 99}")
        if spoiled == SOUND:
            return replace(file, content=content)
        if spoiled == "cut":
            content = content[: self._draw(st.integers(0, len(content) - 1))]
        if spoiled == "text":
            content = b"call_id,direction\nc1,inbound\n"
        return replace(
            file, spoiled=spoiled, content=content, records=(), skipped=SPOILED["parquet"][spoiled]
        )

    def _parquet_kind(self, file: File, column: str) -> str:
        """The type of a column: in one file a number or an instant, in the next one text."""
        kind = KINDS[file.table].typed.get(column)
        values = [entry.values[column] for entry in file.entries if entry.values[column]]
        is_typed = kind is not None and self.random.random() < 0.6
        return kind if kind and is_typed and all(_casts(kind, value) for value in values) else "varchar"


def _cut_delimited(file: File, content: bytes, head: bytes, chunks: Sequence[bytes], delimiter: str) -> File:
    """The file as far as it was written when its sender broke off."""
    if len(content) <= len(head):
        return replace(
            file, content=content, records=(), skipped=""
        )  # whatever is left of the header: no row
    records, start = list[Entry | None](), len(head)
    for entry, chunk in zip(file.records, chunks, strict=True):
        written = content[start : start + len(chunk)]
        start += len(chunk)
        if written.rstrip(b"\r\n") == chunk.rstrip(b"\r\n"):
            records.append(entry)
            continue
        text, is_whole_character = _as_read(written, content)
        if is_whole_character and _reaches_last_field(written, chunk, delimiter.encode()):
            return _landing(file, content, [*records, entry], "")
        return _landing(file, content, records, text)
    return _landing(file, content, records, "")


def _cut_json(file: File, content: bytes, chunks: Sequence[bytes]) -> File:
    records, start = list[Entry | None](), 0
    for entry, chunk in zip(file.records, chunks, strict=True):
        written = content[start : start + len(chunk)]
        start += len(chunk)
        if written.rstrip(b"\n") != chunk.rstrip(b"\n"):
            return _landing(file, content, records, _as_read(written, content)[0])
        records.append(entry)
    return _landing(file, content, records, "")


def _landing(file: File, content: bytes, records: Sequence[Entry | None], rest: str) -> File:
    is_skipped = not records and not rest.strip("\r\n")
    skipped = "header and no row" if is_skipped else None
    return replace(file, content=content, records=tuple(records), rest=rest, skipped=skipped)


def _reaches_last_field(written: bytes, chunk: bytes, delimiter: bytes) -> bool:
    """Whether every delimiter of the record was written, and what follows them is not inside quotes."""
    is_inside, last = False, 0
    for place in range(len(chunk)):
        sign = chunk[place : place + 1]
        is_inside ^= sign == b'"'
        if sign == delimiter and not is_inside:
            last = place + 1
    return len(written) >= last and written[last:].count(b'"') % 2 == 0


def _as_read(written: bytes, content: bytes) -> tuple[str, bool]:
    """A part of the file as text, and whether it does not end inside a character.

    The file is UTF-8 if all of it is, but for a character cut at its end; else Latin-1.
    """
    try:
        content.decode()
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data" and error.end == len(content)
        if is_cut and not content[: error.start].isascii():
            text = written.decode("utf-8", "surrogateescape")
            return text.encode("utf-8", "replace").decode(), False
        return written.decode("latin-1"), True
    return written.decode(), True


def _json_value(kind: str, value: str) -> object:
    if not value:
        return None
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    is_number = kind.startswith(("integer", "bigint", "double", "decimal"))
    return json.loads(value) if is_number and _casts(kind, value) else value


def _casts(kind: str, value: str) -> bool:
    """Whether a value can be one of the type."""
    if kind.startswith(("timestamp", "date")):
        return value.startswith("20") and value[4] == "-" and "-02-30" not in value
    if kind == "boolean":
        return value in ("true", "false")
    return value.lstrip("-").replace(".", "", 1).isdigit() and len(value) < 8


def _parquet_bytes(query: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as connection:
        path = Path(folder, "made.parquet")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet)")
        return path.read_bytes()
