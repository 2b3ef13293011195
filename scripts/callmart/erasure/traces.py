"""The proof: search every file for a person, in its values and in its bytes.

Databases and Parquet files are searched both ways: a value may be compressed, so that no byte of it can be recognised,
and bytes may be left over that no table shows.
"""

from __future__ import annotations

import base64
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import duckdb

from callmart.erasure.person import Person
from callmart.erasure.raw_files import every_file
from callmart.sql_text import identifier, literal, only_path

_DATABASES = (".duckdb",)
_BLOCK = 16 * 1024 * 1024
_OVERLAP = 4096  # more than the longest text looked for, with what stands between its digits
_GZIP = b"\x1f\x8b"


class Search(NamedTuple):
    """What was searched and what was found: files, bytes, and the places, as sentences can name them."""

    files: int
    size_bytes: int
    places: tuple[str, ...]


def search(person: Person, folders: Iterable[Path], but: Path | None = None) -> Search:
    """Search every file of the folders, but one, for the person's texts and hashes."""
    files = size = 0
    places: list[str] = []
    for folder in folders:
        for path in every_file(folder):
            if path == but:
                continue
            files += 1
            size += path.stat().st_size
            places += (f"{path}{place}" for place in _places(person, path))
    return Search(files, size, tuple(places))


def _places(person: Person, path: Path) -> Iterator[str]:
    with path.open("rb") as stream:
        start = stream.read(16)
    is_database = path.suffix in _DATABASES and start[8:12] == b"DUCK"
    if not is_database and start[:4] != b"PAR1":
        yield from _text_places(person, path, start.startswith(_GZIP))
        return
    values: set[str] = set()
    with (
        suppress(duckdb.Error),
        duckdb.connect() as connection,
    ):  # one that cannot be opened has its bytes alone
        connection.execute("set enable_progress_bar = false")
        tables = _tables(connection, path) if is_database else [("", f"read_parquet({only_path(path)})")]
        for name, relation in tables:
            for column, found in _matching(connection, relation, person):
                values |= found
                if any(person.pattern.search(value) for value in found):
                    yield f": {name}{'.' if name else ''}{column}"
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


def _text_places(person: Person, path: Path, is_compressed: bool) -> Iterator[str]:
    if path.suffix == ".html" and person.pattern.search(
        _data_of_a_dashboard(path.read_text("utf-8", "replace"))
    ):
        yield ": its figures"
    with (
        suppress(EOFError, OSError),
        cast(BinaryIO, gzip.open(path) if is_compressed else path.open("rb")) as stream,
    ):
        for block in _blocks(stream):
            if _may_hold(person, block) and person.pattern.search(block.decode("utf-8", "replace")):
                yield ""
                return
            if any(needle.encode("utf-16-le") in block for needle in person.needles):
                yield ""
                return


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


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file in blocks that overlap."""
    before = b""
    while block := stream.read(_BLOCK):
        yield before + block
        before = block[-_OVERLAP:]
