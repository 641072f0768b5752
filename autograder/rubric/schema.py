"""The rubric's vocabulary: what may stand in the YAML, as pydantic models.

Every model is frozen and refuses unknown keys. The JSON Schema that editors use is generated from
here (`autograder.rubric.json_schema`), so each field's description is what an instructor reads
while typing. `docs/rubric.md` explains the same vocabulary with examples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
)

from autograder.model import Visibility
from autograder.rubric.units import Bytes, Seconds

Credit = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0)]
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""What numpy takes as a seed."""
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A Python identifier."""


def _whole_number_as_text(value: Any) -> Any:
    """Let question 2 be written ``id: 2``; 1.10 would become "1.1" and is refused."""
    return str(value) if type(value) is int else value


Id = Annotated[
    str,
    Field(pattern=ID_PATTERN),
    BeforeValidator(
        _whole_number_as_text,
        json_schema_input_type=Annotated[str, Field(pattern=ID_PATTERN)] | int,
    ),
]
"""Letters, digits, '.', '_' and '-'; a whole number is read as text."""


class Model(BaseModel):
    """Base of everything in a rubric. Strict: neither "5" nor true is a number, and 1 is not true."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class Limits(Model):
    """What one submission may use; over a limit the cell is named, finished questions keep credit."""

    time: Seconds = 300.0
    """Wall-clock time of the whole notebook ("5 min")."""
    cell_time: Seconds = 60.0
    """Wall-clock time of one cell ("60 s")."""
    request_time: Seconds = 10.0
    """Wall-clock time of one request made by a check ("10 s")."""
    memory: Bytes = 2 * 1024**3
    """Memory of all the processes together ("2 GiB")."""
    file_size: Bytes = 256 * 1024**2
    """Size of the work folder, and of any one file in it ("256 MiB")."""
    output: Bytes = 1024**2
    """Output kept per notebook ("1 MiB"); more is cut, and said."""
    processes: Annotated[int, Field(ge=8, le=4096)] = 256
    """Processes and threads at one time."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Threads that numpy and torch use for one operation."""


class Environment(Model):
    """Where notebooks run, when that differs from where the grader runs."""

    python: str
    """An interpreter with ipykernel and the course's packages (/opt/course/bin/python)."""
    variables: dict[str, str] = {}
    """Environment variables that the notebook sees."""


class Tolerance(Model):
    """How far off an answer may be: |answer - expected| <= atol + rtol * |expected|, or by digits."""

    rtol: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Relative to the *expected* value, never to the student's."""
    atol: Annotated[float, Field(ge=0)] = 0.0
    """Absolute."""
    significant: Annotated[int, Field(ge=1, le=15)] | None = None
    """Right when it agrees once both are rounded to this many significant figures."""
    decimals: Annotated[int, Field(ge=0, le=15)] | None = None
    """Right when it agrees once both are rounded to this many decimals."""


class Convention(Model):
    """Another convention that a student may declare, e.g. that a MAC counts as two operations."""

    title: str
    """Named in the feedback: "counted as 2 x MAC, as declared"."""
    answer: str | None = None
    """An expression over the notebook's names that holds the declaration."""
    equals: list[Any] = [True]
    """Values of `answer` that declare it; in text, case, spaces and punctuation do not matter."""
    mentions: list[str] = []
    """Or: phrases in the student's own text cells of the question that declare it."""


class Alternate(Model):
    """Another right answer (in `alternates`) or a known wrong one (in `mistakes`)."""

    value: Any = None
    """The answer itself."""
    node: Name | None = None
    """Or: the node of the reference that computes it."""
    multiply: float | None = None
    """Or: the expected answer times this."""
    when: Name | None = None
    """Only where the student declared this convention (see `conventions`)."""
    credit: Credit | None = None
    """Share of the points: by default 1 for an alternate and 0 for a mistake."""
    feedback: str = ""
    """What the student reads."""
    deduct_once: str = ""
    """In `mistakes`: the same slip, made again in a check of this group, costs nothing more."""


def _worth(credit: float) -> AfterValidator:
    """Return a validator that gives `credit` to the entries that name none."""

    def fill(entries: list[Alternate]) -> list[Alternate]:
        return [
            entry.model_copy(update={"credit": credit}) if entry.credit is None else entry
            for entry in entries
        ]

    return AfterValidator(fill)


Alternates = Annotated[list[Alternate], _worth(1.0)]
Mistakes = Annotated[list[Alternate], _worth(0.0)]


class FollowThrough(Model):
    """Error carried forward: judge by the reference, recomputed from the student's own values."""

    nodes: Annotated[list[Name], Field(min_length=1)]
    """Nodes whose value is taken from the student."""
    penalty: Credit = 0.0
    """Share of the points that a right answer from wrong values loses."""
    order: Literal["original first", "own first"] = "original first"
    """Which expected value is tried first."""
    min: float | None = None
    """The student's values are used only from here on."""
    max: float | None = None
    """The student's values are used only up to here."""


