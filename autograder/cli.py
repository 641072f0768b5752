"""The command line: argument parsing only. Heavy imports wait until a command needs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from autograder import __version__
from autograder.errors import AutograderError

app = typer.Typer(
    name="autograder",
    help="Grade deep-learning homework notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

STOPPED = 130
"""Exit status after Ctrl-C."""

RubricPath = Annotated[Path, typer.Argument(metavar="RUBRIC", help="The rubric, a YAML file.")]


@app.command()
def grade(
    rubric: RubricPath,
    submissions: Annotated[
        list[Path],
        typer.Argument(
            metavar="SUBMISSION...", help="Notebooks, zips, folders, or folders of any of these."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Where reports go (results/ASSIGNMENT)."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Notebooks that run at the same time.")
    ] = os.cpu_count() or 1,
    sandbox: Annotated[str, typer.Option(help="auto, bubblewrap or none.")] = "auto",
    marks: Annotated[
        Path | None,
        typer.Option(help="A filled-in awaiting.csv: points given by a human."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every notebook again.")] = False,
) -> None:
    """Grade a class of notebooks and write reports."""
    from autograder.commands import grade_command

    raise typer.Exit(
        grade_command(rubric, submissions, output, workers, sandbox, marks, fresh=fresh)
    )


@app.command()
def lint(rubric: RubricPath) -> None:
    """List everything that is wrong with a rubric."""
    from autograder.commands import lint_command

    raise typer.Exit(lint_command(rubric))


@app.command()
def truth(
    rubric: RubricPath,
    show: Annotated[bool, typer.Option("--show", help="Print the values.")] = False,
) -> None:
    """Compute the ground truth from the reference and lock it."""
    from autograder.commands import truth_command

    raise typer.Exit(truth_command(rubric, show=show))


@app.command()
def doctor() -> None:
    """Show what works on this machine, and how to get what does not."""
    from autograder.doctor import doctor_command

    raise typer.Exit(doctor_command())


def _version(value: bool) -> None:
    if value:
        typer.echo(f"autograder {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Grade deep-learning homework notebooks."""


def main() -> NoReturn:
    """Run the command line.

    Exit status: 0 all graded; 1 some could not be graded, each named with why; 2 usage or rubric error;
    130 stopped by Ctrl-C. Set AUTOGRADER_DEBUG=1 to see the traceback of an internal error.
    """
    try:
        status = app(standalone_mode=False)
        if status == STOPPED:  # typer turns Ctrl-C into this status
            _complain("stopped; the reports written so far are kept", STOPPED)
    except AutograderError as error:
        status = _complain(str(error), 2)
    except Exception as error:
        if os.environ.get("AUTOGRADER_DEBUG"):
            raise
        show = getattr(error, "show", None)
        if show is not None:  # click's own usage errors know how to show themselves
            show()
            sys.exit(2)
        hint = "set AUTOGRADER_DEBUG=1 and run again to see where; please report it"
        status = _complain(f"internal error: {type(error).__name__}: {error}\n{hint}", 2)
    sys.exit(status or 0)


def _complain(message: str, status: int) -> int:
    print(f"autograder: {message}" if "\n" not in message else message, file=sys.stderr)
    return status
