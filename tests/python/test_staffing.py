"""Agents needed: the SQL against published tables, a sum over the states of the queue, and a simulation."""

from __future__ import annotations

import heapq
import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pytest
from compiled_models import compile_models

MODEL = "int_staffing__levels"


@dataclass(frozen=True)
class Level:
    """A load and its targets; times in seconds, the service level in percent."""

    calls: int
    handle: int
    within: int
    service_level: float | None
    wait: float | None
    patience: int | None


@dataclass(frozen=True)
class Expected:
    """What a formula expects: agents, percent in time, seconds of wait, percent that leave."""

    agents: int | None
    service_level: float | None
    wait: float | None
    abandoned: float | None = None


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The SQL of the model, as dbt compiles it."""
    ((_, sql),) = compile_models(tmp_path_factory.mktemp("staffing"), [MODEL])
    return sql


def solved(model: str, levels: Sequence[Level]) -> list[tuple[Expected, Expected]]:
    """By Erlang C and by Erlang A, for each level."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("attach ':memory:' as callmart")
        connection.execute("create schema callmart.intermediate")
        connection.execute(
            "create table callmart.intermediate.int_staffing__intervals (offered_calls bigint, handle_seconds bigint,"
            " target_answer_seconds bigint, target_service_level double, target_speed_of_answer double,"
            " patience_seconds bigint)"
        )
        for level in levels:
            connection.execute(
                "insert into callmart.intermediate.int_staffing__intervals values (?, ?, ?, ?, ?, ?)",
                [
                    level.calls,
                    level.handle,
                    level.within,
                    level.service_level,
                    level.wait,
                    level.patience,
                ],
            )
        rows = connection.execute(
            "select offered_calls, handle_seconds, target_answer_seconds, target_service_level,"
            " target_speed_of_answer, patience_seconds, erlang_c_agents, erlang_c_service_level,"
            " erlang_c_speed_of_answer, erlang_a_agents, erlang_a_service_level, erlang_a_speed_of_answer,"
            f" erlang_a_abandonment_rate from ({model})"
        ).fetchall()
    found = {Level(*row[:6]): (Expected(*row[6:9]), Expected(*row[9:])) for row in rows}
    return [found[level] for level in levels]


def erlang_c(agents: int, load: float, within: float) -> tuple[float, float]:
    """Percent in time and mean wait in handle times, by the recursion of Erlang B."""
    blocking = 1.0
    for number in range(1, agents + 1):
        blocking = load * blocking / (number + load * blocking)
    waiting = blocking / (1 - load / agents * (1 - blocking))
    return 100 * (1 - waiting * math.exp(-(agents - load) * within)), waiting / (agents - load)


def erlang_a(agents: int, load: float, within: float, impatience: float) -> tuple[float, float, float]:
    """Percent in time, mean wait of the answered in handle times, percent that leave: by a sum over the states.

    A caller who finds n waiting is answered after n + 1 departures of those before, each the sooner the more wait.
    The chance of that, and its mean, follow from a chain of states that is stepped through by uniformisation.
    """
    weights = [1.0]
    while len(weights) <= agents or weights[-1] > 1e-18 * max(weights):
        number = len(weights)
        weights.append(weights[-1] * load / (min(number, agents) + max(0, number - agents) * impatience))
    total = sum(weights)
    at_once = sum(weights[:agents]) / total
    ahead = [weight / total for weight in weights[agents:]]  # waiting callers a new one finds
    # One of the waiting is marked: per step the front moves, or the marked one leaves (and is not answered).
    rate = agents + len(ahead) * impatience
    answered, waited, in_time = at_once, 0.0, at_once
    poisson_time = rate * within
    state, step = ahead[:], 0
    late = 1.0  # the chance that the time allowed is over before this many steps
    pmf = math.exp(-poisson_time)
    late -= pmf
    while sum(state) > 1e-13:
        fresh = [0.0] * len(state)
        done = 0.0
        for position, chance in enumerate(state):
            forward = (agents + position * impatience) / rate
            leaves = impatience / rate
            if position:
                fresh[position - 1] += chance * forward
            else:
                done += chance * forward
            fresh[position] += chance * (1 - forward - leaves)
        step += 1
        answered += done
        waited += done * step / rate
        in_time += done * late  # at least `step` events within the time allowed
        pmf *= poisson_time / step
        late -= pmf
        state = fresh
    return 100 * in_time, waited / answered, 100 * (1 - answered)


