"""`httptask eval`: expressions, tried where a task would see them."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    DefinitionArgument,
    InputFilesOption,
    InputOption,
    ProfileOption,
)
from httptask.cli.commands.sample_options import (
    ContextOption,
    FromRunOption,
    OutputsOption,
    SetOption,
    TaskInputOption,
    VariablesOption,
    read_sample,
)
from httptask.cli.project.inputs import read_input, read_stdin
from httptask.cli.terminal.console import print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from httptask.dsl.loader import Loaded
    from httptask.testrequest import Sample

__all__ = ["evaluate_expression"]

JsonOption = Annotated[bool, typer.Option("--json", help="Tell an error in JSON, too; a value always is.")]


def evaluate_expression(
    file: DefinitionArgument,
    task: Annotated[str, typer.Argument(metavar="TASK", help="Name or JSON Pointer of a task.")],
    expression: Annotated[
        str | None,
        typer.Argument(
            metavar="EXPR", help="The expression, or `-` to read it from stdin; none for a prompt."
        ),
    ] = None,
    *,
    input_: InputOption = None,
    input_files: InputFilesOption = None,
    task_input: TaskInputOption = None,
    outputs: OutputsOption = None,
    variables: VariablesOption = None,
    context: ContextOption = None,
    from_run: FromRunOption = None,
    values: SetOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Evaluate an expression as one of a task's own fields: `.` is the task's input. Nothing is sent.

    Without an expression, each line of a prompt is one, until Ctrl-D.

    Exit codes: 0 a value, 1 the expression failed on the data, 2 it is none, or data is missing, 3 can't connect.
    """
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.project.definitions import load_one
    from httptask.cli.project.project import load_project
    from httptask.cli.temporal.cluster import find_cluster

    configure_logging("WARNING")
    project = load_project(config)
    loaded = load_one(file)
    sample = read_sample(
        loaded,
        task,
        project.config,
        find_cluster(profile, project.environment),
        data=read_input(input_, files=input_files or ()),
        task_input=task_input,
        outputs=outputs,
        variables=variables,
        context=context,
        from_run=from_run,
        values=values,
    )
    if expression is not None:
        text = read_stdin("the expression") if expression == "-" else expression
        print_json(_value(loaded, task, text, sample))
    elif sys.stdin.isatty():
        _prompt(lambda text: _value(loaded, task, text, sample), f"{task}> ")
    else:
        raise CliError("there is no expression", "give one, or `-` to read it from stdin")


def _value(loaded: "Loaded", task: str, text: str, sample: "Sample") -> Any:
    from httptask.calls.problem import TaskFault
    from httptask.diagnostics.fault import TextFault
    from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded
    from httptask.testrequest import ExpressionInvalid, NotTestable, evaluate_in_task

    assert loaded.program is not None  # checked when it was loaded
    try:
        return evaluate_in_task(loaded.program, task, text, sample)
    except ExpressionInvalid as invalid:
        fault = invalid.fault
        at = fault.offset if isinstance(fault, TextFault) else None
        raise CliError(f"{fault.message}{_pointed_out(text, at)}", fault.hint) from None
    except NotTestable as error:
        raise CliError(f"{loaded.name}: {error}", facts=error.facts) from None
    except ExpressionFailed as failed:
        raise CliError(failed.message, failed.hint, ExitCode.FAILED) from None
    except ExpressionLimitExceeded as exceeded:
        raise CliError(str(exceeded), exit_code=ExitCode.FAILED) from None
    except TaskFault as fault:
        raise CliError(f"{loaded.name}: {fault.problem.title}: {fault.problem.detail}") from None


def _pointed_out(text: str, offset: int | None) -> str:
    """The line of a fault, with a mark below its place."""
    if offset is None:
        return ""
    before, after = text[:offset].rpartition("\n")[2], text[offset:].partition("\n")[0]
    return f"\n  {before}{after}\n  {' ' * len(before)}^"


def _prompt(value_of: Callable[[str], Any], prompt: str) -> None:
    import readline  # noqa: F401  # pyright: ignore[reportUnusedImport] - the prompt has history and editing by it

    while True:
        try:
            text = input(prompt)
        except (EOFError, KeyboardInterrupt):
            sys.stdout.write("\n")
            return
        if not text.strip():
            continue
        try:
            print_json(value_of(text))
        except CliError as error:
            print_note(f"error: {error.message}")
            if error.hint:
                print_note(f"  hint: {error.hint}")
