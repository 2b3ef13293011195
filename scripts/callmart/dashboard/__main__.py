"""Command line of the dashboard: `python -m callmart.dashboard`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from callmart.dashboard.compose import write_dashboard
from callmart.dashboard.query import DEFAULT_MONTHS
from callmart.paths import warehouse_folder
from callmart.releases import ReleaseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `scripts/dashboard [--out FILE] [--lang en|fr] [--months N]`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/dashboard",
        description="Write the dashboard of the published release: one HTML file that needs no server.",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: dashboard.html beside the published database"
    )
    parser.add_argument(
        "--lang", choices=("en", "fr"), default="en", help="language it opens in (default: en)"
    )
    parser.add_argument(
        "--months",
        type=int,
        default=DEFAULT_MONTHS,
        metavar="N",
        help="months it knows (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if options.months < 1:
        parser.error("--months takes a whole number of at least 1")
    try:
        written = write_dashboard(warehouse_folder(), options.out, options.lang, options.months)
    except (ReleaseError, OSError) as error:
        print(f"dashboard: {error}", file=sys.stderr)
        return 1
    print(f"{written} ({written.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
