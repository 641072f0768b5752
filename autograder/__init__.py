"""Grade deep-learning homework notebooks: one rubric, sandboxed runs, verdicts computed outside."""

__version__ = "0.1.0"
