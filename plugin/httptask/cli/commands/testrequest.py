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
    sample = _sample(data, task_input, outputs, variables, context)
    setup.tell_credential_warnings()
    trial = Trial(
        loaded=setup.loaded,
        task=task,
        sample=sample,
        config=setup.config,
        plugin=None if dry_run else setup.plugin(),
        cluster=find_cluster(profile, setup.environment),
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


def _object(argument: str | None, option: str) -> dict[str, Any]:
    value = read_input(argument, option)
    if value is None:
        return {}
    if not is_object(value):
        raise CliError(f"{option}: a JSON object is needed", f"""for example {option} '{{"NAME": …}}'""")
    return value
