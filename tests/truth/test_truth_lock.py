"""The lock: what it stores, and when it is missing, stale or damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from course_folder import IOU, IOU_CHECK, refusal

from autograder.errors import LockError
from autograder.truth import compute_lock, lock_path, open_truth, read_lock, write_lock

# ── the file ──────────────────────────────────────────────────────────────────────────────────


def test_a_lock_recomputed_is_the_same_to_the_byte(course, tmp_path):
    course.write(IOU)
    rubric = course.rubric(IOU_CHECK)
    for name in ("first", "second"):
        write_lock(compute_lock(rubric), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_lock_recomputed_in_another_process_is_the_same_to_the_byte(course, tmp_path):
    course.write("import torch\ndef params(): return {'a', 'b', 'c'}\n")
    rubric = course.rubric()
    write_lock(compute_lock(rubric), lock_path(rubric))
    program = (
        "import pathlib, sys\n"
        "from autograder.rubric.schema import Rubric\n"
        "from autograder.truth import compute_lock, write_lock\n"
        "rubric = Rubric.model_validate_json(sys.argv[1])\n"
        "rubric._path = pathlib.Path(sys.argv[2])\n"
        "write_lock(compute_lock(rubric), pathlib.Path(sys.argv[3]))\n"
    )
    arguments = [rubric.model_dump_json(), str(rubric.path), str(tmp_path / "other")]
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": str(root), "PYTHONHASHSEED": "7", "PATH": ""}
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, env=environment)
    assert (tmp_path / "other").read_bytes() == lock_path(rubric).read_bytes()


def test_a_lock_tells_where_it_comes_from(course):
    path = course.write("import numpy as np\nimport torch\ndef params(): return 1\n")
    course.truth()
    document = json.loads((path.parent / "locks" / "hw.json").read_text(encoding="utf-8"))
    assert document["assignment"] == "hw"
    assert sorted(document["packages"]) == ["numpy", "torch"]
    assert document["packages"]["numpy"] == np.__version__
    assert document["nodes"] == {"params": 1}
    assert str(course.root) not in json.dumps(document)


def test_writing_a_lock_leaves_no_draft(course):
    course.write(IOU)
    course.truth()
    path = lock_path(course.rubric())
    assert list(path.parent.iterdir()) == [path]


def test_a_lock_can_be_read_by_everyone(course):
    course.write(IOU)
    course.truth()
    assert lock_path(course.rubric()).stat().st_mode & 0o777 == 0o644


def test_a_lock_that_cannot_be_written_is_one_clear_line(course, tmp_path):
    course.write(IOU)
    (tmp_path / "file").write_text("")
    lock = compute_lock(course.rubric())
    assert "cannot be written" in refusal(write_lock, lock, tmp_path / "file" / "hw.json")


def test_reading_a_lock_imports_nothing_of_the_reference(course):
    course.write("import torch\nfrom helper_of_hw import X\ndef params(): return X\n")
    course.write("X = 1\n", "helper_of_hw.py")
    rubric = course.rubric()
    write_lock(compute_lock(rubric), lock_path(rubric))
    program = (
        "import pathlib, sys\n"
        "from autograder.rubric.schema import Rubric\n"
        "from autograder.truth import open_truth\n"
        "rubric = Rubric.model_validate_json(sys.argv[1])\n"
        "rubric._path = pathlib.Path(sys.argv[2])\n"
        "print(open_truth(rubric).value('params'), 'torch' in sys.modules)\n"
    )
    arguments = [rubric.model_dump_json(), str(rubric.path)]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True, capture_output=True, text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
    )  # fmt: skip
    assert done.stdout.split() == ["1", "False"]


# ── stale, missing, damaged ───────────────────────────────────────────────────────────────────

MEND = "; run `autograder truth rubrics/hw.yaml`"


def test_a_missing_lock_names_the_command(course):
    course.write(IOU)
    assert refusal(open_truth, course.rubric()) == (
        "reference/locks/hw.json: the truth is not computed yet" + MEND
    )


def test_a_missing_reference_is_named(course):
    assert (
        refusal(open_truth, course.rubric()) == "reference/hw.py: there is no such reference file"
    )


def test_a_changed_reference_makes_the_lock_stale(course):
    course.write(IOU)
    course.truth()
    course.write(IOU + "\n")
    assert refusal(open_truth, course.rubric()) == (
        "reference/locks/hw.json: reference/hw.py has changed since" + MEND
    )


def test_a_changed_or_missing_module_beside_the_reference_makes_the_lock_stale(course):
    course.write("from helper_of_hw import X\ndef params(): return X\n")
    helper = course.write("X = 1\n", "helper_of_hw.py")
    assert course.truth().value("params") == 1
    course.write("X = 2\n", "helper_of_hw.py")
    assert "reference/helper_of_hw.py has changed since" in refusal(open_truth, course.rubric())
    assert course.truth().value("params") == 2
    helper.unlink()
    assert "reference/helper_of_hw.py has changed since" in refusal(open_truth, course.rubric())


def test_other_calls_make_the_lock_stale_and_other_points_do_not(course):
    course.write(IOU)
    course.truth(IOU_CHECK)
    open_truth(course.rubric({**IOU_CHECK, "points": 7, "tolerance": {"atol": 0.1}}))
    for change in (
        {"random": {"inputs": "intervals", "count": 3, "seed": 2}},
        {"cases": []},
        {"arrays": True},
        {"properties": []},
        {"id": "other", "reference": "iou"},
    ):
        message = refusal(open_truth, course.rubric({**IOU_CHECK, **change}))
        assert "the function checks of the rubric have changed since" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the lock is damaged"),
        ("<<<<<<< HEAD", "the lock is damaged"),
        ("[" * 100_000, "the lock is damaged"),
        ("[]", "not a lock of this version of the autograder"),
        ('{"format": 0}', "not a lock of this version of the autograder"),
        ('{"format": 1}', "the lock is damaged"),
    ],
)
def test_a_damaged_lock_names_the_command(course, content, message):
    course.write(IOU)
    course.truth()
    lock_path(course.rubric()).write_text(content)
    assert refusal(open_truth, course.rubric()) == f"reference/locks/hw.json: {message}{MEND}"


@pytest.mark.parametrize("key", ["assignment", "reference", "nodes", "calls", "calls_sha256"])
@pytest.mark.parametrize("value", [None, 5, "text", [1], {"a": {"t": "?"}}])
def test_a_lock_with_a_damaged_part_is_refused(course, key, value):
    course.write(IOU)
    course.truth(IOU_CHECK)
    path = lock_path(course.rubric())
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, key: value}), encoding="utf-8")
    with pytest.raises(LockError):
        read_lock(course.rubric(IOU_CHECK))


def test_a_lock_of_another_assignment_is_refused(course):
    course.write(IOU)
    course.truth()
    path = lock_path(course.rubric())
    path.write_text(path.read_text(encoding="utf-8").replace('"hw"', '"other"'), encoding="utf-8")
    assert "belongs to assignment 'other'" in refusal(open_truth, course.rubric())