class Check(Model):
    """What every check has, whatever its kind."""

    id: Id
    """Unique in the rubric; also the notebook variable and the reference node, unless those are given."""
    title: str = ""
    """What people read in place of the id."""
    points: Points = 1.0
    """Points to be had."""
    visibility: Annotated[Visibility, Field(strict=False)] = Visibility.AFTER_PUBLISHED
    """Who may see the result, and when; what is public is also in the self-check."""
    requires: list[Id] = []
    """Checks that must pass first; otherwise this one is skipped, with the reason."""
    feedback: str = ""
    """What a student who loses points here reads."""
    tags: list[str] = []
    """Free labels, kept in the report."""
    at: Literal["question", "end"] = "question"
    """Ask at the end of the question, or of the whole notebook."""
    time: Seconds | None = None
    """Time limit of this check's requests; by default limits.request_time."""
    deduct_once: str = ""
    """Checks with the same word here lose points only once between them."""

    _question: str = PrivateAttr("")
    _conventions: dict[str, Convention] = PrivateAttr(default_factory=dict)
    _sources: dict[str, tuple[str, str]] = PrivateAttr(default_factory=dict)
    _folder: Path = PrivateAttr(default_factory=Path)
    _request_time: float = PrivateAttr(Limits().request_time)

    grades_itself: ClassVar[bool] = True
    """False for kinds that await a human."""

    @property
    def question(self) -> str:
        """Id of the question that holds this check (set by the loader)."""
        return self._question

    @property
    def place(self) -> str:
        """Whose snapshot answers: the question's id, or empty for the end of the notebook."""
        return "" if self.at == "end" else self._question

    @property
    def conventions(self) -> dict[str, Convention]:
        """The rubric's conventions by name (set by the loader)."""
        return self._conventions

    @property
    def sources(self) -> dict[str, tuple[str, str]]:
        """For each node of `follow_through`: place and expression of the student's own value."""
        return self._sources

    @property
    def time_s(self) -> float:
        """Time limit of each of its requests, seconds: its own, or the rubric's (set by the loader)."""
        return self._request_time if self.time is None else self.time

    @property
    def folder(self) -> Path:
        """The folder of the rubric, against which files are resolved (set by the loader)."""
        return self._folder


class Answered(Check):
    """Shared by the kinds that compare one answer with one expected value."""

    answer: str | None = None
    """Expression over the notebook's names; by default the check's id."""
    node: Name | None = None
    """Reference node with the expected value; by default the check's id."""
    expected: Any = None
    """The expected value itself, in place of a node."""
    tolerance: Tolerance | Literal["exact"] | None = None
    """By default exact for whole numbers, text and booleans, and rtol 1e-6 for other numbers."""
    alternates: Alternates = []
    """Other right answers."""
    mistakes: Mistakes = []
    """Known wrong answers, with their credit and feedback."""
    follow_through: list[Name] | FollowThrough | None = None
    """Nodes whose value is taken from the student when the answer is judged a second time."""

    @property
    def expression(self) -> str:
        """The expression to evaluate in the notebook."""
        return self.answer if self.answer is not None else self.id

    @property
    def node_name(self) -> str | None:
        """The reference node with the expected value; None where `expected` is given."""
        if "expected" in self.model_fields_set:
            return None
        return self.node if self.node is not None else self.id

    @property
    def followed(self) -> list[str]:
        """The nodes of `follow_through`, in either of its forms."""
        if isinstance(self.follow_through, FollowThrough):
            return self.follow_through.nodes
        return self.follow_through or []


class ValueCheck(Answered):
    """A number, boolean, text, or a tuple of these (a shape)."""

    kind: Literal["value"] = "value"
    """The kind of check."""
    type: Literal["any", "number", "integer", "text", "boolean", "sequence"] = "any"
    """What the answer must be; by default whatever the expected value is."""
    notation: Literal["plain", "rounded"] = "plain"
    """`rounded` also reads text such as "3.2M", "400K" or "1.5 GB" as a number."""
    blank_is: float | None = None
    """Read a blank answer (None, "", "none", "-") as this number."""
    ignore_order: bool = False
    """Sequences may come in any order."""


class TableCheck(Answered):
    """A table of numbers: nested dicts, a list of rows, or a DataFrame; credit per cell."""

    kind: Literal["table"]
    """The kind of check."""
    credit: Literal["per_entry", "all_or_nothing"] = "per_entry"
    """Share of the cells that are right, or all or nothing."""
    notation: Literal["plain", "rounded"] = "plain"
    """`rounded` also reads text such as "3.2M" or "400K" as a number."""
    blank_is: float | None = None
    """Read a blank cell (None, "", "none", "-") as this number."""


