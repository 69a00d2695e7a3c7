"""What a command takes for the data that one task would find in a run."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.project.inputs import read_input, read_value
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.notice import clear_notice
from httptask.json.types import is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from temporalio.client import Client

    from httptask.cli.temporal.cluster import Cluster
    from httptask.config import Config
    from httptask.dsl.loader import Loaded
    from httptask.runs.records import RunRecord
    from httptask.testrequest import Sample

__all__ = [
    "ContextOption",
    "FromRunOption",
    "OutputsOption",
    "SetOption",
    "TaskInputOption",
    "VariablesOption",
    "ask_for_values",
    "read_sample",
]

_JSON = "JSON|YAML|@FILE|-"
TaskInputOption = Annotated[
    str | None,
    typer.Option("--task-input", metavar=_JSON, help="The task's own input; by default the workflow's."),
]
OutputsOption = Annotated[
    str | None, typer.Option("--outputs", metavar=_JSON, help="Outputs of other tasks by name: $tasks.")
]
VariablesOption = Annotated[
    str | None, typer.Option("--variables", metavar=_JSON, help="Loop variables by name.")
]
ContextOption = Annotated[
    str | None,
    typer.Option("--context", metavar=_JSON, help="$context; by default the workflow's input."),
]
FromRunOption = Annotated[
    str | None,
    typer.Option(
        "--from-run",
        metavar="RUN|last",
        help="Data of an earlier run: what the task found there, and outputs of the others.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=JSON|TEXT",
        help="One value, over all others: input.id=7 (of the workflow), .id=7 (of the task's own input), context.id=7, "
        "fetch.body.id=7 (of a task), item.id=7 (of a loop). May be repeated.",
    ),
]


def read_sample(
    loaded: "Loaded",
    task: str,
    config: "Config",
    cluster: "Cluster | None",
    *,
    data: Any,
    task_input: str | None,
    outputs: str | None,
    variables: str | None,
    context: str | None,
    from_run: str | None,
    values: "Sequence[str] | None",
) -> "Sample":
    """What the options give, and what they lack from an earlier run.

    Args:
        loaded: the definition.
        task: name or JSON Pointer of the task.
        config: of the project.
        cluster: that has the run; None for the embedded server.
        data: the workflow's input.
        task_input: value of `--task-input`.
        outputs: value of `--outputs`.
        variables: value of `--variables`.
        context: value of `--context`.
        from_run: value of `--from-run`.
        values: those of `--set`, which stand above all others.

    Raises:
        CliError: the value of one can't be read; or the run can't, or can't be repeated here.
    """
    from httptask.testrequest import Sample

    sample = Sample(
        input=data,
        task_input=read_input(task_input, "--task-input"),
        outputs=_object(outputs, "--outputs"),
        variables=_object(variables, "--variables"),
        context=read_input(context, "--context"),
    )
    if from_run is not None:
        sample = sample.over(_sample_of(from_run, loaded, task, config, cluster))
    for argument in values or ():
        name, equals, text = argument.partition("=")
        if not equals:
            raise CliError(f"--set: {argument} is not NAME=VALUE", "for example --set fetch.body.id=7")
        sample = _with_value(sample, loaded, task, name.strip(), text)
    return sample


def ask_for_values(loaded: "Loaded", task: str, sample: "Sample") -> "Sample":
    """Ask the person at the terminal for what the task reads and the sample lacks.

    Raises:
        CliError: there is no such task, or the person has had enough.
    """
    from httptask.testrequest import NotTestable, values_read

    assert loaded.program is not None  # checked when it was loaded
    try:
        names = values_read(loaded.program, task, sample)
    except NotTestable as error:
        raise CliError(f"{loaded.name}: {error}", facts=error.facts) from None
    if names:
        print_note(f"{task} reads what is not there yet: give JSON or text; Enter alone leaves it null")
    for name in names:
        clear_notice()
        try:
            text = typer.prompt(name, default="", show_default=False, err=True)
        except typer.Abort:
            raise CliError("interrupted", exit_code=ExitCode.INTERRUPTED) from None
        sample = _with_value(sample, loaded, task, name, text or "null")
    return sample


def _with_value(sample: "Sample", loaded: "Loaded", task: str, name: str, text: str) -> "Sample":
    from httptask.testrequest import NotTestable, with_value

    assert loaded.program is not None  # checked when it was loaded
    try:
        return with_value(sample, loaded.program, task, name, read_value(text, f"--set {name}"))
    except NotTestable as error:
        raise CliError(f"{loaded.name}: {error}") from None


def _sample_of(
    from_run: str, loaded: "Loaded", task: str, config: "Config", cluster: "Cluster | None"
) -> "Sample":
    from httptask.cli.runs.asking import ask_cluster, resolve_run
    from httptask.runs.history import read_run
    from httptask.testrequest import NotTestable, RunUnreadable, sample_of_run

    if not from_run.strip():
        raise CliError(
            "--from-run: its value is empty", "name a run, or `last`; `httptask runs list` shows them"
        )

    async def read(client: "Client", where: str) -> "RunRecord":
        return await read_run(client, await resolve_run(client, where, from_run))

    record = ask_cluster(read, config, cluster)
    assert loaded.program is not None  # checked when it was loaded
    try:
        of_run, notes = sample_of_run(record, loaded.program, task)
    except RunUnreadable as unreadable:
        raise CliError(str(unreadable), "give `--outputs` instead") from None
    except NotTestable as error:
        raise CliError(f"{loaded.name}: {error}") from None
    for note in notes:
        print_note(f"note: {note}")
    return of_run


def _object(argument: str | None, option: str) -> dict[str, Any]:
    value = read_input(argument, option)
    if value is None:
        return {}
    if not is_object(value):
        raise CliError(f"{option}: a JSON object is needed", f"""for example {option} '{{"NAME": …}}'""")
    return value
