"""The class on a terminal: a table, the reasons of those that could not be graded, a summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.model import Report
from autograder.report.tally import ClassTally, count_class, flags, ungradable_first
from autograder.report.text import clean_line, decimals_needed, points_text
from autograder.rubric.schema import Rubric

HARDEST = 5
"""Checks named in the summary."""


def render_class(reports: Sequence[Report], rubric: Rubric, console: Console) -> None:
    """Print the class: legible at 80 columns, in a log, and without colour."""
    in_order = ungradable_first(reports)
    graded = [report for report in in_order if report.status == "graded"]
    if graded:
        console.print(_table(graded))
    for report in in_order[: len(in_order) - len(graded)]:
        line = Text("not graded  ", style="bold red")
        line.append(clean_line(report.submission, 60), style="bold")
        line.append(f": {clean_line(report.reason, 500)}", style="not bold")
        console.print(line, soft_wrap=True)
    _print_summary(count_class(reports), rubric, console)


def _table(reports: Sequence[Report]) -> Table:
    """Lay out one row per graded submission; every cell is `Text`, so that no markup is read."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Submission", overflow="fold", ratio=1)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Awaiting", justify="right", no_wrap=True)
    table.add_column("Flags", overflow="fold", max_width=28)
    decimals = decimals_needed(report.score for report in reports)
    for report in reports:
        score = Text(points_text(report.score, decimals), style="bold")
        score.append(f" / {points_text(report.max_score)}", style="not bold dim")
        awaiting = points_text(report.awaiting) if report.awaiting else ""
        table.add_row(
            Text(clean_line(report.submission, 60)),
            score,
            Text(awaiting, style="yellow"),
            Text(", ".join(flags(report)), style="yellow"),
        )
    return table


def _print_summary(tally: ClassTally, rubric: Rubric, console: Console) -> None:
    line = Text(f"{tally.graded} graded", style="bold")
    line.append(f", {tally.ungradable} not gradable", style="red" if tally.ungradable else "")
    if tally.mean is not None and tally.median is not None:
        most = points_text(rubric.max_score)
        mean, median = points_text(tally.mean), points_text(tally.median)
        line.append(f"; mean {mean}, median {median} of {most} points", style="not bold")
    console.print(line)
    if tally.awaiting:
        awaiting = points_text(tally.awaiting)
        advice = "await a human: fill in awaiting.csv, give it back with --marks"
        console.print(Text(f"{awaiting} points {advice}", style="yellow"), soft_wrap=True)
    hardest = tally.hardest(HARDEST)
    if not hardest:
        return
    console.print(Text("Most often not passed:"))
    for check in hardest:
        share = 1 - (check.pass_rate or 0)
        line = Text(f"  {share:4.0%}  ", style="bold")
        name = f"{clean_line(check.question, 20)}  {clean_line(check.title, 60)}"
        line.append(name, style="not bold")
        console.print(line, no_wrap=True, overflow="ellipsis")