class ArrayCheck(Answered):
    """An array or tensor: shape, dtype and values."""

    kind: Literal["array"]
    """The kind of check."""
    credit: Literal["per_entry", "all_or_nothing"] = "all_or_nothing"
    """Share of the entries that are right, or all or nothing."""
    dtype: Literal["any", "integer", "floating", "boolean", "same"] = "any"
    """What the entries must be; `same` asks for the reference's very dtype."""
    squeeze: bool = False
    """Ignore axes of length 1 in both."""


class FormulaCheck(Check):
    """A formula, judged by equivalence: text ("N*(K**2*M + 1)"), a function or a sympy expression."""

    kind: Literal["formula"]
    """The kind of check."""
    answer: str | None = None
    """Expression over the notebook's names that yields the formula; by default the check's id."""
    expected: str | None = None
    """The formula itself."""
    node: Name | None = None
    """Or the reference node that yields it as text; by default the check's id."""
    variables: Annotated[list[Name], Field(min_length=1)]
    """The letters that may occur."""
    domain: Literal["positive integers", "positive", "real"] = "positive integers"
    """Where the two must agree."""
    alternates: Alternates = []
    """Other right formulas."""
    mistakes: Mistakes = []
    """Known wrong formulas, with their credit and feedback."""


class FunctionCase(Model):
    """One call with given arguments."""

    args: list[Any] = []
    """Positional arguments; nested lists of numbers become arrays where `arrays: true`."""
    kwargs: dict[str, Any] = {}
    """Keyword arguments."""
    expected: Any = None
    """What it must return; by default what the reference returns."""


class RandomInputs(Model):
    """Inputs drawn by the reference, the same for every student."""

    inputs: Name
    """A function of the reference module, marked @inputs: (rng) -> one tuple of arguments."""
    count: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many calls."""
    seed: Seed = 0
    """Seed of `rng`, a numpy Generator."""


class PropertyTest(Model):
    """Something that must hold of the results, whatever the implementation."""

    holds: Name
    """A function of the reference, marked @property_test: (inputs, results) -> True, or what is wrong."""
    on: RandomInputs
    """The inputs."""
    title: str = ""
    """What the student reads: "IoU is symmetric"."""


class FunctionCheck(Check):
    """A function: cases, random inputs against the reference, and properties."""

    kind: Literal["function"]
    """The kind of check."""
    function: str | None = None
    """Expression over the notebook's names that yields the function; by default the check's id."""
    reference: Name | None = None
    """The model solution: a function of the reference marked @function; by default the check's id."""
    cases: list[FunctionCase] = []
    """Calls with given arguments."""
    random: RandomInputs | None = None
    """Calls with drawn arguments, compared with the reference."""
    properties: list[PropertyTest] = []
    """What must hold of the results."""
    tolerance: Tolerance | Literal["exact"] | None = None
    """As for a value."""
    arrays: bool = False
    """Turn nested lists of numbers in `cases` into numpy arrays."""
    credit: Literal["per_entry", "all_or_nothing"] = "all_or_nothing"
    """Share of the cases and properties that are right, or all or nothing."""

    @property
    def needs_reference(self) -> bool:
        """Whether some result is compared with the reference's."""
        given = all("expected" in case.model_fields_set for case in self.cases)
        return self.random is not None or not given


class PrintedCheck(Check):
    """What the cells of the question print."""

    kind: Literal["printed"]
    """The kind of check."""
    match: Literal["exact", "contains", "regex", "numbers"] = "contains"
    """The whole text (white space folded), a part of it, a pattern, or its numbers in order."""
    expected: Any = None
    """Text, a list of texts (all must be there), or numbers."""
    node: Name | None = None
    """Or the reference node that yields it; by default the check's id."""
    tolerance: Tolerance | Literal["exact"] | None = None
    """For numbers."""
    ignore_case: bool = False
    """Compare text without regard to case."""
    credit: Literal["per_entry", "all_or_nothing"] = "all_or_nothing"
    """Share of the expected texts or numbers that are there, or all or nothing."""


Rule = Literal["filename", "outputs", "no_errors", "in_order", "labelled", "commented", "explained"]


class NotebookCheck(Check):
    """Policies about the notebook itself. Each rule has an equal share of the points."""

    kind: Literal["notebook"]
    """The kind of check."""
    rules: Annotated[list[Rule], Field(min_length=1)]
    """filename: as the rubric's `filename`; outputs: kept in the file; no_errors: none raised when
    it ran; in_order: cells were run from top to bottom; labelled: each question has its heading;
    commented: code has comments; explained: each question has text in a text cell, not in code
    comments."""
    comment_share: Credit = 0.3
    """For `commented`: the share of longer code cells that must hold a comment."""


