"""Text files as they really arrive: what they are made of, and their records one by one.

DuckDB reads a sound file by itself, and fast. What is here looks at a file before that (`probe`), reads its
header, and, for a file that is not sound throughout, tells the sound records from the others
(`delimited_records`, `lines_of_records`) and writes both in a form that cannot be misread (`CleanFile`).

A record is a line, or several when a quoted field holds line ends. Empty lines are no records. Records are
numbered from 1, the header not counted, those that cannot be parsed counted.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, NamedTuple, Self, cast

DELIMITERS = (",", ";", "\t", "|")
RECORD_LIMIT = 32 * 1024 * 1024  # characters; a longer record is taken for a broken one
KEPT_TEXT = 1024 * 1024  # characters kept of a record over the limit
CHUNK = 4 * 1024 * 1024  # bytes read at a time

MAGIC = {
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "compressed by gzip",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}

_NEITHER_QUOTE_NOR_END = bytes(byte for byte in range(256) if byte not in b'"\n')

LineEnd = Literal["lf", "crlf", "cr", "mixed"]


class UnreadableFileError(Exception):
    """The file as a whole cannot be used; the message is a sentence that says why and what to do."""


@dataclass(frozen=True)
class TextFile:
    """A text file and what its bytes are made of.

    `is_cut`: it ends in the middle of a UTF-8 character, as a half-written file does. `line_count` counts its
    lines, `record_count` those that end outside of quotes; both are null when there are empty lines, and the
    latter when a quote is left open.
    """

    path: Path
    is_compressed: bool
    encoding: Literal["utf-8", "latin-1"]
    line_end: LineEnd
    has_quote: bool
    has_nul: bool
    is_cut: bool
    line_count: int | None
    record_count: int | None

    @property
    def is_regular(self) -> bool:
        """Whether DuckDB's own reader and this module see the same lines in it."""
        is_text = self.encoding == "utf-8" and not self.has_nul and not self.is_cut
        return is_text and self.line_end in ("lf", "crlf")

    def lines(self) -> Iterator[str]:
        """Lines with their ends, without a byte-order mark, each cut after RECORD_LIMIT + 1 characters.

        Bytes that are not valid in the encoding come as surrogates.
        """
        newline = "\r" if self.line_end == "cr" else "\n"
        with (
            _open(self.path, self.is_compressed) as stream,
            io.TextIOWrapper(stream, self.encoding, errors="surrogateescape", newline=newline) as text,
        ):
            line = text.readline(RECORD_LIMIT + 1).removeprefix("\ufeff")
            while line:
                yield line
                while len(line) > RECORD_LIMIT and not line.endswith(newline):
                    line = text.readline(RECORD_LIMIT + 1)
                line = text.readline(RECORD_LIMIT + 1)


