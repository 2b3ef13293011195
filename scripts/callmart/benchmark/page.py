"""docs/performance.md and its chart, from the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from callmart.paths import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
CHART = PROJECT / "docs" / "performance.svg"
# Written by hand: what was tried is no figure of a run.
_CHANGED = Path(__file__).parent / "changed.md"

RATIO_TARGET = 1.25
MEMORY_TARGET_GIB = 8
FLATNESS_TARGET = 1.20
NIGHT_TARGET_SECONDS = 15
QUERY_TARGET_MS = 50
SAMPLE_TARGET_SECONDS = 60
_MILLION = 1_000_000
# The size that the targets end with.
_LARGEST = 100 * _MILLION
# A share of the floor that changes what its ratio says: one in so many.
_NOTABLE = 20

PHASES = {
    "landing": ("reading the files", "#7a5195"),
    "models": ("SQL of the models", "#2f6f9f"),
    "tests": ("SQL of the tests", "#e0a030"),
    "dbt": ("dbt itself", "#bc5090"),
    "publish": ("writing the release", "#4f9d69"),
    "rest": ("start, scorecard", "#9a9a9a"),
}
_FLOOR_COLOUR = "#444444"

Size = Mapping[str, Any]


def sizes_of(results: Mapping[str, Any]) -> list[Size]:
    """The measured sizes, smallest first."""
    return sorted(results["sizes"].values(), key=lambda size: int(size["legs"]))


def ratio(size: Size) -> float:
    """Wall time of the build over that of the floor."""
    return float(size["build"]["wall_seconds"] / size["floor"]["wall_seconds"])


def per_million(size: Size, side: str) -> float:
    """Wall seconds per million legs."""
    return float(size[side]["wall_seconds"]) / (int(size["legs"]) / _MILLION)


def page(results: Mapping[str, Any]) -> str:
    """The page in Markdown."""
    sizes = sizes_of(results)
    machine = results["machine"]
    parts = [
        "# Performance\n\n<!-- Written by `scripts/benchmark`; the figures are in performance.json, the text in"
        " callmart/benchmark/page.py. -->\n",
        f"Measured on {machine['cores']} cores and {machine['memory_gib']} GiB, Python {machine['python']}, duckdb"
        f" {machine['duckdb']}, dbt-core {machine['dbt_core']}, with `scripts/benchmark --legs"
        f" {' '.join(str(size['legs']) for size in sizes)}`: for each size the whole of `scripts/build` in an empty"
        " warehouse and the floor, in turn, on the same Parquet files of 366 days. The floor makes the same tables,"
        " cell for cell (a test compares them), by SQL alone: what takes time is written by hand for DuckDB, the rest"
        " is the compiled SQL, without dbt, tests, descriptions and release.\n",
        _busy(machine),
        "## Targets\n\n" + _targets(results, sizes),
        "## Build and floor\n\n" + _build_table(sizes) + "\n![Seconds per million legs](performance.svg)\n",
        "## Where the time goes\n\n" + _phase_table(sizes) + "\n" + _slowest(sizes[-1]),
        "## The night after\n\n" + _night_table(sizes),
        "## A dashboard's queries\n\n" + _dashboard(sizes),
        "## Larger centres\n\n" + _limits(sizes),
        _CHANGED.read_text(encoding="utf-8"),
    ]
    return "\n".join(part for part in parts if part)


def _busy(machine: Mapping[str, Any]) -> str:
    """A warning when other work ran beside the measuring."""
    if machine["load"] < machine["cores"] / 2:
        return ""
    return (
        f"**The machine was busy with other work** (a load of {machine['load']} on {machine['cores']} cores when it"
        " began): seconds are too long and bounds in seconds say little; ratios were measured side by side.\n"
    )


def _targets(results: Mapping[str, Any], sizes: Sequence[Size]) -> str:
    rows = [_ratio_target(size) for size in sizes if size["legs"] >= 10 * _MILLION]
    rows += [_memory_target(size) for size in sizes if size["legs"] >= 10 * _MILLION]
    rows += [_flatness_target(sizes)] if len(sizes) > 1 else []
    rows += [_night_target(size) for size in sizes if size["legs"] >= 10 * _MILLION]
    rows += [_query_target(size) for size in sizes]
    if "sample" in results:
        rows.append(_sample_target(results["sample"]))
    lines = ["| target | measured | met | why |", "|---|---|---|---|"]
    lines += [
        f"| {target} | {measured} | {'yes' if met else 'no'} | {why} |" for target, measured, met, why in rows
    ]
    return "\n".join(lines) + "\n"


_Row = tuple[str, str, bool, str]


def _ratio_target(size: Size) -> _Row:
    phases, floor = size["build"]["phases"], size["floor"]["wall_seconds"]
    alone = (phases["landing"] + phases["models"]) / floor
    why = (
        f"the models alone are {alone:.2f} x; tests ({phases['tests']:.0f} s), the release ({phases['publish']:.0f} s)"
        f" and dbt ({phases['dbt']:.0f} s) are work the floor does not do"
    )
    spared = _slower_in_floor(size)
    if spared > floor / _NOTABLE:
        why += (
            f"; {spared:.0f} s of the floor are tables that the models' own SQL makes faster: without these it"
            f" would be {size['build']['wall_seconds'] / (floor - spared):.2f} x"
        )
    return (
        f"full build of {_legs(size)} at most {RATIO_TARGET} x the floor",
        f"{ratio(size):.2f} x",
        ratio(size) <= RATIO_TARGET,
        why,
    )


def _slower_in_floor(size: Size) -> float:
    """Seconds by which tables take longer in the floor than in the build: a floor should not be beaten."""
    build, floor = size["build"]["slowest"], size["floor"]["slowest"]
    return float(sum(max(0.0, floor[table] - build[table]) for table in floor if table in build))


def _memory_target(size: Size) -> _Row:
    peak = size["build"]["peak_bytes"] / 2**30
    return (
        f"at most {MEMORY_TARGET_GIB} GiB at {_legs(size)}",
        f"{peak:.1f} GiB",
        peak <= MEMORY_TARGET_GIB,
        "DuckDB keeps what it has read as long as its memory limit allows",
    )


def _flatness_target(sizes: Sequence[Size]) -> _Row:
    costs = [per_million(size, "build") for size in sizes]
    spread = max(costs) / min(costs)
    dearest = sizes[costs.index(max(costs))]
    return (
        f"cost per leg within {FLATNESS_TARGET - 1:.0%} from {_legs(sizes[0])} to {_legs(sizes[-1])}",
        f"{min(costs):.1f} to {max(costs):.1f} s per million",
        spread <= FLATNESS_TARGET,
        f"dearest at {_legs(dearest)}: "
        + ("what every build costs weighs most there" if dearest is sizes[0] else "what no longer fits in memory is"
           " put aside on disk"),
    )  # fmt: skip


def _night_target(size: Size) -> _Row:
    night, phases = size["night"]["wall_seconds"], size["night"]["phases"]
    return (
        f"a night of {size['night']['rows']['calls']:,} legs on top of {_legs(size)} in {NIGHT_TARGET_SECONDS} s",
        f"{night:.0f} s",
        night <= NIGHT_TARGET_SECONDS,
        f"models {phases['models']:.0f} s: weeks to years that hold the day are summed anew, and small models are"
        f" built whole; tests {phases['tests']:.0f} s: most look at whole tables; the release"
        f" {phases['publish']:.0f} s: it is written from scratch; dbt {phases['dbt']:.0f} s. A run with no new file"
        f" takes {size['idle']['wall_seconds']:.0f} s, a full build {size['build']['wall_seconds']:.0f} s",
    )


def _query_target(size: Size) -> _Row:
    cold, warm = size["dashboard"]["cold"]["p95_ms"], size["dashboard"]["warm"]["p95_ms"]
    return (
        f"95 % of dashboard queries within {QUERY_TARGET_MS} ms at {_legs(size)}",
        f"{cold:.0f} ms on a new connection, {warm:.0f} ms on an open one",
        cold <= QUERY_TARGET_MS,
        "opening the file and reading its catalog is most of the first"
        if warm <= QUERY_TARGET_MS
        else "see below",
    )


def _sample_target(sample: Mapping[str, Any]) -> _Row:
    return (
        f"default sample, its raw data made up included, within {SAMPLE_TARGET_SECONDS} s",
        f"{sample['wall_seconds']:.0f} s",
        sample["wall_seconds"] <= SAMPLE_TARGET_SECONDS,
        f"dbt itself takes {sample['phases']['dbt']:.0f} s of it, whatever the data",
    )


def _build_table(sizes: Sequence[Size]) -> str:
    lines = [
        "| legs | build | floor | ratio | build per million legs | processor time, build / floor | peak memory, build /"
        " floor | raw | work file | release |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for size in sizes:
        build, floor, held = size["build"], size["floor"], size["bytes"]
        lines.append(
            f"| {_legs(size)} | {build['wall_seconds']:.0f} s | {floor['wall_seconds']:.0f} s | {ratio(size):.2f} |"
            f" {per_million(size, 'build'):.1f} s | {build['cpu_seconds']:.0f} / {floor['cpu_seconds']:.0f} s |"
            f" {build['peak_bytes'] / 2**30:.1f} / {floor['peak_bytes'] / 2**30:.1f} GiB | {_megabytes(held['raw'])} |"
            f" {_megabytes(held['work'])} | {_megabytes(held['release'])} |"
        )
    lines.append("")
    for size in sizes:
        rows = size["rows"]
        lines.append(
            f"{_legs(size).capitalize()} come with {rows['fct_agent_states']:,} pieces of agent states and make"
            f" {rows['kpi_values']:,} values of KPIs."
        )
    return "\n".join(lines) + "\n"


def _phase_table(sizes: Sequence[Size]) -> str:
    lines = [
        "| legs | " + " | ".join(name for name, _ in PHASES.values()) + " |",
        "|---" * (len(PHASES) + 1) + "|",
    ]
    for size in sizes:
        phases = size["build"]["phases"]
        lines.append(f"| {_legs(size)} | " + " | ".join(f"{phases[phase]:.0f} s" for phase in PHASES) + " |")
    lines += [
        "",
        "dbt's own share is the time of its step less the statements it waited for, as its events time them:"
        " starting, reading the project, compiling, some 60 ms around a model and 30 ms around a test, its artifacts."
        " It does not grow with the data. That is why tests are few and rich (one `is_key` instead of a `unique` and a"
        " `not_null`), why unit tests run in `scripts/test` and not in the nightly build, and why dbt has one thread:"
        " its threads only wait for each other, and DuckDB uses every core inside a query.",
    ]
    return "\n".join(lines) + "\n"


def _slowest(size: Size) -> str:
    floor = size["floor"]["slowest"]
    lines = [
        f"The dearest tables and tests at {_legs(size)}:",
        "",
        "| node | build | floor |",
        "|---|---|---|",
    ]
    for name, seconds in list(size["build"]["slowest"].items())[:12]:
        beside = f"{floor[name]:.1f} s" if name in floor else ""
        lines.append(f"| `{name}` | {seconds:.1f} s | {beside} |")
    return "\n".join(lines) + "\n"


def _night_table(sizes: Sequence[Size]) -> str:
    lines = ["| on top of | new legs | the run | with no new file | full build |", "|---|---|---|---|---|"]
    lines += [
        f"| {_legs(size)} | {size['night']['rows']['calls']:,} | {size['night']['wall_seconds']:.0f} s |"
        f" {size['idle']['wall_seconds']:.0f} s | {size['build']['wall_seconds']:.0f} s |"
        for size in sizes
    ]
    return "\n".join(lines) + "\n"


def _dashboard(sizes: Sequence[Size]) -> str:
    lines = ["| legs | new connection: p50 | p95 | open connection: p50 | p95 |", "|---|---|---|---|---|"]
    for size in sizes:
        cold, warm = size["dashboard"]["cold"], size["dashboard"]["warm"]
        lines.append(
            f"| {_legs(size)} | {cold['p50_ms']:.0f} ms | {cold['p95_ms']:.0f} ms | {warm['p50_ms']:.0f} ms |"
            f" {warm['p95_ms']:.0f} ms |"
        )
    taken = sizes[-1]["dashboard"]["queries"]
    slowest = sorted(taken.items(), key=lambda query: -query[1]["warm_ms"])[:5]
    lines += [
        "",
        f"{len(taken)} queries (`scripts/callmart/benchmark/dashboard.sql`) on the published file, opened read-only;"
        f" the slowest at {_legs(sizes[-1])}, on an open connection: "
        + ", ".join(f"{name} ({times['warm_ms']:.0f} ms)" for name, times in slowest)
        + ".",
    ]
    return "\n".join(lines) + "\n"


def _limits(sizes: Sequence[Size]) -> str:
    size = sizes[-1]
    held = size["bytes"]
    million_bytes = (held["raw"] + held["work"] + 2 * held["release"]) / (size["legs"] / _MILLION)
    night_hours = 4
    fit = night_hours * 3600 / per_million(size, "build")
    unmeasured = (
        f" {_LARGEST // _MILLION} million legs were not measured: with the floor's file beside them they need some"
        f" {(million_bytes + held['work'] / (size['legs'] / _MILLION)) * _LARGEST / _MILLION / 1e9:,.0f} GB of disk."
        if size["legs"] < _LARGEST
        else ""
    )
    return (
        f"At the cost of {_legs(size)}, a full build of {fit:,.0f} million legs takes {night_hours} hours on this"
        f" machine, and needs {million_bytes / 1e9:.2f} GB of disk per million legs: raw files, work file, the"
        f" release and the one before it.{unmeasured} More cores and memory move the first, a larger disk the"
        " second. Move to the Spark target when a full refresh, which a change of definitions needs, no longer"
        " fits between two nights, or the work file no longer fits on one disk; [scale.md](scale.md) works it"
        " out for a billion legs a month. Nothing in the models grows faster than the rows: no window over all"
        " rows of a fact but the order of an agent's states and of a customer's contacts, no join on a range but"
        " of small tables.\n"
    )


def _legs(size: Size) -> str:
    legs = int(size["legs"])
    return f"{legs / _MILLION:g} million legs" if legs >= _MILLION else f"{legs:,} legs"


def _megabytes(count: float) -> str:
    return f"{count / 1e6:,.0f} MB"


# The chart


def chart(results: Mapping[str, Any]) -> str:
    """Seconds per million legs, build by phase and floor, one pair of bars per size, as SVG."""
    sizes = sizes_of(results)
    width, height, left, top, bottom = 760, 400, 64, 64, 64
    plot = height - top - bottom
    most = max(max(per_million(size, "build"), per_million(size, "floor")) for size in sizes)
    step = _nice_step(most / 5)
    scale = plot / (step * -(-most // step))
    group = (width - left - 200) / len(sizes)
    bar = min(64.0, group / 3)
    base = height - bottom
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        ' aria-label="Seconds per million legs, build and floor" font-family="system-ui, sans-serif" font-size="13"'
        ' fill="#222222">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{left}" y="28" font-size="17" font-weight="600">Seconds per million legs</text>',
        f'<text x="{left}" y="48" fill="#666666">the build by phase, beside SQL alone</text>',
    ]
    for tick in range(round(plot / (step * scale)) + 1):
        y = base - tick * step * scale
        shapes.append(f'<line x1="{left}" x2="{width - 190}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e4e4e4"/>')
        shapes.append(
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#666666">{tick * step:g}</text>'
        )
    for place, size in enumerate(sizes):
        middle = left + group * (place + 0.5)
        millions = size["legs"] / _MILLION
        y = base
        for phase, (name, colour) in PHASES.items():
            seconds = max(0.0, size["build"]["phases"][phase]) / millions
            y -= seconds * scale
            shapes.append(_bar(middle - bar - 3, y, bar, seconds * scale, colour, f"{name}: {seconds:.1f} s"))
        floor = per_million(size, "floor")
        shapes.append(
            _bar(middle + 3, base - floor * scale, bar, floor * scale, _FLOOR_COLOUR, f"floor: {floor:.1f} s")
        )
        shapes.append(_label(middle - bar / 2 - 3, y - 6, f"{per_million(size, 'build'):.0f}"))
        shapes.append(_label(middle + bar / 2 + 3, base - floor * scale - 6, f"{floor:.0f}"))
        shapes.append(_label(middle, base + 20, _legs(size)))
        shapes.append(_label(middle, base + 40, f"{ratio(size):.2f} x the floor", "#666666"))
    shapes.append(f'<line x1="{left}" x2="{width - 190}" y1="{base}" y2="{base}" stroke="#222222"/>')
    entries = [*reversed(list(PHASES.values())), ("the floor", _FLOOR_COLOUR)]
    for place, (name, colour) in enumerate(entries):
        y = top + 12 + 24 * place
        shapes.append(_bar(width - 170, y, 14, 14, colour, name))
        shapes.append(f'<text x="{width - 148}" y="{y + 12}">{name}</text>')
    return "\n".join([*shapes, "</svg>"]) + "\n"


def _nice_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20... (or tenths of them) that is no smaller."""
    step = 0.1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= least:
                return step * factor
        step *= 10


def _bar(x: float, y: float, width: float, height: float, colour: str, title: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
        f"<title>{title}</title></rect>"
    )


def _label(x: float, y: float, text: str, colour: str = "#222222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="{colour}">{text}</text>'
