"""What students hand in → `Submission`: notebooks, folders and zips, read safely and tolerantly."""

from __future__ import annotations

from autograder.submission.collection import collect_submissions
from autograder.submission.folder import stage_files
from autograder.submission.naming import matches_filename
from autograder.submission.notebook import Mark, Notebook, read_notebook
from autograder.submission.questions import QuestionMap, assign_questions

__all__ = [
    "Mark",
    "Notebook",
    "QuestionMap",
    "assign_questions",
    "collect_submissions",
    "matches_filename",
    "read_notebook",
    "stage_files",
]
