"""Random histories of a raw folder: files that come over several runs, late, replaced, corrected, in any order."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import random_data
from hypothesis import strategies as st
from random_data import DataSet, Row

File = tuple[str, str]


@dataclass(frozen=True)
class Run:
    """What one run finds.

    Attributes:
        files: the files written before it, new or in the place of older ones.
        as_of, run_started_at: as in a data set.
        rebuild: the days that are asked for, first and last.
        breaks_off_after: the share of the models after which the run dies, None for one that comes to its end.
    """

    files: dict[File, list[Row]]
    data: DataSet
    rebuild: tuple[date, date] | None
    breaks_off_after: float | None

    def write(self, folder: Path, number: int) -> None:
        """Write the files; each run's are later than those of the run before."""
        for (table, name), rows in self.files.items():
            path = random_data.write_rows_of(folder, table, name, rows)
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))


@st.composite
def schedules(draw: st.DrawFn, most_runs: int = 4) -> list[Run]:
    """A data set cut into files that come one after the other; some come again with other rows."""
    data = draw(random_data.data_sets())
    random = Random(draw(st.integers(0, 2**32)))
    numbers = range(random.randint(2, most_runs))
    whole = _cut(random, data)
    first = {file: random.choice([0, *numbers]) for file in whole}
    if not any(table == "calls" and first[table, name] == 0 for table, name in whole):
        first[next(file for file in whole if file[0] == "calls")] = 0
    runs = []
    started_at, as_of = data.run_started_at, data.as_of
    for number in numbers:
        files: dict[File, list[Row]] = {}
        for file, of_file in whole.items():
            if first[file] == number or (first[file] < number and random.random() < 0.25):
                changed = _changed(random, file[0], of_file, data) if random.random() < 0.6 else list(of_file)
                files[file] = changed or of_file[:1]
        moved = replace(data, run_started_at=started_at, as_of=as_of)
        rebuild = None
        if random.random() < 0.2:
            day = started_at.date() - timedelta(days=random.randint(0, 400))
            rebuild = (day, day + timedelta(days=random.choice([0, 7, 400])))
        breaks_off = random.random() if number and number < numbers[-1] and random.random() < 0.35 else None
        runs.append(Run(files, moved, rebuild, breaks_off))
        started_at += timedelta(seconds=random.choice([1, 3600, 86400 * 3]))
        if as_of is not None and random.random() < 0.5:
            as_of = draw(
                st.sampled_from([as_of, random_data.shifted_as_of(as_of, random.choice([-1, 1, 8]))])
            )
    return runs


@st.composite
def arrivals(draw: st.DrawFn, ways: int = 2) -> list[list[Run]]:
    """A data set cut into files that come once each: in several orders, over one to five runs."""
    data = draw(random_data.data_sets())
    random = Random(draw(st.integers(0, 2**32)))
    whole = _cut(random, data)
    return [_arrival(random, data, whole) for _ in range(ways)]


def _arrival(random: Random, data: DataSet, whole: dict[File, list[Row]]) -> list[Run]:
    names = random.sample(sorted(whole), k=len(whole))
    first = next(file for file in names if file[0] == "calls")  # without calls there is nothing to build
    names.sort(key=lambda file: file != first)
    ends = sorted(random.choices(range(1, len(names) + 1), k=random.randrange(1, 5)))
    return [
        Run({name: whole[name] for name in names[start:end]}, data, None, None)
        for start, end in pairwise([0, *ends, len(names)])
        if start < end
    ]


def _cut(random: Random, data: DataSet) -> dict[File, list[Row]]:
    """The rows in files of a few each, so that most runs have something new of most tables."""
    whole: dict[File, list[Row]] = {}
    for table, rows in data.tables.items():
        for name, row in rows:
            stem, dot, ending = name.partition(".")
            whole.setdefault((table, f"{stem}_{random.choice('abc')}{dot}{ending}"), []).append(row)
    return whole


def _changed(random: Random, table: str, rows: list[Row], data: DataSet) -> list[Row]:
    """The rows of a file as it is sent again: some gone, some with values of other rows, in another order."""
    others = [row for _, row in data.tables[table]]
    changed = []
    for row in rows:
        fate = random.random()
        if fate < 0.2:
            continue
        if fate < 0.6:
            other = random.choice(others)
            names = random.sample(sorted(row), k=min(len(row), random.choice([1, 1, 2, 4])))
            row = {**row, **{name: other.get(name, "") for name in names}}
        changed.append(row)
    random.shuffle(changed)
    return changed
