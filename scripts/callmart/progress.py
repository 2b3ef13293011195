"""What a build tells while it works: one line per step, and on a terminal what it is at."""

from __future__ import annotations

import sys
import time

_WIDTH = 78


class Progress:
    """Steps with their durations, on standard error. On a terminal the line of the step in hand moves.

    Attributes:
        seconds: how long each finished step took.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stream = sys.stderr
        self._is_terminal = self._stream.isatty()
        self._step = ""
        self._since = time.monotonic()

    def step(self, name: str) -> None:
        """Begin a step; the one before is done."""
        self._finish()
        self._step, self._since = name, time.monotonic()
        self._show(name + "...")

    def detail(self, text: str) -> None:
        """Say what the step is at."""
        self._show(f"{self._step}: {text}")

    def done(self, sentence: str) -> None:
        """End the last step."""
        self._finish()
        print(sentence, file=self._stream)

    def stop(self) -> None:
        """Count the step in hand as far as it came, and say nothing: what stopped it says it."""
        if self._step:
            self.seconds[self._step] = self.seconds.get(self._step, 0) + time.monotonic() - self._since
        self._step = ""

    def _show(self, line: str) -> None:
        if self._is_terminal:
            shown = "".join(sign if sign.isprintable() else " " for sign in line[:_WIDTH])
            print(f"\r\033[K{shown}", end="", file=self._stream, flush=True)

    def _finish(self) -> None:
        if self._step:
            took = time.monotonic() - self._since
            self.seconds[self._step] = self.seconds.get(self._step, 0) + took
            start = "\r\033[K" if self._is_terminal else ""
            print(f"{start}{self._step}: {took:.1f} s", file=self._stream, flush=True)
        self._step = ""
