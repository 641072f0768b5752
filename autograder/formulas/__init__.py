"""Formulas that students type: parsed by a parser of our own, evaluated exactly, never by `eval`."""

from autograder.formulas.evaluation import Formula, Number
from autograder.formulas.parsing import MAX_LENGTH, parse_formula

__all__ = ["MAX_LENGTH", "Formula", "Number", "parse_formula"]
