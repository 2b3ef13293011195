"""A first-come, first-served queue with impatient callers, many queue-days in lockstep.

Each row is one independent queue over one day. Step k takes the k-th arrival of every row at once, so that
the only Python loop is over the calls of the busiest row. The servers have a shift: they start no call
before it begins nor after it ends, and finish the one in hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Served:
    """What became of each call, in the order of the arrivals given."""

    start: Floats
    """When a server took the call, or would have: infinite when no shift could. Same clock as the
    arrivals."""
    server: Ints
    """Index of the server in its row, -1 for a call that left first."""


def simulate(
    row: Ints, arrival: Floats, busy: Floats, patience: Floats, shift_start: Floats, shift_end: Floats
) -> Served:
    """Serve the calls of many independent queues.

    Args:
        row: the queue-day of each call; calls are sorted by row, then arrival.
        arrival: when each call enters its queue, in seconds.
        busy: how long it would hold its server, in seconds.
        patience: how long it waits before it leaves, in seconds; infinite for work that cannot leave.
        shift_start: [rows, servers] start of each server's shift; infinite for no server.
        shift_end: [rows, servers] last moment at which each server takes a call (exclusive).
    """
    calls = row.size
    start = np.full(calls, np.inf)
    server = np.full(calls, -1, dtype=np.int64)
    if calls == 0:
        return Served(start, server)
    counts = np.bincount(row, minlength=shift_start.shape[0])
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    # The busiest rows first: those still at work at step k are then a prefix, and every array shrinks with
    # it.
    order = np.argsort(-counts, kind="stable")
    first, counts = first[order], counts[order]
    begins, ends = shift_start[order], shift_end[order]
    free = begins.copy()
    lines = np.arange(order.size)
    active_at = np.searchsorted(-counts, -np.arange(int(counts[0])), side="left")
    for step in range(int(counts[0])):
        active = int(active_at[step])
        call = first[:active] + step
        now = arrival[call]
        ready = free[:active]
        candidate = np.maximum(ready, now[:, None])
        candidate[candidate >= ends[:active]] = np.inf
        earliest = candidate.min(axis=1)
        # Among the servers free at that moment, the one idle for longest.
        idle_since = np.where(candidate <= earliest[:, None], ready, np.inf)
        chosen = idle_since.argmin(axis=1)
        start[call] = earliest
        taken = (earliest - now <= patience[call]) & np.isfinite(earliest)
        lines_taken, calls_taken, chosen_taken = lines[:active][taken], call[taken], chosen[taken]
        server[calls_taken] = chosen_taken
        free[lines_taken, chosen_taken] = earliest[taken] + busy[calls_taken]
    return Served(start, server)
