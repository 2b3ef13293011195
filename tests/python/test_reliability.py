"""A promise counts as held when all of its proof ran and passed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callmart.reliability import __main__ as command
from callmart.reliability.promises import Promise

PASSED = """
from callmart.reliability.figures import record

def test_passed():
    record("kept", "Trials", {"trials": 3})
"""
SKIPPED = """
import pytest

def test_skipped():
    pytest.skip("nothing to try it on")
"""
NOT_COLLECTED = """
import pytest

pytest.importorskip("no_such_package")
"""


@pytest.mark.parametrize(
    ("files", "is_held"),
    [
        ([PASSED], True),
        ([PASSED, SKIPPED], False),
        ([PASSED, NOT_COLLECTED], False),
    ],
)
def test_a_proof_that_was_skipped_is_none(
    files: list[str], is_held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"test_{number}.py" for number in range(len(files))]
    for path, text in zip(paths, files, strict=True):
        path.write_text(text)
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.json")
    results: dict[str, Any] = {}
    promise = Promise("kept", "It is kept", "", tuple(map(str, paths)))
    assert command._prove(promise, results) == is_held
    assert bool(results) == (tmp_path / "results.json").exists() == is_held
    if is_held:
        kept = json.loads((tmp_path / "results.json").read_text())["kept"]
        assert kept["proofs"] == {"Trials": {"trials": 3}}
