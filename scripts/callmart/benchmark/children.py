"""Child processes with what they cost: wall and processor seconds, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class ChildError(RuntimeError):
    """A measured command failed; the message holds the end of what it said."""


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, seconds of processor time in all cores, and the most memory held at once, in bytes."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_child(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[Cost, str]:
    """Run `python -m module` and return its cost and its standard output.

    Raises:
        ChildError: it ended with another code than 0.
    """
    command = [sys.executable, "-m", module, *arguments]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        child = subprocess.Popen(command, env={**os.environ, **environment}, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            said = err.read().decode(errors="replace").strip().splitlines()[-5:]
            raise ChildError(f"{module} ended with {child.returncode}: {' '.join(said)}")
        cost = Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
        return cost, out.read().decode(errors="replace")


def bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder; 0 when it is absent. Links are not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