def test_the_agents_of_a_published_example_of_erlang_c(model: str) -> None:
    # Call Centre Helper, "Erlang C Formula - Made Simple With an Easy Worked Example": 100 calls in half an hour, of
    # 180 s each, are 10 Erlangs; 14 agents answer 88.8 % in 20 s, with an average wait of 7.8 s; 13 miss 80 %.
    ((found, _),) = solved(model, [Level(100, 180, 20, 80.0, None, None)])
    assert found.agents == 14
    assert found.service_level == pytest.approx(88.8, abs=0.05)
    assert found.wait == pytest.approx(7.8, abs=0.05)


def test_the_waits_of_a_published_comparison_of_erlang_c_and_erlang_a(model: str) -> None:
    # Garnett, Mandelbaum and Reiman, "Designing a Call Center with Impatient Customers" (2002), table 1: 48 calls a
    # minute of one minute, 50 agents, a patience of two minutes. Erlang C waits 20.8 s; of Erlang A 3.1 % leave, and
    # the wait is 3.7 s over all callers.
    ((by_c, _),) = solved(model, [Level(1440, 60, 0, None, 20.9, None)])
    assert by_c.agents == 50
    assert by_c.wait == pytest.approx(20.8, abs=0.05)
    load, patience = 48.0, 2.0
    in_time, wait, left = erlang_a(50, load, 3 / 60, 1 / patience)
    assert left == pytest.approx(3.1, abs=0.05)
    assert left / 100 * patience * 60 == pytest.approx(3.7, abs=0.05)  # Little's law for those who wait
    ((_, by_a),) = solved(model, [Level(1440, 60, 3, in_time - 1e-6, None, 120)])
    assert by_a.agents == 50
    assert by_a.abandoned == pytest.approx(3.1, abs=0.05)
    assert by_a.wait == pytest.approx(wait * 60, abs=1e-4)


LEVELS = [
    Level(1, 30, 20, 80.0, 30.0, 60),
    Level(1, 900, 20, 80.0, None, 300),
    Level(2, 400, 20, 80.0, 30.0, 90),
    Level(7, 413, 20, 80.0, 30.0, 190),
    Level(40, 300, 20, 80.0, 30.0, 45),
    Level(40, 300, 20, 80.0, 30.0, 6),
    Level(40, 300, 60, 95.0, 5.0, 900),
    Level(100, 180, 20, 80.0, None, 120),
    Level(100, 180, 20, 50.0, None, 120),
    Level(100, 180, 0, 99.9, None, 120),
    Level(100, 180, 20, None, 10.0, 20),
    Level(300, 300, 20, 80.0, 30.0, 150),
    Level(900, 600, 20, 80.0, 30.0, 600),
]


def test_the_fewest_agents_are_those_of_the_recursion_and_of_the_sum_over_states(model: str) -> None:
    for level, (by_c, by_a) in zip(LEVELS, solved(model, LEVELS), strict=True):
        load, within = level.calls * level.handle / 1800, level.within / level.handle
        agents = math.floor(load) + 1
        while not is_enough(level, *erlang_c(agents, load, within)):
            agents += 1
        assert by_c.agents == agents, level
        in_time, wait = erlang_c(agents, load, within)
        assert by_c.service_level == pytest.approx(in_time, abs=1e-6), level
        assert by_c.wait == pytest.approx(wait * level.handle, abs=1e-6), level

        assert level.patience is not None
        assert by_a.agents is not None, level
        if level.calls * level.handle > 100_000:  # the sum takes minutes
            continue
        impatience = level.handle / level.patience
        in_time, wait, left = erlang_a(by_a.agents, load, within, impatience)
        assert by_a.service_level == pytest.approx(in_time, abs=1e-3), level
        assert by_a.wait == pytest.approx(wait * level.handle, abs=1e-3 * level.handle), level
        assert by_a.abandoned == pytest.approx(left, abs=1e-3), level
        assert is_enough(level, in_time, wait)
        if by_a.agents > 1:
            fewer = erlang_a(by_a.agents - 1, load, within, impatience)
            assert not is_enough(level, fewer[0], fewer[1]), level


