"""`httptask test-request`: one call of a definition, sent once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    FixturesOption,
    InputFilesOption,
    InputOption,
    JsonOption,
    ProfileOption,
    RecordOption,
)
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

__all__ = ["send_test_request"]

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
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show the prepared request and send nothing.")]


def send_test_request(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="Name or JSON Pointer of a task that makes a call.")
    ],
    *,
    input_: InputOption = None,
    input_files: InputFilesOption = None,
    task_input: TaskInputOption = None,
    outputs: OutputsOption = None,
    variables: VariablesOption = None,
    context: ContextOption = None,
    from_run: FromRunOption = None,
    dry_run: DryRunOption = False,
    fixtures: FixturesOption = None,
    record: RecordOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Send one task's request, show what the next task would see.

    The request is rendered and sent by what runs use: the same renderer, the same activity, on a worker. It is sent
    for real, once, unless --fixtures or --dry-run is given; --dry-run applies the rules of chat completions too.
    Secrets are shown by name.

    Exit codes: 0 answered, 1 the request failed or is refused, 2 bad definition or sample data, 3 can't connect.
    """
    from httptask.cli.project.run_setup import read_run_setup

    setup = read_run_setup(file, config, fixtures, record)

    # Temporal is not waited for to be told what is wrong with a file.
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.testrequest import Trial, try_request
    from httptask.cli.temporal.cluster import find_cluster

    configure_logging("WARNING")
    data = read_input(input_, files=input_files or ())
    cluster = find_cluster(profile, setup.environment)
    sample = _sample(data, task_input, outputs, variables, context)
    if from_run is not None:
        sample = sample.over(_sample_of_run(from_run, task, setup.loaded, setup.config, cluster))
    setup.tell_credential_warnings()
    trial = Trial(
        loaded=setup.loaded,
        task=task,
        sample=sample,
        config=setup.config,
        plugin=None if dry_run else setup.plugin(),
        cluster=cluster,
        as_json=json,
    )
    raise typer.Exit(try_request(trial))


def _sample(
    data: Any, task_input: str | None, outputs: str | None, variables: str | None, context: str | None
) -> "Sample":
    from httptask.testrequest import Sample

    return Sample(
        input=data,
        task_input=read_input(task_input, "--task-input"),
        outputs=_object(outputs, "--outputs"),
        variables=_object(variables, "--variables"),
        context=read_input(context, "--context"),
    )


def _sample_of_run(
    run: str, task: str, loaded: "Loaded", config: "Config", cluster: "Cluster | None"
) -> "Sample":
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
