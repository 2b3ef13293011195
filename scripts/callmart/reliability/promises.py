"""The promises, written once: what is promised, how it is put to the proof, and by which tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """One promise.

    Attributes:
        name: what `scripts/reliability` and the tests call it.
        title: its heading.
        text: what is promised and how it is tried, in Markdown.
        tests: files or tests whose slow form is the full proof; each records figures under `name`.
    """

    name: str
    title: str
    text: str
    tests: tuple[str, ...]


PROMISES: tuple[Promise, ...] = (
    Promise(
        "nothing_lost",
        "Nothing is lost, nothing counts twice",
        """
Of every raw table, rows landed = rows staged + rejected + superseded, and each rejection has its
reason, whatever files land over any number of runs: split, doubled, replaced, renamed, removed, late
by months, empty, cut short anywhere, padded with zeros, in another encoding, dialect, order of columns
or with other types, with quotes, line ends and ten megabytes inside a field, decimal commas, days
first. Every row written carries a mark of its own and is looked for by it, with its text; of lines
that are no record no sign is missing.
""",
        ("tests/reliability/test_nothing_lost.py",),
    ),
    Promise(
        "any_order",
        "The order of files does not matter",
        """
Any order and grouping of the same files over any number of runs gives the marts of one full
refresh, to the last digit; a run repeated gives the same release. Random histories, with files that
are replaced and runs that break off, are compared after each run, in every cell of every public table.
""",
        ("tests/python/test_increments.py", "tests/reliability/test_any_order.py"),
    ),
    Promise(
        "killed_builds",
        "A build that dies harms nobody",
        """
Killed at any moment, with a full disk, in a folder it may not write to, with a clock that jumps, or
two at once: `current` opens and is one whole release, and the next run succeeds without help, with
every row that ever landed. Most kills are of a job that has two small tables in the place of the
models, and the build's own lock, log, loader and publishing: it dies before each of its steps on
files, and at random moments. Fewer are of the whole command.
""",
        ("tests/reliability/test_killed_builds.py",),
    ),
    Promise(
        "readers",
        "Readers are never blocked",
        """
Readers of `current` see no error and never a mix of two releases while builds go on and switch, some
opening it for every look, some keeping it open, while releases they may have open are deleted.
""",
        ("tests/python/test_readers.py",),
    ),
    Promise(
        "reproducible",
        "A release can be made again",
        """
A release is a function of its files, its settings and `as_of`, and says which they were, each file
with its hash. The clock decides one thing: a row after the run's own start lies in the future and is
rejected. Rows after `as_of` do not count. What changed of a day since the release that first reported
it, and the files that came or went meanwhile, are listed by `scripts/changes`.
""",
        ("tests/reliability/test_reproducible.py",),
    ),
    Promise(
        "no_leaks",
        "Nobody's data leaks",
        """
Telephone numbers, e-mail addresses, names and links to recordings are planted in every column of
personal data, in columns nobody declared, in values that cannot be cast, in lines that cannot be
parsed and in files that cannot be read. Then all that anybody gets to see is searched, value by
value and byte by byte: releases, dashboard, logs, exports, what commands print. What may hold a copy
of raw data is open to its owner alone: the work folder (mode 0700, its file 0600) with rejected
rows, dbt's files and traces. Numbers and keys leave it as hashes keyed with a salt, and raw data that
hold any are refused without one. Results of employees give no group under the minimum away by
differencing. A customer who asks is erased from every layer: [erasure.md](erasure.md).

A text that the contract publishes as it is (a reason, a name of a queue, an identifier) is
published as it is: who types a telephone number there publishes it.
""",
        (
            "tests/reliability/test_no_leaks.py",
            "tests/reliability/test_erasure.py",
            "tests/python/test_suppression.py",
        ),
    ),
    Promise(
        "no_way_in",
        "Text from data stays text",
        """
SQL, HTML, templates, paths, words of a shell, formulas and commands to a terminal are planted as
names of queues, campaigns, agents, teams, reasons, codes, files and columns, in raw files and in
seeds, and followed to every output: they arrive as they are, and nothing else happens. The session
of an analyst reads the release and nothing else. Every package is pinned to a version and to the
hashes of its files, and installed from nowhere else.

Whether a pinned version has a known weakness is not looked up: that asks a service on the network,
which neither a build nor these tests need. `pip-audit --require-hashes -r requirements.lock` does it
where there is one.
""",
        (
            "tests/reliability/test_no_way_in.py",
            "tests/python/test_sql.py",
            "tests/python/test_dashboard.py::test_text_from_the_data_stays_text",
        ),
    ),
    Promise(
        "watched",
        "The data is watched",
        """
Freshness, volumes, rates of nulls and rejections, unmapped codes and skipped files are findings of
`data_quality`, a table like any other. Another system's own figures are compared with ours in
`reconciliation`, and each difference is told in calls that one of the two leaves out. Faults are
planted in sound data: each has to be found, and nothing else.
""",
        ("tests/reliability/test_watched.py",),
    ),
    Promise(
        "mutants",
        "The tests can fail",
        """
The SQL of every KPI, from its facts to its value, is damaged in one place at a time: a comparison
flipped, a condition, filter, default or `distinct` dropped, a constant shifted by one, a division
turned round, a join made narrower or wider, a sum made a count; and each row of the catalogue gets
its sides swapped, another measure, another multiplier. Unit tests, data tests or the oracle have to
notice. The damages that no input could show are in `tests/reliability/equivalent_mutants.toml`, each
with its reason.
""",
        ("tests/reliability/test_mutants.py",),
    ),
)
