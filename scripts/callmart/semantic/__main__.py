"""Write the semantic layer from the definitions of the KPIs, or tell whether it is up to date.

`python -m callmart.semantic --write` writes `semantic/models/generated` and `docs/semantic_layer.md`, `--check`
fails when they differ.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from callmart.generated import write_or_check
from callmart.paths import PROJECT
from callmart.semantic.cells import CellsError
from callmart.semantic.kpis import metrics_of
from callmart.semantic.layer import Layer, SemanticModel

_HEADER = (
    "Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.\n"
)
_PAGE = "docs/semantic_layer.md"
_TEMPLATE = Path(__file__).with_name("page.md")


def files(layer: Layer) -> dict[str, str]:
    """Every generated file, by its path below the project's folder."""
    folder = "semantic/models/generated"
    found = {}
    for model in layer.models:
        if model.sql is not None:
            found[f"{folder}/{model.name}.sql"] = f"-- {_HEADER}{model.sql}"
        found[f"{folder}/{model.name}.yml"] = _yaml({"models": [_properties(model)]})
    found[f"{folder}/kpis.yml"] = _yaml({"metrics": metrics_of(layer)})
    found[_PAGE] = page(layer)
    return found


def page(layer: Layer) -> str:
    """What people have to know to ask."""
    asked = list(layer.kpi_metrics())
    simple = sum(len(model.metrics) for model in layer.models)
    parts = {
        "count": simple + len(metrics_of(layer)),
        "kpis": len({kpi_id for _, kpi_id, _ in asked}),
        "all_kpis": len(layer.catalogue),
        "entities": _list(dict.fromkeys(scope for model in layer.models for scope in model.scopes)),
        "watched": _list(layer.watched()),
        "metrics": "\n".join(f"| `{metric}` | {_list(scopes)} |" for metric, _, scopes in asked),
        "unexpressed": "\n".join(f"| `{kpi_id}` | {reason} |" for kpi_id, reason in layer.unexpressed()),
    }
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in parts.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _properties(model: SemanticModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "semantic_model": {"enabled": True},
        "primary_entity": model.name.removesuffix("s"),
        "agg_time_dimension": "measure_date",
        "columns": [
            {"name": "measure_date", "granularity": "day", "dimension": {"type": "time"}},
            *({"name": scope, "entity": {"type": "foreign", "name": scope}} for scope in model.scopes),
        ],
        "derived_semantics": {"entities": [{"name": "calendar", "type": "foreign", "expr": "measure_date"}]},
        "metrics": list(model.metrics),
    }


def _yaml(content: Any) -> str:
    return f"# {_HEADER}" + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=160)


def main(arguments: Sequence[str] | None = None, root: Path = PROJECT) -> int:
    """Run `python -m callmart.semantic --write | --check`; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m callmart.semantic", description="The semantic layer.")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write it, and remove what belongs to no model")
    choice.add_argument("--check", action="store_true", help="fail when it is not up to date")
    options = parser.parse_args(arguments)
    try:
        expected = files(Layer(root))
    except (OSError, KeyError, CellsError, ValueError) as error:
        print(f"semantic: {error}", file=sys.stderr)
        return 1
    folder = root / "semantic" / "models" / "generated"
    there = [path for path in [*folder.glob("*"), root / _PAGE] if path.is_file()]
    return write_or_check("semantic", root, expected, there, write=options.write)


if __name__ == "__main__":
    sys.exit(main())
