"""Turn requests into SQL with MetricFlow, many in one process: starting it costs seconds, a request tenths of one.

Runs in the environment of the semantic layer. Reads a JSON list of {metrics, group_by, saved_query} from standard input
and writes a JSON list of SQL texts to standard output.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    configuration: Any = importlib.import_module("dbt_metricflow.cli.cli_configuration").CLIConfiguration()
    request: Any = importlib.import_module("metricflow.engine.metricflow_engine").MetricFlowQueryRequest
    project = Path(sys.argv[1])
    configuration.setup(dbt_profiles_path=project, dbt_project_path=project, configure_file_logging=False)
    texts = []
    for asked in json.load(sys.stdin):
        explained = configuration.mf.explain(
            request.create(
                saved_query_name=asked.get("saved_query"),
                metric_names=asked.get("metrics"),
                group_by_names=asked.get("group_by"),
            )
        )
        texts.append(explained.sql_statement.without_descriptions.sql)
    json.dump(texts, sys.stdout)


if __name__ == "__main__":
    main()
