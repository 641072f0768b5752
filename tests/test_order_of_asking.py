"""What a hidden check shows a student's code cannot come back in what the student sees."""

from __future__ import annotations

from pathlib import Path

from course import autograder, read_report, write_notebook

RUBRIC = """\
version: 1
assignment: order
reference: ref.py
questions:
  - id: 1
    checks:
      - {id: g, kind: function, random: {inputs: draws, count: 3}, visibility: hidden}
      - {id: y, expected: 1}
"""
REFERENCE = """\
from autograder.truth import function, inputs

@function
def g(a):
    return a

@inputs
def draws(rng):
    return (int(rng.integers(10**6, 10**7)),)
"""
LEAK = """\
def g(a):
    open('/dev/shm/seen', 'a').write(str(a))
    return a
class Late(list):
    def __iter__(self):
        try: return iter([open('/dev/shm/seen').read()])
        except OSError: return iter(['nothing'])
y = Late([1])
"""


def test_values_are_read_before_any_function_is_called(tmp_path: Path) -> None:
    rubric = tmp_path / "hw.yaml"
    rubric.write_text(RUBRIC)
    (tmp_path / "ref.py").write_text(REFERENCE)
    assert autograder("truth", rubric).returncode == 0
    notebook = write_notebook(tmp_path / "s.ipynb", "# Question 1", LEAK)
    assert autograder("grade", rubric, notebook, "-o", tmp_path / "out").returncode == 0
    checks = {
        check["id"]: check for check in read_report(tmp_path / "out", "s")["questions"][0]["checks"]
    }
    assert checks["g"]["outcome"] == "passed"
    assert "nothing" in checks["y"]["got"]
