"""`httptask rerun`: goes on from an earlier run, with its outputs in place of requests."""

from pathlib import Path
from typing import Annotated

import typer

from httptask.cli.commands.options import (
    ConfigOption,
    FixturesOption,
    JsonOption,
    LiveOption,
    ProfileOption,
    WebhooksOption,
)
from httptask.cli.terminal.console import print_json

__all__ = ["rerun"]

FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TASK",
        help="Name or JSON Pointer of the task to begin with; left out, the one at which RUN failed.",
    ),
]
DefinitionOption = Annotated[
    Path | None,
    typer.Option(
        "--definition",
        metavar="FILE",
        help="The definition; left out, the file that RUN was started with, as it is now, or else the "
        "definition that RUN had.",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would be reused, and start nothing.")
]


def rerun(
    run: Annotated[str, typer.Argument(metavar="RUN|last", help="Id of a run that has ended.")],
    *,
    from_: FromOption = None,
    definition: DefinitionOption = None,
    dry_run: DryRunOption = False,
    fixtures: FixturesOption = None,
    live: LiveOption = False,
    webhooks: WebhooksOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Fix and continue: start a run that begins with TASK, and has the outputs of RUN for all before it.

    What was reused, what that saves, and where the definition differs from that of RUN is told before it begins.
    A loop, a map and a fork run as a whole: begin with them, not inside. The input is that of RUN; budget, timeouts
    and idempotency keys are the new run's own.

    Exit codes: 0 done, 1 the workflow failed, 2 it can't begin there, 3 can't connect, 130 interrupted.
    """
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.preflight.readiness import examine, require_ready
    from httptask.cli.project.plugins import load_fixtures
    from httptask.cli.project.project import load_project
    from httptask.cli.project.run_setup import run_setup_of
    from httptask.cli.runs.launch import Launch, launch
    from httptask.cli.runs.rerunning import definition_of, find_earlier, plan, print_plan
    from httptask.cli.temporal.cluster import find_cluster
    from httptask.cli.worker.webhooks import take_events_at

    configure_logging("WARNING")  # reading a run repeats it, which logs what the interpreter does
    recorded = load_fixtures(fixtures, None)
    project = load_project(config, fixtures=recorded)
    cluster = find_cluster(profile, project.environment)
    earlier = find_earlier(run, project.config, cluster)
    loaded = definition_of(earlier, definition)
    setup = run_setup_of(project, Path(loaded.name), loaded, recorded)
    planned = plan(earlier, loaded, from_)
    if dry_run and json:
        print_json(planned.report.model_dump())
    else:
        print_plan(planned.report)
    if dry_run:
        return
    setup.tell_credential_warnings()
    if setup.fixtures is None:
        require_ready(examine(setup.config, setup.environment, [loaded, *setup.inner]))
    started = Launch(
        loaded=loaded,
        input=planned.input,
        plugin=setup.plugin(),
        cluster=cluster,
        state_directory=setup.config.state_directory,
        as_json=json,
        live=live,
        simulated=setup.fixtures is not None,
        leaves_runs=setup.leaves_runs,
        rerun=planned,
        webhooks=take_events_at(webhooks, setup.config, setup.environment),
    )
    raise typer.Exit(launch(started))
