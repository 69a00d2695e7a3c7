"""`httptask test-request`: one call of a definition, sent once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    DefinitionArgument,
    FixturesOption,
    InputFilesOption,
    InputOption,
    JsonOption,
    LiveOption,
    ProfileOption,
    RecordOption,
)
from httptask.cli.commands.sample_options import (
    ContextOption,
    FromRunOption,
    OutputsOption,
    SetOption,
    TaskInputOption,
    VariablesOption,
    ask_for_values,
    read_sample,
)
from httptask.cli.project.inputs import read_input
from httptask.cli.terminal.console import can_ask
from httptask.cli.terminal.errors import CliError

__all__ = ["send_test_request"]

RecordAsOption = Annotated[
    Literal["429", "500", "timeout", "cut"] | None,
    typer.Option(
        "--as",
        metavar="429|500|timeout|cut",
        help="With --record: have a made-up failure come before the answer, for tests of what a run does then.",
    ),
]
QueueOption = Annotated[
    str | None,
    typer.Option(
        "--task-queue",
        metavar="NAME",
        help="Let workers of this queue send it, with their connections, secrets and policy; `httptask worker` "
        "serves `httptask`. By default this command's own worker does, as in `httptask run`.",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show the prepared request and send nothing.")]
CurlOption = Annotated[
    bool, typer.Option("--curl", help="Print the curl command that sends the same, and send nothing.")
]
PythonOption = Annotated[
    bool,
    typer.Option(
        "--python", help="Print the Python script, with httpx, that sends the same, and send nothing."
    ),
]
HttpieOption = Annotated[
    bool, typer.Option("--httpie", help="Print the HTTPie command that sends the same, and send nothing.")
]
AttemptOption = Annotated[
    int, typer.Option("--attempt", min=1, metavar="K", help="Report as if this were a run's attempt K.")
]
SaveOutputOption = Annotated[
    Path | None,
    typer.Option(
        "--save-output",
        metavar="FILE",
        help="Add the task's output to FILE, for --outputs @FILE of the next.",
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Send without asking what may change something at its server.")
]


def send_test_request(
    file: DefinitionArgument,
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
    values: SetOption = None,
    task_queue: QueueOption = None,
    dry_run: DryRunOption = False,
    curl: CurlOption = False,
    python: PythonOption = False,
    httpie: HttpieOption = False,
    attempt: AttemptOption = 1,
    save_output: SaveOutputOption = None,
    yes: YesOption = False,
    live: LiveOption = False,
    fixtures: FixturesOption = None,
    record: RecordOption = None,
    record_as: RecordAsOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Send one task's request, and report what a run would make of the answer.

    The request is rendered and sent by what runs use: the same renderer, the same activity, on a worker. It is sent
    for real, once, unless --fixtures or --dry-run is given. At a terminal you are asked before a request that may
    change something. Secrets are shown by name. --curl, --python and --httpie print the request for others, who set
    the secrets as environment variables.

    The report has four parts: the request as prepared, what went over the wire, the response, and the outcome: what
    the next task sees, or whether a run would try again, when, and what becomes of the error.

    Exit codes: 0 answered, 1 the request failed or is refused, 2 bad definition or sample data, 3 can't connect.
    """
    from httptask.cli.project.run_setup import read_run_setup

    programs = [
        name for name, is_asked in (("curl", curl), ("python", python), ("httpie", httpie)) if is_asked
    ]
    _refuse_contradictions(programs, task_queue, fixtures, record, record_as)
    setup = read_run_setup(file, config, fixtures, record, record_as, task=task)

    # Temporal is not waited for to be told what is wrong with a file.
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.testrequest import Trial, try_request
    from httptask.cli.temporal.cluster import find_cluster

    configure_logging("WARNING")
    cluster = find_cluster(profile, setup.environment)
    sample = read_sample(
        setup.loaded,
        task,
        setup.config,
        cluster,
        data=read_input(input_, files=input_files or ()),
        task_input=task_input,
        outputs=outputs,
        variables=variables,
        context=context,
        from_run=from_run,
        values=values,
    )
    if not json and can_ask():
        sample = ask_for_values(setup.loaded, task, sample)
    setup.tell_credential_warnings()
    trial = Trial(
        loaded=setup.loaded,
        task=task,
        sample=sample,
        config=setup.config,
        edge=setup.edge(),
        plugin=None if dry_run or programs else setup.plugin_of(task_queue),
        cluster=cluster,
        task_queue=task_queue,
        live=live,
        program=programs[0] if programs else None,
        as_json=json,
        attempt=attempt,
        save_output=save_output,
        confirmed=yes or fixtures is not None,
    )
    try:
        exit_code = try_request(trial)
    finally:
        setup.tell_recorded(input_)
    raise typer.Exit(exit_code)


def _refuse_contradictions(
    programs: Sequence[str],
    task_queue: str | None,
    fixtures: Path | None,
    record: Path | None,
    record_as: str | None,
) -> None:
    if len(programs) > 1:
        raise CliError(f"--{programs[0]} together with --{programs[1]}", "ask for one after the other")
    if record_as is not None and record is None:
        raise CliError("--as says what --record keeps", "add --record DIR, the folder that it is written to")
    if task_queue is not None and not task_queue.strip():
        raise CliError(
            "--task-queue: its name is empty", "leave it out, and this command sends the request itself"
        )
    if task_queue is not None and (fixtures or record):
        raise CliError(
            "--task-queue: its workers neither answer from files nor write any",
            "leave out --fixtures and --record",
        )
