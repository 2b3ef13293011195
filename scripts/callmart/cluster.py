"""A Spark cluster of this machine alone: master, two workers, and a Thrift server with an Iceberg catalog.

It is for trying and testing the target `spark`. Everything listens on 127.0.0.1 and lives in one folder:

    catalog/    Derby's database of the metastore
    tables/     the tables
    logs/       a log per process
    run/        a file per process with its id, by which `stop` finds it, however `start` ended

Exit codes: 0 done; 1 it failed, or, of `status`, the cluster does not run; 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import NoReturn

from callmart.background import (
    BackgroundError,
    end,
    last_error,
    launch,
    one_at_a_time,
    port_answers,
    process_of,
)
from callmart.paths import warehouse_folder

HOST = "127.0.0.1"
WORKERS = 2
STARTUP_SECONDS = 180

_JAVA_OPTIONS = "-Duser.timezone=UTC -XX:+UseParallelGC -XX:+DisableExplicitGC"


class ClusterError(BackgroundError):
    """The cluster cannot do what was asked; the sentence says why, or what to do."""


@dataclass(frozen=True)
class Cluster:
    """Where the cluster lives and what it may use.

    Attributes:
        folder: everything of it.
        port: the Thrift server's, to which dbt connects.
        master_port: the master's, to which workers connect.
        web_port: the master's page of status.
        driver_memory: heap of the Thrift server, as Java writes it.
        worker_memory: memory of each worker, as Java writes it.
        settings: more Spark settings.
    """

    folder: Path
    port: int = 10015
    master_port: int = 7077
    web_port: int = 18080
    driver_memory: str = "2g"
    worker_memory: str = "1500m"
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def master(self) -> str:
        """The master's address."""
        return f"spark://{HOST}:{self.master_port}"

    @property
    def names(self) -> list[str]:
        """The processes, in the order in which they start."""
        return ["master", *(f"worker-{number}" for number in range(1, WORKERS + 1)), "thrift"]


def start(cluster: Cluster) -> None:
    """Start the cluster and wait until it answers; what was started is stopped again when that fails.

    Raises:
        ClusterError: it runs already, Java or a package is missing, a port is taken, or a process died.
    """
    _check_machine(cluster)
    with _locked(cluster):
        if running(cluster):
            raise ClusterError(
                f"A cluster runs in {cluster.folder} already: `stop` it, or take another folder."
            )
        _check_ports(cluster)
        for name in ("catalog", "tables", "logs", "scratch"):
            (cluster.folder / name).mkdir(parents=True, exist_ok=True)
        try:
            _start_processes(cluster)
        except BaseException:
            _stop_processes(cluster)
            raise


def stop(cluster: Cluster) -> list[str]:
    """Stop what runs of the cluster; return the names of the processes that did."""
    with _locked(cluster):
        return _stop_processes(cluster)


def running(cluster: Cluster) -> dict[str, int]:
    """The processes of the cluster that run, and their ids."""
    found = {name: process_of(_process_file(cluster, name)) for name in cluster.names}
    return {name: process for name, process in found.items() if process is not None}


# Processes


def _start_processes(cluster: Cluster) -> None:
    spark_class = Path(_package("pyspark")) / "bin" / "spark-class"
    deployed = "org.apache.spark.deploy"
    ports = ["--port", str(cluster.master_port), "--webui-port", str(cluster.web_port)]
    _launch(cluster, "master", [spark_class, f"{deployed}.master.Master", "--host", HOST, *ports])
    _wait(cluster, ["master"], lambda: _alive_workers(cluster) is not None)
    limits = ["--cores", "1", "--memory", cluster.worker_memory, "--webui-port", "0"]
    for name in cluster.names[1:-1]:
        place = ["--work-dir", cluster.folder / "scratch" / name]
        worker = [spark_class, f"{deployed}.worker.Worker", "--host", HOST, *limits, *place, cluster.master]
        _launch(cluster, name, worker)
    _wait(cluster, cluster.names[:-1], lambda: _alive_workers(cluster) == WORKERS)
    _launch(cluster, "thrift", _thrift_command(cluster))
    _wait(cluster, cluster.names, lambda: port_answers(HOST, cluster.port))


