"""One build at a time per warehouse."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BuildLockedError(RuntimeError):
    """Another process builds in the same warehouse."""


@contextmanager
def build_lock(warehouse: Path) -> Iterator[None]:
    """Hold the warehouse's build lock for the length of the block.

    The lock belongs to the open file, so the kernel releases it when the process ends, however it ends; the
    file itself stays and holds the id of the process that took it last. Programs started meanwhile do not
    inherit it.

    Raises:
        BuildLockedError: another process holds it; the sentence names that process.
    """
    path = warehouse / "work" / "build.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise BuildLockedError(
                f"Another build (process {holder}) is running in {warehouse}: wait until it ends, or stop it."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)
