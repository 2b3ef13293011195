"""A PostgreSQL server of the tests' own, from the programs of the machine, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

OWNER, PASSWORD = "owner", "it's: 50% @ /home"
# How a URI writes that password.
QUOTED_PASSWORD = "it%27s%3A%2050%25%20%40%20%2Fhome"


@dataclass(frozen=True)
class Server:
    """A running server; `port` is on 127.0.0.1."""

    port: int

    def uri(self, database: str, user: str = OWNER, password: str = QUOTED_PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"


def programs() -> Path:
    """The folder of initdb and postgres; skips the test on a machine without them."""
    for folder in [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.get_exec_path())]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("there is no PostgreSQL server on this machine (Debian: apt-get install postgresql)")


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that listens on 127.0.0.1 alone, asks for passwords, and is gone after the block."""
    bin_folder = programs()
    folder = Path(tempfile.mkdtemp(prefix="callmart-postgres-"))
    as_user = _other_user(folder)
    try:
        passwords = folder / "password"
        passwords.write_text(PASSWORD + "\n")
        if as_user:
            shutil.chown(passwords, as_user["user"])
        data = folder / "data"
        initialise: list[str | Path] = [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            OWNER,
            "--auth=scram-sha-256",
            "--pwfile",
            passwords,
        ]
        subprocess.run(
            [*initialise, "-E", "UTF8", "--locale=C", "--no-sync"], check=True, capture_output=True, **as_user
        )
        port = _free_port()
        start: list[str | Path] = [
            bin_folder / "postgres",
            "-D",
            data,
            "-p",
            str(port),
            "-c",
            "listen_addresses=127.0.0.1",
        ]
        start += ["-c", f"unix_socket_directories={folder}", "-c", "fsync=off", "-c", "log_statement=none"]
        with (folder / "log").open("wb") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(start, stdout=log, stderr=log, **as_user)
        try:
            _wait(Server(port), process, folder / "log")
            yield Server(port)
        finally:
            process.send_signal(signal.SIGINT)  # ends the connections that a failed test has left
            process.wait(30)
    finally:
        shutil.rmtree(folder)


def _other_user(folder: Path) -> dict[str, Any]:
    """How to start the server as another user than root, which it refuses to run as."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    user = pwd.getpwnam(name)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": folder}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(150):
        try:
            psycopg.connect(server.uri("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    raise AssertionError(log.read_text())
