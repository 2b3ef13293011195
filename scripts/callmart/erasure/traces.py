"""The proof: search every file for a person, in its values and in its bytes.

Databases and Parquet files are searched both ways: a value may be compressed, so that no byte of it can be recognised,
and bytes may be left over that no table shows.
"""

from __future__ import annotations

import base64
import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

import duckdb

from callmart.erasure.person import Person
from callmart.erasure.raw_files import every_file
from callmart.sql_text import identifier, literal, only_path

_BLOCK = 16 * 1024 * 1024
_CHUNK = 64 * 1024  # of a damaged file all is looked at but the chunk with the damage
_OVERLAP = 4096  # more than the longest text looked for, with what stands between its digits
_GZIP = b"\x1f\x8b"
# What is compressed or encrypted in a way that is not undone here: no byte of it can be recognised.
_CLOSED = re.compile(
    rb"BZh[1-9]1AY&SY|PK\x03\x04|\x28\xb5\x2f\xfd|\xfd7zXZ|\x5d\0\0|7z\xbc\xaf|Rar!\x1a\x07|\x04\x22\x4d\x18"
    rb"|\x1f\x9d|LZIP|\xff\x06\0\0sNaPpY|Obj\x01|ORC(?=.{0,64}[\0-\x08])|PARE|%PDF",
    re.DOTALL,
)
_UNSEARCHED = ": cannot be searched"


class Search(NamedTuple):
    """What was searched and what was found: files, bytes, and the places, as sentences can name them."""

    files: int
    size_bytes: int
    places: tuple[str, ...]


def search(person: Person, folders: Iterable[Path], but: Path | None = None) -> Search:
    """Search every file of the folders, but one, for the person's texts and hashes.

    What cannot be read, or not to its end, is a place too.
    """
    files = size = 0
    places: list[str] = []
    unread: list[OSError] = []
    for folder in folders:
        for path in every_file(folder, unread.append):
            if path == but:
                continue
            files += 1
            try:
                size += path.stat().st_size
                places += (f"{path}{place}" for place in _places(person, path))
            except OSError:
                places.append(f"{path}{_UNSEARCHED}")
    places += (f"{error.filename}{_UNSEARCHED}" for error in unread)
    return Search(files, size, tuple(places))


def _places(person: Person, path: Path) -> Iterator[str]:
    with path.open("rb") as stream:
        start = stream.read(16)
    is_database = start[8:12] == b"DUCK"
    if not is_database and start[:4] != b"PAR1":
        yield from _text_places(person, path, start)
        return
    values: set[str] = set()
    try:
        with duckdb.connect() as connection:
            connection.execute("set enable_progress_bar = false")
            tables = _tables(connection, path) if is_database else [("", f"read_parquet({only_path(path)})")]
            for name, relation in tables:
                for column, found in _matching(connection, relation, person):
                    values |= found
                    if any(person.pattern.search(value) for value in found):
                        yield f": {name}{'.' if name else ''}{column}"
    except duckdb.Error:
        yield _UNSEARCHED
    seen = " ".join(values).lower()
    left = [needle for needle in _needles_in_bytes(person, path) if needle.lower() not in seen]
    if left:
        yield ": in bytes that no table shows"


def _tables(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str]]:
    connection.execute(f"attach {literal(str(path))} as searched (read_only)")
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'searched'"
    ).fetchall()
    return [
        (f"{schema}.{table}", f"searched.{identifier(schema)}.{identifier(table)}")
        for schema, table in tables
    ]


def _matching(
    connection: duckdb.DuckDBPyConnection, relation: str, person: Person
) -> Iterator[tuple[str, set[str]]]:
    """By column, the values that hold one of the texts, be it within a longer word."""
    wanted = "|".join(_pattern(needle) for needle in person.needles)
    described = connection.execute(f"describe select * from {relation}").fetchall()
    columns = [column for column, kind, *_ in described if not _is_number(kind)]
    if not wanted or not columns:
        return
    for column in columns:
        text = f"cast({identifier(column)} as varchar)"
        found = connection.execute(
            f"select distinct {text} from {relation} where regexp_matches({text}, ?, 'is')", [wanted]
        ).fetchall()
        if found:
            yield column, {value for (value,) in found}


