"""What a command takes for the data that one task would find in a run."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.project.inputs import read_input
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError
from httptask.json.types import is_object

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.cli.runs.records import RunRecord
    from httptask.cli.temporal.cluster import Cluster
    from httptask.config import Config
    from httptask.dsl.loader import Loaded
    from httptask.testrequest import Sample

__all__ = [
    "ContextOption",
    "FromRunOption",
    "OutputsOption",
    "TaskInputOption",
    "VariablesOption",
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
    if from_run is None:
        return sample
    from httptask.cli.runs.asking import ask_cluster, resolve_run
    from httptask.cli.runs.history import read_run

    async def read(client: "Client", where: str) -> "RunRecord":
        return await read_run(client, await resolve_run(client, where, from_run))

    return sample.over(_sample_of(ask_cluster(read, config, cluster), loaded, task))


def _object(argument: str | None, option: str) -> dict[str, Any]:
    value = read_input(argument, option)
    if value is None:
        return {}
    if not is_object(value):
        raise CliError(f"{option}: a JSON object is needed", f"""for example {option} '{{"NAME": …}}'""")
    return value


def _sample_of(run: "RunRecord", loaded: "Loaded", task: str) -> "Sample":
    """The data of an earlier run.

    Where the task ran there, what it found when it last began; else the run's input, and outputs of tasks by name.
    """
    from httptask.testrequest import NotTestable, Sample, find_task

    if run.note is not None:
        raise CliError(f"{run.id}: {run.note}", "give `--outputs` instead")
    assert loaded.program is not None  # checked when it was loaded
    try:
        node = find_task(loaded.program, task)
    except NotTestable as error:
        raise CliError(f"{loaded.name}: {error}") from None
    document = loaded.program.definition.document
    if run.definition.rpartition(":")[0] != f"{document.namespace}/{document.name}":
        print_note(f"note: {run.id} is a run of {run.definition}")
    outputs = {each.name: each.output for each in run.tasks if each.state in ("completed", "skipped")}
    found = [each.data for each in run.tasks if each.pointer == node.pointer and each.data is not None]
    if not found:
        print_note(f"note: {node.name} did not run in {run.id}: its own input is taken for the workflow's")
        return Sample(run.input, outputs=outputs)
    return Sample(run.input, found[-1].raw_input, outputs, found[-1].variables, found[-1].context)
