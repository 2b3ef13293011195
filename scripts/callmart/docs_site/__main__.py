"""Writes the documentation site into a folder.

Exit codes: 0 written; 1 it could not be made, and the folder is as it was; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from callmart.docs_site.models import ModelsPageError, models_page
from callmart.docs_site.pages import MODELS, BrokenLinkError, make_site
from callmart.paths import PROJECT

# Only a folder that this command made is replaced.
MARK = ".callmart-docs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/docs`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/docs", description="Writes the documentation as web pages that need no server."
    )
    parser.add_argument(
        "--out", type=Path, default=PROJECT / "data" / "docs", metavar="DIR", help="where to (data/docs)"
    )
    out: Path = parser.parse_args(arguments).out.absolute()
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        parser.error(f"{out} holds something else: name a new or an empty folder with --out")
    try:
        written = write_site(out)
    except (ModelsPageError, BrokenLinkError, OSError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    print(f"{written} pages: open {out / 'index.html'}")
    return 0


def write_site(out: Path, root: Path = PROJECT) -> int:
    """Write the site beside the folder and put it in its place when it is whole; return the number of pages.

    Raises:
        BrokenLinkError, ModelsPageError: the site cannot be made.
        OSError: it cannot be written.
    """
    site = make_site(root)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    former = out.with_name(f".{out.name}.{os.getpid()}.former")
    try:
        for name, text in {**site.pages, MODELS: models_page(root), MARK: ""}.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_text(text, encoding="utf-8")
        for name in site.files:
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, partial / name)
        if out.exists():
            out.rename(former)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)
    return len(site.pages) + 1


if __name__ == "__main__":
    sys.exit(main())
