"""Command line of the sample: `python -m callmart.sample --out DIR`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from callmart.sample import (
    DEFAULT_DAYS,
    DEFAULT_LEGS,
    DEFAULT_SEED,
    DEFAULT_START,
    SampleError,
    write_sample,
)


def main(arguments: list[str] | None = None) -> int:
    """Write the sample asked for. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m callmart.sample", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write, one folder per table in it")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default: %(default)s")
    parser.add_argument(
        "--legs", type=int, default=DEFAULT_LEGS, help="call legs wanted, about; default: %(default)s"
    )
    parser.add_argument(
        "--start", type=dt.date.fromisoformat, default=DEFAULT_START, help="default: %(default)s"
    )
    parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="default: %(default)s")
    parser.add_argument(
        "--format", choices=("mixed", "csv", "parquet"), default="mixed", help="default: %(default)s"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing")
    given = parser.parse_args(arguments)

    def say(sentence: str) -> None:
        if not given.quiet:
            print(sentence, file=sys.stderr)

    try:
        write_sample(
            given.out,
            seed=given.seed,
            legs=given.legs,
            start=given.start,
            days=given.days,
            file_format=given.format,
            on_progress=say,
        )
    except SampleError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
