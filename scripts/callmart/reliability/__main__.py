"""Run the full proofs of the promises, and write docs/reliability.md.

The figures go to docs/reliability.json, and the page is written from there. A promise whose proof fails keeps its old
figures, and the command ends with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from callmart.paths import PROJECT
from callmart.reliability.figures import FOLDER, gather
from callmart.reliability.page import PAGE, page
from callmart.reliability.promises import PROMISES, Promise

RESULTS = PROJECT / "docs" / "reliability.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/reliability`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/reliability", description=(__doc__ or "").partition("\n")[0]
    )
    names = [promise.name for promise in PROMISES]
    parser.add_argument("promises", nargs="*", metavar="NAME", help=f"only these: {', '.join(names)}")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--page", action="store_true", help="prove nothing: write the page from the figures")
    only.add_argument(
        "--check", action="store_true", help="prove nothing: fail when the page is not up to date"
    )
    given = parser.parse_args(arguments)
    unknown = [name for name in given.promises if name not in names]
    if unknown:
        parser.error(f"there is no promise '{unknown[0]}': there are {', '.join(names)}")

    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    if given.check:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page(results):
            return 0
        print("reliability: run scripts/reliability --page.", file=sys.stderr)
        return 1
    failed: list[str] = []
    if not given.page:
        chosen = [promise for promise in PROMISES if promise.name in (given.promises or names)]
        failed = [promise.name for promise in chosen if not _prove(promise, results)]
    PAGE.write_text(page(results), encoding="utf-8")
    if failed:
        print(f"reliability: not held: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _prove(promise: Promise, results: dict[str, Any]) -> bool:
    """Run the tests of a promise in their full form; keep what they counted when all passed and none was skipped."""
    print(f"{promise.title}: {' '.join(promise.tests)}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "tests.xml")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-rs", f"--junit-xml={report}", *promise.tests],
            cwd=PROJECT,
            env={**os.environ, FOLDER: folder},
            check=False,
        )
        counted = gather(Path(folder)).get(promise.name)
        if done.returncode != 0 or not counted or _skipped(report):
            return False
    results[promise.name] = {"measured_on": f"{datetime.now(UTC):%-d %B %Y}", "proofs": counted}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return True


def _skipped(report: Path) -> int:
    """How many tests a report of pytest's counts as skipped."""
    return sum(int(suite.get("skipped", "0")) for suite in ElementTree.parse(report).iter("testsuite"))


if __name__ == "__main__":
    sys.exit(main())
