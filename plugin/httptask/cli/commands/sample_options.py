"""What a command takes for the data that one task would find in a run."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.project.inputs import read_input
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
    "given_sample",
    "sample_of",
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


def given_sample(
    data: Any, task_input: str | None, outputs: str | None, variables: str | None, context: str | None
) -> "Sample":
    """What the options give.

    Raises:
        CliError: the value of one can't be read.
    """
    from httptask.testrequest import Sample

    return Sample(
        input=data,
        task_input=read_input(task_input, "--task-input"),
        outputs=_object(outputs, "--outputs"),
        variables=_object(variables, "--variables"),
        context=read_input(context, "--context"),
    )


def sample_of(run: str, task: str, loaded: "Loaded", config: "Config", cluster: "Cluster | None") -> "Sample":
    """What an earlier run gives.

    Raises:
        CliError: it can't be read, or can't be repeated here.
    """
    from httptask.cli.runs.asking import ask_cluster, resolve_run
    from httptask.cli.runs.history import read_run
    from httptask.cli.runs.testrequest import sample_of_run

    async def read(client: "Client", where: str) -> "RunRecord":
        return await read_run(client, await resolve_run(client, where, run))

    return sample_of_run(ask_cluster(read, config, cluster), loaded, task)


def _object(argument: str | None, option: str) -> dict[str, Any]:
    value = read_input(argument, option)
    if value is None:
        return {}
    if not is_object(value):
        raise CliError(f"{option}: a JSON object is needed", f"""for example {option} '{{"NAME": …}}'""")
    return value