def is_enough(level: Level, in_time: float, wait: float) -> bool:
    return (level.service_level is None or in_time >= level.service_level) and (
        level.wait is None or wait * level.handle <= level.wait
    )


def simulated(
    generator: random.Random, agents: int, load: float, within: float, impatience: float | None
) -> tuple[float, float]:
    """Percent in time and percent that leave among 4000 callers, after 1000 to fill the queue.

    Callers are answered in the order in which they came; each has a patience of its own.
    """
    now, in_time, left = 0.0, 0, 0
    free_at = [0.0] * agents
    heapq.heapify(free_at)
    for caller in range(5000):
        now += generator.expovariate(load)
        patience = generator.expovariate(impatience) if impatience else math.inf
        wait = max(0.0, free_at[0] - now)
        is_answered = wait <= patience
        if is_answered:
            heapq.heapreplace(free_at, now + wait + generator.expovariate(1.0))
        if caller >= 1000:
            in_time += is_answered and wait <= within
            left += not is_answered
    return in_time / 40, left / 40


@pytest.mark.parametrize("level", [Level(40, 300, 20, 80.0, 30.0, 90), Level(100, 180, 20, 80.0, None, 300)])
def test_a_simulation_answers_as_many_in_time_as_the_formulas_say(model: str, level: Level) -> None:
    # 40 runs; the mean of each figure has to lie within 3.6 of its standard errors, which chance alone misses in one
    # of 1000 tests. The seed makes it the same test every time.
    ((by_c, by_a),) = solved(model, [level])
    assert level.patience is not None
    assert by_c.agents is not None
    assert by_a.agents is not None
    generator = random.Random(20240304)
    load, within = level.calls * level.handle / 1800, level.within / level.handle
    patient = [simulated(generator, by_c.agents, load, within, None) for _ in range(40)]
    hasty = [
        simulated(generator, by_a.agents, load, within, level.handle / level.patience) for _ in range(40)
    ]
    for runs, expected in (
        ([run[0] for run in patient], by_c.service_level),
        ([run[0] for run in hasty], by_a.service_level),
        ([run[1] for run in hasty], by_a.abandoned),
    ):
        tolerance = 3.6 * statistics.stdev(runs) / math.sqrt(len(runs))
        assert statistics.mean(runs) == pytest.approx(expected, abs=tolerance)


def test_without_patience_only_erlang_c_answers_and_without_targets_nobody(model: str) -> None:
    (by_c, by_a), *_ = solved(model, [Level(100, 180, 20, 80.0, None, None)])
    assert by_c.agents == 14
    assert by_a == Expected(None, None, None, None)


def test_a_target_that_no_number_reaches_has_no_answer(model: str) -> None:
    ((by_c, by_a),) = solved(model, [Level(100, 180, 20, 101.0, None, 60)])
    assert (by_c.agents, by_a.agents) == (None, None)


def test_a_load_of_a_thousand_erlangs_does_not_overflow(model: str) -> None:
    ((by_c, by_a),) = solved(model, [Level(3000, 600, 20, 80.0, 30.0, 300)])
    assert by_c.agents is not None
    assert by_a.agents is not None
    assert 1000 < by_c.agents < 1100
    assert 800 < by_a.agents < by_c.agents
