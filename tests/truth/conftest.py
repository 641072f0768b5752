"""What tests of truth share: a course, and Hypothesis without a clock."""

from __future__ import annotations

import pytest
from course_folder import Course
from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return an empty course, and work in its folder."""
    monkeypatch.chdir(tmp_path)
    return Course(tmp_path)
