"""What the proofs on personal data and on hostile text share: one build of raw data with both in it."""

from __future__ import annotations

import pytest
from planted import Built, plant, project_copy, run_commands


@pytest.fixture(scope="session", params=[(300, 40), pytest.param((30_000, 366), marks=pytest.mark.slow)])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The whole command, and what follows it, on planted raw data: legs and days of the sample around them."""
    legs, days = request.param
    folder = tmp_path_factory.mktemp("planted")
    planted = plant(folder / "raw", legs, days)
    project_copy(folder / "project")
    return run_commands(folder, planted.canaries)
