"""Measure the build against SQL alone, and write docs/performance.md and docs/scale.md.

The figures go to docs/performance.json; the pages and the chart are written from there. Sizes may be measured one by
one: `--append` keeps what the file says of others. Nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from callmart.benchmark.children import ChildError
from callmart.benchmark.measure import machine, measure_sample, measure_size
from callmart.benchmark.page import CHART, PAGE, chart, page
from callmart.benchmark.scale import PAGE as SCALE_PAGE
from callmart.benchmark.scale import page as scale_page
from callmart.paths import PROJECT

RESULTS = PROJECT / "docs" / "performance.json"
DEFAULT_LEGS = (1_000_000, 10_000_000)
_LONG = 10_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/benchmark`; return its exit code."""
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--legs", type=int, nargs="+", default=DEFAULT_LEGS, help="sizes (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, help="best of so many (default: 3, from 10 million legs on 1)")
    parser.add_argument(
        "--night-legs", type=int, default=100_000, help="legs of the night after (default: %(default)s)"
    )
    parser.add_argument(
        "--scratch", type=Path, default=PROJECT / "data" / "benchmark", help="where files lie"
    )
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="the figures (default: docs/performance.json)"
    )
    parser.add_argument("--append", action="store_true", help="keep the figures of other sizes")
    parser.add_argument("--no-sample", action="store_true", help="leave the default sample out")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--page", action="store_true", help="measure nothing: write the pages from the figures")
    only.add_argument(
        "--check", action="store_true", help="measure nothing: fail when a page is not up to date"
    )
    given = parser.parse_args(arguments)
    if min(given.legs) < 200 or (given.rounds is not None and given.rounds < 1):
        parser.error("sizes start at 200 legs, rounds at 1")

    results: dict[str, Any] = {"sizes": {}}
    if given.append or given.page or given.check:
        if not given.out.is_file():
            print(f"benchmark: there are no figures in {given.out}: measure some first.", file=sys.stderr)
            return 1
        results = json.loads(given.out.read_text(encoding="utf-8"))
    if given.check:
        return _check(results)
    try:
        if not given.page:
            _measure(given, results)
    except ChildError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    if given.out == RESULTS:
        for path, text in _pages(results).items():
            path.write_text(text, encoding="utf-8")
    return 0


def _pages(results: Mapping[str, Any]) -> dict[Path, str]:
    return {PAGE: page(results), CHART: chart(results), SCALE_PAGE: scale_page(results)}


def _check(results: Mapping[str, Any]) -> int:
    stale = [
        path.name
        for path, text in _pages(results).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    if stale:
        print(f"benchmark: run scripts/benchmark --page: {', '.join(stale)}.", file=sys.stderr)
    return 1 if stale else 0


def _measure(given: argparse.Namespace, results: dict[str, Any]) -> None:
    def say(sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)

    given.scratch.mkdir(parents=True, exist_ok=True)
    results["machine"] = machine()
    if not given.no_sample:
        results["sample"] = measure_sample(given.scratch.absolute(), say)
    for legs in given.legs:
        rounds = given.rounds or (1 if legs >= _LONG else 3)
        results["sizes"][str(legs)] = measure_size(
            legs, rounds, given.night_legs, given.scratch.absolute(), say
        )
        # After each size: a run that fails later has not measured in vain.
        given.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
