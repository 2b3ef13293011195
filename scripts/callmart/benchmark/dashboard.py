"""How long the queries of a dashboard take on a release, in milliseconds.

`python -m callmart.benchmark.dashboard RELEASE.duckdb [--rounds N]` prints a JSON object. Every round opens the file
anew, read-only, for each query (cold: the connection knows nothing yet; the pages are in the system's cache as
they are on a server in use) and asks it again on the same connection (warm).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

QUERIES = Path(__file__).parent / "dashboard.sql"
_NAME = "-- name: "


def queries(path: Path = QUERIES) -> dict[str, str]:
    """The queries by name, in the order of the file."""
    found: dict[str, str] = {}
    for part in path.read_text(encoding="utf-8").split(_NAME)[1:]:
        name, _, text = part.partition("\n")
        found[name.strip()] = text.strip().rstrip(";")
    return found


def percentile(values: Sequence[float], fraction: float) -> float:
    """The smallest of the values that at least this fraction of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * fraction // 1) - 1)]


def time_queries(release: Path, rounds: int) -> dict[str, Mapping[str, float]]:
    """Milliseconds of each query: median of the rounds, on a cold and on a warm connection."""
    with duckdb.connect(release, read_only=True) as connection:
        row = connection.execute("select max(call_date) from marts.queue_daily").fetchone()
    last = row[0] if row else None
    taken: dict[str, Mapping[str, float]] = {}
    for name, text in queries().items():
        cold, warm = [], []
        for _ in range(rounds):
            started = time.perf_counter()
            with duckdb.connect(release, read_only=True) as connection:
                values = {"last": last} if "$last" in text else {}
                connection.execute(text, values).fetchall()
                cold.append(1000 * (time.perf_counter() - started))
                started = time.perf_counter()
                connection.execute(text, values).fetchall()
                warm.append(1000 * (time.perf_counter() - started))
        taken[name] = {"cold_ms": percentile(cold, 0.5), "warm_ms": percentile(warm, 0.5)}
    return taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Time the queries and print the result."""
    parser = argparse.ArgumentParser(prog="python -m callmart.benchmark.dashboard", description=__doc__)
    parser.add_argument("release", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(arguments)
    print(json.dumps(time_queries(given.release, given.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
