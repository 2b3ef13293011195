"""Programs that go on after the command that started them: found again by a file, ended with all they started."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

STOP_SECONDS = 20


class BackgroundError(RuntimeError):
    """A program does not start or end; the sentence says why, or what to do."""


def launch(
    command: Sequence[object], process_file: Path, log: Path, folder: Path, environment: Mapping[str, str]
) -> None:
    """Start a program in `folder`; its id goes into `process_file`, what it says to the end of `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment,
            start_new_session=True,  # it outlives this command, and is stopped with all it started
        )
        process_file.write_text(f"{process.pid} {_started_at(process.pid)}\n")


def process_of(process_file: Path) -> int | None:
    """The id of the program, if it is still the one that was started: ids are given out again."""
    try:
        process, started_at = process_file.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return int(process) if _started_at(int(process)) == started_at else None


def end(group: int) -> None:
    """End a program and all it started, kindly at first.

    Raises:
        BackgroundError: it does not end.
    """
    for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        with suppress(ProcessLookupError):
            os.killpg(group, sign)
        deadline = time.monotonic() + seconds
        while _group_exists(group) and time.monotonic() < deadline:
            with suppress(ChildProcessError):
                os.waitpid(group, os.WNOHANG)
            time.sleep(0.05)
        if not _group_exists(group):
            return
    raise BackgroundError(f"Process {group} does not end: stop it by hand.")


def last_error(log: Path, signs: Sequence[str]) -> str:
    """The last line of a log that holds one of the signs, else the last line at all, and where there is more."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if any(sign in line for sign in signs)]
    return f"{(told or lines or ['it said nothing'])[-1][:200]} (more in {log})"


def port_answers(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def one_at_a_time(folder: Path, sentence: str) -> Iterator[None]:
    """Hold the lock of a folder for the length of the block.

    Raises:
        BackgroundError: another process holds it; the sentence is the given one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackgroundError(sentence) from None
    finally:
        os.close(descriptor)


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _started_at(process: int) -> str | None:
    """When a process started, in ticks since the machine did; None when it does not exist or has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]
