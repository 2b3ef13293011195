"""Call legs as one set of equally long arrays, and the shifts that served them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from callmart.sample.clock import UNKNOWN

Array = npt.NDArray[Any]

_FIELDS: dict[str, tuple[Any, int]] = {
    "contact": (np.int64, -1),
    "previous": (np.int64, -1),
    "direction": (np.int8, 0),
    "channel": (np.int8, 0),
    "outcome": (np.int8, 0),
    "started": (np.int64, UNKNOWN),
    "queued": (np.int64, UNKNOWN),
    "answered": (np.int64, UNKNOWN),
    "ended": (np.int64, UNKNOWN),
    "ivr": (np.int64, UNKNOWN),
    "wait": (np.int64, UNKNOWN),
    "ring": (np.int64, UNKNOWN),
    "talk": (np.int64, UNKNOWN),
    "hold": (np.int64, UNKNOWN),
    "wrap": (np.int64, UNKNOWN),
    "queue": (np.int32, -1),
    "agent": (np.int64, -1),
    "customer": (np.int64, -1),
    "lead": (np.int64, -1),
    "campaign": (np.int32, -1),
    "contact_list": (np.int64, -1),
    "record": (np.int64, -1),
    "ticket": (np.int64, -1),
    "caller": (np.int64, -1),
    "called": (np.int64, -1),
    "source": (np.int8, -1),
    "dialled": (np.int64, -1),
    "disposition": (np.int8, -1),
    "reason": (np.int8, -1),
    "feature": (np.int8, -1),
    "resolved": (np.int8, -1),
    "escalated": (np.int8, -1),
    "recorded": (np.int8, -1),
    "test": (np.int8, 0),
    "callback": (np.int8, 0),
    "redirected": (np.int8, -1),
    "disconnected": (np.int8, -1),
    "shift": (np.int64, -1),
    "busy_from": (np.int64, UNKNOWN),
    "busy_until": (np.int64, UNKNOWN),
}


@dataclass
class Legs:
    """Call legs by field, in the order they were made; `contact` and `previous` are positions in that order.

    `shift` is the half shift that served the leg (its position among `Shifts`), from `busy_from` to
    `busy_until`.
    """

    fields: dict[str, Array]

    @classmethod
    def of(cls, rows: int, given: Mapping[str, Array | int]) -> Legs:
        """Legs with some fields known, the others null."""
        unknown = set(given) - set(_FIELDS)
        if unknown:
            raise ValueError(f"No such field of a call leg: {', '.join(sorted(unknown))}.")
        fields: dict[str, Array] = {}
        for name, (kind, empty) in _FIELDS.items():
            values = given.get(name, empty)
            if isinstance(values, np.ndarray):
                fields[name] = values.astype(kind, copy=False)
            else:
                fields[name] = np.full(rows, values, dtype=kind)
        return cls(fields)

    def __getitem__(self, name: str) -> Array:
        return self.fields[name]

    def __len__(self) -> int:
        return int(self.fields["started"].size)

    def take(self, rows: Array) -> Legs:
        """Some of the legs; positions in `contact` and `previous` are left as they are."""
        return Legs({name: values[rows] for name, values in self.fields.items()})


def joined(parts: list[Legs]) -> Legs:
    """Legs one after another. Positions in `contact` and `previous` must already be those of the whole."""
    return Legs({name: np.concatenate([part[name] for part in parts]) for name in _FIELDS})


@dataclass
class Shifts:
    """Half shifts: one agent, before or after the break, on one service day of one queue or desk."""

    agent: Array
    queue: Array
    """Position of the queue in the group, -1 for an outbound desk."""
    logged_in: Array
    """Start of the half shift."""
    start: Array
    """First moment at which the agent takes work: later than `logged_in` after a training or a meeting."""
    end: Array
    is_second: Array
    """Whether it follows the break."""
    lesson: Array
    """State before `start`: 0 training, 1 meeting, -1 none."""


def joined_shifts(parts: list[Shifts]) -> Shifts:
    """Half shifts one after another."""
    names = ("agent", "queue", "logged_in", "start", "end", "is_second", "lesson")
    return Shifts(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