def _thrift_command(cluster: Cluster) -> list[str | Path]:
    command: list[str | Path] = [Path(_package("pyspark")) / "bin" / "spark-submit"]
    command += ["--master", cluster.master, "--driver-class-path", _iceberg_jar()]
    command += ["--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"]
    for name, value in {**_spark_settings(cluster), **cluster.settings}.items():
        command += ["--conf", f"{name}={value}"]
    command.append("spark-internal")
    for name, value in (("port", str(cluster.port)), ("bind.host", HOST)):
        command += ["--hiveconf", f"hive.server2.thrift.{name}={value}"]
    return [*command, "--hiveconf", "hive.server2.authentication=NOSASL"]


def _spark_settings(cluster: Cluster) -> dict[str, str]:
    folder = cluster.folder
    lake = "spark.sql.catalog.lake"
    metastore = f"jdbc:derby:;databaseName={folder / 'catalog' / 'metastore'};create=true"
    return {
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.ui.enabled": "false",
        # An instant is the same text everywhere only when everything reads clocks in UTC.
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.extraJavaOptions": f"{_JAVA_OPTIONS} -Dderby.system.home={folder / 'catalog'}",
        "spark.executor.extraJavaOptions": _JAVA_OPTIONS,
        "spark.executor.memory": cluster.worker_memory,
        "spark.executor.extraClassPath": str(_iceberg_jar()),
        "spark.local.dir": str(folder / "scratch"),
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        # A catalog beside Spark's own: in its own, Iceberg 1.10 leaves a replaced view as it was, without a word.
        "spark.sql.defaultCatalog": "lake",
        lake: "org.apache.iceberg.spark.SparkCatalog",
        f"{lake}.type": "hive",
        f"{lake}.warehouse": str(folder / "tables"),
        # A session looks into a database of its own when it ends. Were that another than the catalog's, each would be
        # opened anew after the other, with all its connections, at every model of a build.
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
        "spark.hadoop.datanucleus.rdbms.datastoreAdapterClassName": "org.datanucleus.store.rdbms.adapter.DerbyAdapter",
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
        # Derby has no tables for the locks of Hive, and waits for them for minutes.
        "spark.hadoop.iceberg.engine.hive.lock-enabled": "false",
        # What nobody looks at: the server would keep the plans of a thousand statements for its page of status.
        "spark.ui.retainedJobs": "1",
        "spark.ui.retainedStages": "1",
        "spark.ui.retainedTasks": "1",
        "spark.sql.ui.retainedExecutions": "1",
        "spark.sql.thriftserver.ui.retainedStatements": "1",
        "spark.sql.thriftserver.ui.retainedSessions": "1",
        "spark.sql.maxPlanStringLength": "10000",
        "spark.log.level": "WARN",
        # Else every hash table begins with a 32nd of the heap, however few its rows.
        "spark.buffer.pageSize": "1m",
        "spark.sql.hive.thriftServer.singleSession": "true",
        # Two cores: more parts cost more than they share.
        "spark.sql.shuffle.partitions": "4",
        "spark.default.parallelism": "4",
    }


def _launch(cluster: Cluster, name: str, command: Sequence[object]) -> None:
    log = cluster.folder / "logs" / f"{name}.log"
    launch(command, _process_file(cluster, name), log, cluster.folder, _environment(cluster, name))


def _environment(cluster: Cluster, name: str) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))
    }
    return {
        **inherited,
        "SPARK_LOCAL_IP": HOST,
        "SPARK_DAEMON_JAVA_OPTS": _JAVA_OPTIONS,
        # Of the Thrift server, too, which takes this rather than --driver-memory.
        "SPARK_DAEMON_MEMORY": cluster.driver_memory if name == "thrift" else "512m",
        "SPARK_WORKER_DIR": str(cluster.folder / "scratch"),
    }


