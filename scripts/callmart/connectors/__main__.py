"""Begin a connector, or say what one still lacks: `scripts/connector new | check`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from callmart.connectors import known_connectors
from callmart.connectors.check import problems_of
from callmart.connectors.scaffold import ScaffoldError, write


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 1 when something is lacking, 2 when it could not be asked."""
    parser = argparse.ArgumentParser(prog="scripts/connector", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="write the files of a new connector, to be filled in")
    new.add_argument("name", help="the connector's name, in snake_case")
    new.add_argument(
        "--reads", nargs="+", required=True, metavar="EXPORT", help="kinds of files the vendor writes"
    )
    new.add_argument(
        "--gives", nargs="+", default=["calls"], metavar="TABLE", help="tables of the raw contract"
    )
    check = commands.add_parser("check", help="say what a connector still lacks")
    check.add_argument("name", nargs="*", help="the connectors, by default all")
    given = parser.parse_args(arguments)
    if given.command == "new":
        return _new(given.name, given.reads, given.gives)
    known = known_connectors()
    strange = [name for name in given.name if name not in known]
    if strange:
        print(
            f"connector: There is no connector {strange[0]!r}: there are {', '.join(known)}.", file=sys.stderr
        )
        return 2
    problems = {name: problems_of(name) for name in given.name or known}
    for name, found in problems.items():
        print(f"{name}: {'lacks nothing' if not found else f'{len(found)} to do'}")
        for problem in found:
            print(f"  {problem}")
    return 1 if any(problems.values()) else 0


def _new(name: str, exports: Sequence[str], tables: Sequence[str]) -> int:
    try:
        written = write(name, exports, tables)
    except ScaffoldError as error:
        print(f"connector: {error}", file=sys.stderr)
        return 2
    for path in written:
        print(path)
    print(f"docs/connectors/README.md says how to fill them in; scripts/connector check {name} what is left.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
