"""`httptask run`: one definition, from its input to its result."""

from typing import TYPE_CHECKING

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
    WebhooksOption,
)
from httptask.cli.project.inputs import check_input, read_input
from httptask.cli.terminal.console import print_note

if TYPE_CHECKING:
    from httptask.dsl.loader import Loaded

__all__ = ["run"]


def run(
    file: DefinitionArgument,
    *,
    input_: InputOption = None,
    input_files: InputFilesOption = None,
    fixtures: FixturesOption = None,
    record: RecordOption = None,
    live: LiveOption = False,
    webhooks: WebhooksOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Run a definition and print its result.

    Starts an embedded Temporal server unless TEMPORAL_ADDRESS or a profile names a cluster.
    Ctrl-C cancels the run, a second one ends it at once.

    Exit codes: 0 done, 1 the workflow failed, 2 bad definition or input, 3 can't connect, 130 interrupted.
    """
    from httptask.cli.preflight.readiness import examine, require_ready
    from httptask.cli.project.run_setup import read_run_setup

    setup = read_run_setup(file, config, fixtures, record)
    data = read_input(input_, files=input_files or ())
    check_input(setup.loaded, data, given=bool(input_ or input_files))
    setup.tell_credential_warnings()
    _tell_schedule(setup.loaded)
    if setup.fixtures is None:
        require_ready(examine(setup.config, setup.environment, [setup.loaded, *setup.inner]))

    # Temporal is not waited for to be told what is wrong with a file.
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.launch import Launch, launch
    from httptask.cli.temporal.cluster import find_cluster
    from httptask.cli.worker.webhooks import take_events_at

    configure_logging("WARNING")
    taken = take_events_at(webhooks, setup.config, setup.environment)
    plugin = setup.plugin()
    if fixtures is not None:
        print_note(f"simulated: answers come from {fixtures}, nothing is sent")
    if live and not _streams(setup.loaded):
        print_note("--live shows answers that are streamed: write `stream: true` into a chatCompletion")
    started = Launch(
        loaded=setup.loaded,
        input=data,
        plugin=plugin,
        cluster=find_cluster(profile, setup.environment),
        state_directory=setup.config.state_directory,
        as_json=json,
        live=live,
        simulated=setup.fixtures is not None,
        leaves_runs=setup.leaves_runs,
        webhooks=taken,
    )
    try:
        exit_code = launch(started)
    finally:
        setup.tell_recorded(input_)
    raise typer.Exit(exit_code)


def _tell_schedule(loaded: "Loaded") -> None:
    """Say that it is run once, where something else may be expected."""
    schedule = None if loaded.program is None else loaded.program.definition.schedule
    if schedule is not None:
        from httptask.dsl.timetable import timetable_of

        when = timetable_of(schedule).words()
        print_note(f"its schedule ({when}) starts nothing here: it is run once, now")
        print_note(
            "  hint: `httptask schedule create` has Temporal start runs of a definition that a worker serves"
        )


def _streams(loaded: "Loaded") -> bool:
    """Whether the answer of some task is streamed, or may be."""
    nodes = loaded.program.nodes.values() if loaded.program else ()
    return any(node.kind.streams_text(node) for node in nodes)
