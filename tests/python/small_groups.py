"""Which small groups of answers follow from published ones, by any sum of multiples of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

PRIME = 2**61 - 1


def isolated(inside: Sequence[Sequence[bool]], answers: Sequence[int], minimum: int) -> list[tuple[int, ...]]:
    """Sets of parts with 1 to `minimum` - 1 answers that some combination of the groups depends on, and on no other.

    `inside[part][group]` says whether the part lies in the published group. What is at right angles to every group
    is at right angles to every combination of groups. So one that is 0 outside a set of parts exists where these
    vectors, of the set's columns alone, leave a direction open. Arithmetic is exact, in the field of a large prime.
    """
    parts = range(len(inside))
    basis = reduced([int(held) for held in column] for column in zip(*inside, strict=True))
    free = [part for part in parts if part not in basis]
    # One row per part, one number per direction at right angles to the groups.
    angles = [
        [-basis[part][other] % PRIME for other in free]
        if part in basis
        else [int(part == other) for other in free]
        for part in parts
    ]
    small = [part for part in parts if 0 < answers[part] < minimum]
    return [
        chosen
        for size in range(1, minimum)
        for chosen in combinations(small, size)
        if sum(answers[part] for part in chosen) < minimum
        and len(reduced(angles[part] for part in chosen)) < size
    ]


def reduced(vectors: Iterable[Sequence[int]]) -> dict[int, list[int]]:
    """A basis of the vectors' space by leading column, fully reduced."""
    basis: dict[int, list[int]] = {}
    for vector in vectors:
        rest = [number % PRIME for number in vector]
        for lead, other in basis.items():
            rest = less(rest, rest[lead], other)
        first = next((index for index, number in enumerate(rest) if number), None)
        if first is not None:
            inverse = pow(rest[first], -1, PRIME)
            rest = [number * inverse % PRIME for number in rest]
            basis = {column: less(other, other[first], rest) for column, other in basis.items()}
            basis[first] = rest
    return basis


def less(vector: Sequence[int], factor: int, other: Sequence[int]) -> list[int]:
    return [(mine - factor * theirs) % PRIME for mine, theirs in zip(vector, other, strict=True)]
