"""Files that are written from what is defined elsewhere: kept up to date, or checked to be."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_or_check(
    module: str, folder: Path, expected: Mapping[str, str], there: Iterable[Path], *, write: bool
) -> int:
    """Write the files and remove those that belong to nothing any more, or say which are stale; return the exit code.

    Args:
        module: the module of `callmart` that writes them, as the sentence names it.
        folder: where the names of the files begin.
        expected: the text of each file, by its name below the folder.
        there: the files that are there now, those that belong to nothing among them.
        write: write them; else only compare, and return 1 when one differs.
    """
    found = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in there}
    if write:
        for name in found.keys() - expected.keys():
            (folder / name).unlink()
        for name, text in expected.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return 0
    stale = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
    if stale:
        print(
            f"{module}: {len(stale)} files are not up to date, {stale[0]} the first:"
            f" run python -m callmart.{module} --write.",
            file=sys.stderr,
        )
    return 1 if stale else 0