def _wait(cluster: Cluster, names: Sequence[str], is_ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while not is_ready():
        alive = running(cluster)
        for name in names:
            if name not in alive:
                raise ClusterError(f"The {name} ended: {_last_error(cluster, name)}")
        if time.monotonic() > deadline:
            raise ClusterError(
                f"The {names[-1]} was not ready after {STARTUP_SECONDS} s: see {cluster.folder / 'logs'}."
            )
        time.sleep(0.2)


def _last_error(cluster: Cluster, name: str) -> str:
    return last_error(cluster.folder / "logs" / f"{name}.log", ("Exception", "ERROR", "Error"))


def _stop_processes(cluster: Cluster) -> list[str]:
    alive = running(cluster)
    for name in reversed(cluster.names):  # who serves others last
        if name in alive:
            end(alive[name])
        _process_file(cluster, name).unlink(missing_ok=True)
    return list(alive)


def _process_file(cluster: Cluster, name: str) -> Path:
    return cluster.folder / "run" / f"{name}.pid"


def _locked(cluster: Cluster) -> AbstractContextManager[None]:
    """One start or stop at a time in a folder."""
    return one_at_a_time(
        cluster.folder / "run", f"Another command starts or stops the cluster in {cluster.folder}."
    )


# The machine


def _check_machine(cluster: Cluster) -> None:
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home) / "bin") if home else None) is None:
        raise ClusterError("Java 17 is needed and was not found: install it, or set JAVA_HOME to its folder.")
    if " " in str(cluster.folder):
        raise ClusterError(f"Spark takes no folder with a blank in its path: {cluster.folder}.")


def _package(name: str) -> str:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ClusterError(f"The package {name} is missing: install requirements-spark.lock.")
    return next(iter(spec.submodule_search_locations))


def _iceberg_jar() -> Path:
    folder = Path(_package("snowpark_connect_deps_iceberg")) / "jars"
    jars = sorted(folder.glob("iceberg-spark-runtime-3.5_2.12-*.jar"))
    if not jars:
        raise ClusterError(
            f"There is no Iceberg jar for Spark 3.5 in {folder}: install requirements-spark.lock."
        )
    return jars[-1]


def _check_ports(cluster: Cluster) -> None:
    for port in (cluster.port, cluster.master_port, cluster.web_port):
        if port_answers(HOST, port):
            raise ClusterError(f"Port {port} of {HOST} is taken: give another, or stop what listens there.")


def _alive_workers(cluster: Cluster) -> int | None:
    """Workers the master knows and hears of; None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{cluster.web_port}/json/", timeout=2) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError, KeyError):
        return None


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `scripts/spark`; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/spark", description="A Spark cluster of this machine alone, for trials and tests."
    )
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--folder", type=Path, help="where it lives (default $CALLMART_WAREHOUSE/spark)")
    parser.add_argument("--port", type=_port, default=_default_port(), help="of the Thrift server")
    parser.add_argument("--master-port", type=_port, default=Cluster.master_port)
    parser.add_argument(
        "--web-port", type=_port, default=Cluster.web_port, help="of the master's status page"
    )
    parser.add_argument("--driver-memory", default=Cluster.driver_memory, help="default %(default)s")
    parser.add_argument("--worker-memory", default=Cluster.worker_memory, help="each, default %(default)s")
    parser.add_argument(
        "--conf",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of Spark; may be repeated",
    )
    given = parser.parse_args(arguments)
    settings = dict(pair.partition("=")[::2] for pair in given.conf)
    cluster = Cluster(
        folder=(given.folder or warehouse_folder() / "spark").absolute(),
        port=given.port,
        master_port=given.master_port,
        web_port=given.web_port,
        driver_memory=given.driver_memory,
        worker_memory=given.worker_memory,
        settings=settings,
    )
    try:
        return _run(cluster, given.action)
    except BackgroundError as error:
        print(f"spark: {error}", file=sys.stderr)
        return 1


def _run(cluster: Cluster, action: str) -> int:
    if action == "start":
        signal.signal(signal.SIGTERM, _interrupt)
        start(cluster)
        print(f"Spark answers on {HOST}:{cluster.port}; its files are in {cluster.folder}.")
        return 0
    if action == "stop":
        stopped = stop(cluster)
        print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing of the cluster was running.")
        return 0
    alive = running(cluster)
    for name in cluster.names:
        print(f"{name:10} {f'process {alive[name]}' if name in alive else 'not running'}")
    return 0 if len(alive) == len(cluster.names) else 1


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Make a termination signal end `start` as a key does, so that what was started is stopped."""
    raise KeyboardInterrupt


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return port


def _default_port() -> int:
    return _port(os.environ.get("CALLMART_SPARK_PORT", "") or str(Cluster.port))


if __name__ == "__main__":
    sys.exit(main())