class KeyPoint(Model):
    """Something that an answer should say."""

    point: str
    """The point, in words; the human who confirms reads it."""
    any: Annotated[list[str], Field(min_length=1)]
    """Phrases that suggest it is there; case does not matter, `/.../` is a regular expression."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Share of the points, relative to the other key points."""


class Misconception(Model):
    """Something that an answer should not say."""

    point: str
    """The misconception, in words."""
    any: Annotated[list[str], Field(min_length=1)]
    """Phrases that suggest it, as for key points."""
    costs: Credit = 0.25
    """Share of the points that it takes from the suggestion."""


class TextCheck(Check):
    """An answer in words: key points suggest a score, a human confirms."""

    kind: Literal["text"]
    """The kind of check."""
    answer: str | None = None
    """Expression that yields the text; by default the student's text cells of the question."""
    key_points: Annotated[list[KeyPoint], Field(min_length=1)]
    """What an answer must contain."""
    enough: Annotated[int, Field(ge=1)] | None = None
    """So many key points are worth full points ("name two of these"); by default all of them."""
    misconceptions: list[Misconception] = []
    """What costs."""

    grades_itself: ClassVar[bool] = False


class ManualCheck(Check):
    """Judged by a human alone."""

    kind: Literal["manual"]
    """The kind of check."""
    guidance: str = ""
    """What the human looks for."""

    grades_itself: ClassVar[bool] = False


class PytestCheck(Check):
    """A pytest file of the instructor's, run outside the sandbox; its fixture `student` is a proxy."""

    kind: Literal["pytest"]
    """The kind of check."""
    file: str
    """The file, relative to the rubric."""
    select: str | None = None
    """Only tests whose name contains this."""
    credit: Literal["per_entry", "all_or_nothing"] = "per_entry"
    """Share of the tests that pass, or all or nothing."""


def _value_by_default(check: Any) -> Any:
    """Add the kind to a check that names none."""
    return {"kind": "value", **check} if isinstance(check, dict) and "kind" not in check else check


AnyCheck = Annotated[
    ValueCheck
    | TableCheck
    | ArrayCheck
    | FormulaCheck
    | FunctionCheck
    | PrintedCheck
    | NotebookCheck
    | TextCheck
    | ManualCheck
    | PytestCheck,
    Field(discriminator="kind"),
    BeforeValidator(_value_by_default),
]


class Question(Model):
    """One question: the cells that answer it, and its checks."""

    id: Id
    """As in the notebook's headings: "1b", "2.3", "1c2"."""
    title: str = ""
    """What people read."""
    prompt: str = ""
    """What is asked, in Markdown: goes into the template that students start from."""
    heading: str | None = None
    """Text of the notebook's heading, where it does not hold the id; case does not matter."""
    points: Points | None = None
    """Where given, the checks must add up to it."""
    checks: Annotated[list[AnyCheck], Field(min_length=1)]
    """In the order of the report."""


class Rubric(Model):
    """One assignment."""

    version: Literal[1]
    """Version of this vocabulary: 1."""
    revision: Annotated[int, Field(ge=1)] = 1
    """Count it up when the rubric changes; every report names it."""
    assignment: Id
    """Short name, as in file names."""
    title: str = ""
    """What people read."""
    reference: str | None = None
    """The Python module that computes the truth, relative to the rubric."""
    filename: str | None = None
    """The notebook's file name: "{netid}_hw3_p{problem}.ipynb"; braces stand for any word."""
    files: list[str] = []
    """Files and folders, relative to the rubric, that every notebook finds beside itself, read-only."""
    points: Points | None = None
    """Where given, all checks must add up to it."""
    limits: Limits = Limits()
    """What one submission may use."""
    seed: Seed | None = 0
    """Seeds python, numpy and torch before every question; null for none."""
    environment: str | Environment | None = None
    """The interpreter that runs notebooks; by default the grader's own."""
    conventions: dict[Name, Convention] = {}
    """Conventions that a student may declare."""
    questions: Annotated[list[Question], Field(min_length=1)]
    """In order."""

    _path: Path = PrivateAttr(default_factory=Path)
    _sha256: str = PrivateAttr("")

    @property
    def path(self) -> Path:
        """The YAML file (set by the loader)."""
        return self._path

    @property
    def sha256(self) -> str:
        """Hash of the YAML file's bytes (set by the loader)."""
        return self._sha256

    @property
    def checks(self) -> list[AnyCheck]:
        """All checks, in order."""
        return [check for question in self.questions for check in question.checks]

    @property
    def max_score(self) -> float:
        """Points to be had."""
        return round(sum(check.points for check in self.checks), 6)
