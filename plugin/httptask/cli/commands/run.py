"""`httptask run`: one definition, from its input to its result."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    FixturesOption,
    InputFilesOption,
    InputOption,
    JsonOption,
    LiveOption,
    ProfileOption,
    RecordOption,
)
from httptask.cli.preflight.credentials import tell_credential_warnings
from httptask.cli.project.definitions import load_one, used_secrets
from httptask.cli.project.inputs import check_input, read_input
from httptask.cli.terminal.console import print_note

if TYPE_CHECKING:
    from httptask.dsl.loader import Loaded

__all__ = ["run"]


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The definition.")],
    *,
    input_: InputOption = None,
    input_files: InputFilesOption = None,
    fixtures: FixturesOption = None,
    record: RecordOption = None,
    live: LiveOption = False,
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
    from httptask.cli.project.plugins import load_fixtures, plugin_for_run
    from httptask.cli.project.project import load_project
    from httptask.config.config import for_own_runs

    recorded = load_fixtures(fixtures, record)
    project = load_project(config, fixtures=recorded)
    loaded = load_one(file)
    data = read_input(input_, files=input_files or ())
    check_input(loaded, data, given=bool(input_ or input_files))
    own = for_own_runs(project.config, used_secrets([loaded]))
    if recorded is None:
        tell_credential_warnings(own)
        require_ready(examine(own, project.environment, [loaded]))

    # Temporal is not waited for to be told what is wrong with a file.
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.runs.launch import Launch, launch
    from httptask.cli.temporal.cluster import find_cluster

    configure_logging("WARNING")
    plugin = plugin_for_run(own, project.environment, recorded, record)
    if fixtures is not None:
        print_note(f"simulated: answers come from {fixtures}, nothing is sent")
    if live and not _streams(loaded):
        print_note("--live shows answers that are streamed: write `stream: true` into a chatCompletion")
    exit_code = launch(
        Launch(
            loaded=loaded,
            input=data,
            plugin=plugin,
            cluster=find_cluster(profile, project.environment),
            state_directory=own.state_directory,
            as_json=json,
            live=live,
            simulated=recorded is not None,
        )
    )
    raise typer.Exit(exit_code)


def _streams(loaded: "Loaded") -> bool:
    """Whether the answer of some task is streamed, or may be."""
    from httptask.dsl.tasks.chat import CHAT_COMPLETION

    nodes = loaded.program.nodes.values() if loaded.program else ()
    return any(
        CHAT_COMPLETION.spec(node).request_body.get("stream") not in (None, False)
        for node in nodes
        if node.kind is CHAT_COMPLETION
    )