def _pattern(needle: str) -> str:
    if needle.isdecimal():
        return "[ .()/-]{0,3}".join(needle)
    return "".join(sign if sign.isalnum() or sign == "_" else f"\\x{{{ord(sign):x}}}" for sign in needle)


def _is_number(kind: str) -> bool:
    """Types no text of a person can be in: the contract's identifiers are texts."""
    return kind.startswith(("BOOLEAN", "DATE", "TIME", "DOUBLE", "FLOAT", "DECIMAL"))


def _text_places(person: Person, path: Path, start: bytes) -> Iterator[str]:
    is_compressed = start.startswith(_GZIP)
    try:
        if path.suffix == ".html" and person.pattern.search(
            _data_of_a_dashboard(path.read_text("utf-8", "replace"))
        ):
            yield ": its figures"
        with cast(io.BufferedReader, gzip.open(path) if is_compressed else path.open("rb")) as stream:
            is_first = True
            for block in _blocks(stream):
                if any(_holds(person, text) for text in _texts_of(block)):
                    yield ""
                    return
                if is_first and (_CLOSED.match(block) or (is_compressed and block.startswith(_GZIP))):
                    yield _UNSEARCHED
                    return
                is_first = False
    except (EOFError, OSError, ValueError, zlib.error):
        yield _UNSEARCHED


def _texts_of(block: bytes) -> Iterator[bytes]:
    """A block as it is, and as UTF-8 when it may be UTF-16, of which every other byte of most texts is NUL."""
    yield block
    if b"\0" in block:
        for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            block = block.removeprefix(mark)
        yield block.replace(b"\0", b"").decode("latin-1").encode()


def _holds(person: Person, block: bytes) -> bool:
    if _may_hold(person, block) and person.pattern.search(block.decode("utf-8", "replace")):
        return True
    # Texts with signs beyond ASCII are none without their NUL bytes.
    return any(
        not needle.isascii() and needle.encode(wide) in block
        for needle in person.needles
        for wide in ("utf-16-le", "utf-16-be")
    )


def _data_of_a_dashboard(page: str) -> str:
    """The figures a dashboard holds in a form of its own; nothing when the page is none."""
    held = re.search(r'id="data">([A-Za-z0-9+/=]+)<', page)
    return zlib.decompress(base64.b64decode(held[1])).decode() if held else ""


def _may_hold(person: Person, block: bytes) -> bool:
    """A quick look, which a pattern of many texts is not."""
    lower = block.lower()
    digits = lower.translate(None, b" .()/-")
    return any(
        needle.lower().encode() in (digits if needle.isdecimal() else lower) for needle in person.needles
    )


def _needles_in_bytes(person: Person, path: Path) -> set[str]:
    spellings = {
        needle: (needle.encode(), needle.encode("utf-16-le"), needle.upper().encode())
        for needle in person.needles
    }
    found: set[str] = set()
    with path.open("rb") as stream:
        for block in _blocks(stream):
            found |= {needle for needle, ways in spellings.items() if any(way in block for way in ways)}
    return found


def _blocks(stream: io.BufferedReader) -> Iterator[bytes]:
    """The bytes of a file in blocks that overlap; those before a damage come before its error is raised."""
    before = b""
    damage: Exception | None = None
    while damage is None:
        chunks: list[bytes] = []
        try:
            while len(chunks) < _BLOCK // _CHUNK and (chunk := stream.read1(_CHUNK)):
                chunks.append(chunk)
        except (EOFError, OSError, zlib.error) as error:
            damage = error
        if not chunks and damage is None:
            return
        block = before + b"".join(chunks)
        yield block
        before = block[-_OVERLAP:]
    raise damage
