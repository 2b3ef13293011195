"""Write a release's database, in a process that has seen nothing but what is published.

DuckDB 1.5.6 fills up the blocks it writes with whatever its memory held before (duckdb/duckdb#23382). In the process
of a build that is raw data: telephone numbers of tables dropped long ago were found in the bytes of a release. So
the build hands the public tables over as Parquet, which has no such gaps, and this process, which is new, makes the
database of them.

Reads from its standard input a line with a JSON object: `database`, the file to write; `settings` of DuckDB;
`storage_version`; `schema`; `tables`, each with `name`, `file`, `description` and `columns`, each a list of name, type
and description. The build keeps its end of that input open: when it is closed, the build is gone, and so is this
process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import duckdb

from callmart.sql_text import identifier, literal


def write(told: dict[str, Any]) -> None:
    """Write the database. Raises duckdb.Error."""
    with duckdb.connect(":memory:", config=told["settings"]) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"attach {literal(told['database'])} as written (storage_version {literal(told['storage_version'])})"
        )
        schema = f"written.{identifier(told['schema'])}"
        connection.execute(f"create schema {schema}")
        for table in told["tables"]:
            relation = f"{schema}.{identifier(table['name'])}"
            columns = ", ".join(f"{identifier(name)} {kind}" for name, kind, _ in table["columns"])
            connection.execute(f"create table {relation} ({columns})")
            connection.execute(
                f"insert into {relation} from read_parquet({literal(table['file'])}, hive_partitioning = false)"
            )
            connection.execute(f"comment on table {relation} is {literal(table['description'])}")
            for name, _, description in table["columns"]:
                connection.execute(
                    f"comment on column {relation}.{identifier(name)} is {literal(description)}"
                )
        connection.execute("checkpoint written")
        connection.execute("detach written")


def _end_with_the_build() -> None:
    # Not by `sys.stdin`, whose lock a thread that waits would hold at the interpreter's end.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    try:
        given = json.loads(sys.stdin.readline())
        threading.Thread(target=_end_with_the_build, daemon=True).start()
        write(given)
    except (duckdb.Error, OSError) as error:
        print(str(error).strip().partition("\n")[0], file=sys.stderr)
        sys.exit(1)