def _open(path: Path, is_compressed: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_compressed else path.open("rb")


def probe(path: Path, is_compressed: bool) -> TextFile:
    """Read the file once, to its end. Raises UnreadableFileError when it is empty, damaged or no text."""
    scan = _Scan()
    try:
        with _open(path, is_compressed) as stream:
            while chunk := stream.read(CHUNK):
                scan.add(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFileError(
            "It is cut short, damaged or not compressed by gzip: send it again."
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            f"It cannot be opened ({error.strerror}): check its access rights."
        ) from error
    return scan.result(path, is_compressed)


class _Scan:
    """What `probe` gathers from one chunk of bytes to the next."""

    def __init__(self) -> None:
        self.size = 0
        self.counts = dict.fromkeys((b"\r", b"\n", b"\r\n", b'"', b"\0"), 0)
        self.tail = b"\n"
        self.has_empty_line = False
        self.ends_outside_quotes = 0
        self.is_inside_quotes = False
        self.decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self.is_utf8 = True
        self.has_wide_characters = False

    def add(self, chunk: bytes) -> None:
        if self.size == 0:
            _refuse_binary(chunk)
        self.size += len(chunk)
        for sequence in self.counts:
            self.counts[sequence] += chunk.count(sequence)
        joint = self.tail + chunk
        self.counts[b"\r\n"] += self.tail.endswith(b"\r") and chunk.startswith(b"\n")
        self.has_empty_line |= b"\n\n" in joint or b"\n\r\n" in joint
        self.tail = joint[-2:]
        self._count_ends(chunk)
        self._decode(chunk)

    def _count_ends(self, chunk: bytes) -> None:
        """Count the line ends that have an even number of quotes before them."""
        if b'"' not in chunk:
            self.ends_outside_quotes += 0 if self.is_inside_quotes else chunk.count(b"\n")
            return
        marks = (b'"' if self.is_inside_quotes else b"") + chunk.translate(None, _NEITHER_QUOTE_NOR_END)
        self.is_inside_quotes = marks.count(b'"') % 2 == 1
        outside = marks.replace(b'""', b"").split(b'"')[::2]
        self.ends_outside_quotes += sum(len(ends) for ends in outside)

    def _decode(self, chunk: bytes) -> None:
        if not self.is_utf8:
            return
        try:
            self.has_wide_characters |= not self.decoder.decode(chunk).isascii()
        except UnicodeDecodeError:
            self.is_utf8 = False

    def result(self, path: Path, is_compressed: bool) -> TextFile:
        if self.size == self.counts[b"\r"] + self.counts[b"\n"]:
            raise UnreadableFileError("It is empty: send it again if it should hold rows.")
        is_cut = self.is_utf8 and bool(self.decoder.getstate()[0])
        is_utf8 = self.is_utf8 and (not is_cut or self.has_wide_characters)
        unended = 0 if self.tail.endswith(b"\n") else 1
        is_uncertain = self.has_empty_line or self.is_inside_quotes
        return TextFile(
            path=path,
            is_compressed=is_compressed,
            encoding="utf-8" if is_utf8 else "latin-1",
            line_end=self._line_end(),
            has_quote=self.counts[b'"'] > 0,
            has_nul=self.counts[b"\0"] > 0,
            is_cut=is_utf8 and is_cut,
            line_count=None if self.has_empty_line else self.counts[b"\n"] + unended,
            record_count=None if is_uncertain else self.ends_outside_quotes + unended,
        )

    def _line_end(self) -> LineEnd:
        returns, feeds, pairs = (self.counts[sequence] for sequence in (b"\r", b"\n", b"\r\n"))
        if returns == 0:
            return "lf"
        if feeds == 0:
            return "cr"
        return "crlf" if returns == feeds == pairs else "mixed"


def _refuse_binary(start: bytes) -> None:
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            raise UnreadableFileError(f"It is {kind}, not what its name says: rename it or write it again.")
    if b"\0" in start.partition(b"\n")[0]:
        raise UnreadableFileError("It is no text, or only half written: write it again as UTF-8 text.")


@dataclass(frozen=True)
class Header:
    """The columns a delimited file names, and how it separates them.

    `is_first_line`: nothing, not even an empty line, precedes it, and it takes one line. `is_written`: it is in the
    file, else known from elsewhere. `is_ragged`: a record may have fewer fields, no quotes, and delimiters in the last.
    """

    names: tuple[str, ...]
    delimiter: str
    is_first_line: bool
    is_written: bool = True
    is_ragged: bool = False


def contract_column(name: str) -> str:
    """The column of the contract that a file's name of it stands for, known or not."""
    return name.strip().lower()


def read_header(
    file: TextFile, known: frozenset[str], column_of: Callable[[str], str] = contract_column
) -> Header:
    """Header under the delimiter that gives it most of the known names; `column_of` tells what a name stands for.

    Raises UnreadableFileError when no delimiter gives any.
    """
    best: tuple[int, Header] | None = None
    for delimiter in DELIMITERS:
        header = _header(_Lines(file.lines()), delimiter, column_of)
        found = len(known.intersection(header.names)) if header else 0
        if header and found > (best[0] if best else 0):
            best = (found, header)
    if best is None:
        raise UnreadableFileError(
            "Its first line names no column of this table: check that it is the header, and the folder."
        )
    return best[1]


def text_of_header(file: TextFile, header: Header) -> str:
    """The header as it stands in the file, without the end of its last line."""
    lines = _Lines(file.lines())
    while (line := lines.take()) is not None and not line.rstrip("\r\n"):
        pass
    return "".join(_parse(line or "", lines, header.delimiter).lines).rstrip("\r\n")


def _header(lines: _Lines, delimiter: str, column_of: Callable[[str], str] = str) -> Header | None:
    blank = 0
    while (line := lines.take()) is not None and not line.rstrip("\r\n"):
        blank += 1
    if line is None:
        return None
    parsed = _parse(line, lines, delimiter)
    if parsed.error is not None:
        return None
    names = [column_of(name) for name in parsed.fields]
    if len(names) > 1 and not names[-1]:
        names.pop()
    return Header(tuple(names), delimiter, is_first_line=blank == 0 and len(parsed.lines) == 1)


def of_first_record(file: TextFile, header: Header) -> Header:
    """The header that is not written, with as many names as the first record has fields: new fields come at the end."""
    lines = _Lines(file.lines())
    line = lines.take() or ""
    return replace(header, names=header.names[: len(_parse(line, lines, header.delimiter).fields)])


def _sound_record(delimiter: str, width: int) -> str:
    """Pattern of a record with nothing doubtful: its quotes are around a whole field, or doubled in it."""
    mark = re.escape(delimiter)
    field = rf'(?:"(?:[^"]++|"")*+"|[^"\r\n{mark}]*+)'
    return rf"{field}(?:{mark}{field}){{{width - 1}}}"


def is_well_formed(file: TextFile, header: Header) -> bool:
    """Whether every record of the file, its header too, has nothing doubtful, so that DuckDB reads it right.

    Of others it drops some whose last quote is not closed, and takes some with too many fields, in silence
    (DuckDB 1.5.6).
    """
    pattern = _sound_record(header.delimiter, len(header.names))
    records = re.compile(rf"(?:{pattern}\r?\n)*+".encode())
    rest = b""
    with _open(file.path, file.is_compressed) as stream:
        while chunk := stream.read(CHUNK):
            rest = (rest + chunk).removeprefix(codecs.BOM_UTF8)
            sound = records.match(rest)
            rest = rest[sound.end() :] if sound else rest
            if len(rest) > RECORD_LIMIT:
                return False
    return not rest or records.fullmatch(rest + b"\n") is not None


class Record(NamedTuple):
    """A record of a file: its number, its text without the line end, its fields or what is wrong with it."""

    row: int
    text: str
    fields: Sequence[str] | None
    error: str | None


class _Lines:
    """Lines, of which some can be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()

    def take(self) -> str | None:
        return self._returned.popleft() if self._returned else next(self._lines, None)

    def put_back(self, lines: Sequence[str]) -> None:
        self._returned.extendleft(reversed(lines))


class _Parsed(NamedTuple):
    """A record that may take several lines: those it took, its fields, or what is wrong."""

    lines: list[str]
    fields: list[str]
    error: str | None = None


_OPENING_QUOTE = re.compile(r' *"')
_SPACES = re.compile(" *")
_BLANK = re.compile(r"\s*")
_NO_CHARACTER = re.compile("[\udc80-\udcff]")


def delimited_records(file: TextFile, header: Header) -> Iterator[Record]:
    """Records of a delimited file after its header.

    Empty fields too many at the end are dropped. A quoted field may have spaces around its quotes; a quote
    inside a field that does not begin with one is an ordinary character. A record that breaks these rules takes
    one line, and reading goes on with the next: a quote nobody closes does not swallow what follows.
    """
    lines = _Lines(file.lines())
    if not header.is_written:
        pass
    elif header.is_first_line:
        lines.take()
    else:
        _header(lines, header.delimiter)
    delimiter, width = header.delimiter, len(header.names)
    may_be_short = not header.is_written
    sound_line = re.compile(_sound_record(delimiter, width))
    row = 0
    while (line := lines.take()) is not None:
        text = line.rstrip("\r\n")
        if not text:
            continue
        row += 1
        error = _line_error(line)
        if error is not None:
            yield Record(row, text[:KEPT_TEXT], None, error)
        elif header.is_ragged:
            fields = text.split(delimiter, width - 1)
            yield _trimmed(row, text, fields, width, may_be_short=True)
        elif '"' not in text:
            yield _trimmed(row, text, text.split(delimiter), width, may_be_short)
        elif len(text) < csv.field_size_limit() and sound_line.fullmatch(text):
            yield Record(row, text, next(csv.reader((text,), delimiter=delimiter, strict=True)), None)
        else:
            yield _quoted_record(row, line, lines, delimiter, width, may_be_short)


def _quoted_record(
    row: int, line: str, lines: _Lines, delimiter: str, width: int, may_be_short: bool
) -> Record:
    parsed = _parse(line, lines, delimiter)
    record = _trimmed(row, "".join(parsed.lines).rstrip("\r\n"), parsed.fields, width, may_be_short)
    error = parsed.error or record.error
    following = parsed.lines[1:]
    if error is None or not following:
        return record._replace(error=error, fields=None if error else record.fields)
    if parsed.error is None and not any(_stands_alone(other, delimiter, width) for other in following):
        return record
    lines.put_back(following)
    return Record(row, line.rstrip("\r\n"), None, error)


def _stands_alone(line: str, delimiter: str, width: int) -> bool:
    """Whether a line taken for the inside of a quoted field is a sound record by itself."""
    parsed = _parse(line, _Lines(iter(())), delimiter)
    return parsed.error is None and _trimmed(0, line, parsed.fields, width).error is None


def _trimmed(row: int, text: str, fields: list[str], width: int, may_be_short: bool = False) -> Record:
    if may_be_short and len(fields) < width:
        return Record(row, text, [*fields, *[""] * (width - len(fields))], None)
    if len(fields) >= width and not any(fields[width:]):
        return Record(row, text, fields[:width], None)
    return Record(row, text, None, f"It has {len(fields)} fields where the header has {width}.")


def _parse(line: str, lines: _Lines, delimiter: str) -> _Parsed:
    """Fields of the record that begins with this line, taking more lines while a quoted field is open."""
    parsed = _Parsed([line], [])
    position, length = 0, len(line.rstrip("\r\n"))
    while True:
        opening = _OPENING_QUOTE.match(line, position)
        if opening is None:
            end = line.find(delimiter, position)
            if end < 0:
                parsed.fields.append(line[position:length])
                return parsed
            parsed.fields.append(line[position:end])
            position = end + 1
            continue
        closing = _take_quoted(parsed, lines, opening.end())
        if isinstance(closing, str):
            return parsed._replace(error=closing)
        if parsed.lines[-1] is not line:
            line = parsed.lines[-1]
            length = len(line.rstrip("\r\n"))
        after = _SPACES.match(line, closing)
        position = after.end() if after else closing
        if position >= length:
            return parsed
        if line[position] != delimiter:
            return parsed._replace(error="Text follows the closing quote of a field.")
        position += 1


def _take_quoted(parsed: _Parsed, lines: _Lines, position: int) -> int | str:
    """Add a quoted field whose text begins at the position.

    Returns the position after it in the last line taken, or what is wrong.
    """
    parts: list[str] = []
    length = 0
    line = parsed.lines[-1]
    while True:
        end = line.find('"', position)
        if end < 0:
            parts.append(line[position:])
            length += len(line)
            following = lines.take() if length <= RECORD_LIMIT else None
            if following is None:
                return "A quoted field is not closed."
            parsed.lines.append(following)
            error = _line_error(following)
            if error is not None:
                return error
            line, position = following, 0
        elif line.startswith('"', end + 1):
            parts.append(line[position : end + 1])
            position = end + 2
        else:
            parsed.fields.append("".join((*parts, line[position:end])))
            return end + 1


def _line_error(line: str) -> str | None:
    if len(line) > RECORD_LIMIT:
        return f"It is longer than {RECORD_LIMIT} characters; its beginning is kept."
    if "\0" in line:
        return "It holds a NUL character, as a half-written file does."
    if not line.isascii() and _NO_CHARACTER.search(line):
        return "It ends in the middle of a character, as a half-written file does."
    return None


def lines_of_records(file: TextFile) -> Iterator[Record]:
    """Records of a file that has one a line (JSON Lines): each is one field, its text."""
    row = 0
    for line in file.lines():
        text = line.rstrip("\r\n")
        if text:
            row += 1
            error = _line_error(line)
            yield Record(row, text[:KEPT_TEXT] if error else text, None if error else (text,), error)


def records_of_document(file: TextFile, member: str | None) -> Iterator[Record]:
    """Records of a file of JSON documents one behind the other, with or without line ends between them.

    A document is a list of records, lists them under `member` (`a.b` is b within a), or is one. Each record is one
    field, its text; numbers with a fraction stay as the file writes them, as text. Raises UnreadableFileError when the
    file is cut or no JSON.
    """
    text = "".join(file.lines()).strip()
    decoder = json.JSONDecoder(parse_float=str)
    row = position = 0
    while position < len(text):
        try:
            document, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as cause:
            raise UnreadableFileError("It is no JSON, or only part of it: send it again.") from cause
        blank = _BLANK.match(text, end)
        position = blank.end() if blank else end
        records = _listed(document, member)
        for record in records if isinstance(records, list) else [records]:
            row += 1
            written = json.dumps(record, ensure_ascii=False)
            is_object = isinstance(record, dict)
            error = None if is_object else "It is JSON, but no object."
            yield Record(row, written[:KEPT_TEXT], (written,) if is_object else None, error)


def _listed(document: Any, member: str | None) -> Any:
    """What the document has under this member, or the document."""
    found = document
    for name in member.split(".") if member else ():
        if not isinstance(found, dict) or name not in found:
            return document
        found = found[name]
    return found


class CleanFile:
    """Records in a form that cannot be misread: UTF-8, comma, every field quoted, the record's number first.

    `longest_bytes` is the length of the longest record written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = 0
        self.longest_bytes = 0
        self._longest = 0
        self._stream = path.open("w", encoding="utf-8", errors="replace", newline="")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    def add(self, row: int, fields: Iterable[str]) -> None:
        """Write one record."""
        text = '"{}","{}"\n'.format(row, '","'.join([field.replace('"', '""') for field in fields]))
        self._stream.write(text)
        self.records += 1
        if len(text) > self._longest:
            self._longest = len(text)
            self.longest_bytes = len(text.encode("utf-8", "replace"))
