"""What tests of checks share: a desk to judge at, and Hypothesis without a clock."""

from __future__ import annotations

import pytest
from desk import Desk
from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Return a desk in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)
