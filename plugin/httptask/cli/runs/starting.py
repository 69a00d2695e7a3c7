"""Runs of definitions that workers serve, as commands start them."""

import json
import sys
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any

from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError

from httptask.cli.project.inputs import check_input
from httptask.cli.project.plugins import plugins_for_reading
from httptask.cli.runs.launch import Followed, follow
from httptask.cli.temporal.cluster import Cluster, connect, where_runs_are
from httptask.cli.terminal.background import run_async
from httptask.cli.terminal.console import harmless, print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.interrupts import Interrupts
from httptask.cli.terminal.notice import show_notice
from httptask.dsl.loader import Loaded, load_text
from httptask.starts import NotServed, Served, find_served, start_run

if TYPE_CHECKING:
    from httptask.config import Config

__all__ = ["Starting", "ask_worker_for", "start_served"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """What is to be started.

    Attributes:
        name: of a served definition.
        has_input: whether the user gave one.
        id: of the run; None for one that is made up.
        wait: whether it is shown until it ends.
    """

    name: str
    input: Any
    has_input: bool
    id: str | None
    wait: bool
    task_queue: str
    as_json: bool


def start_served(starting: Starting, config: "Config", cluster: Cluster | None) -> ExitCode:
    """Start a run, and follow it where that is wanted.

    Raises:
        CliError: no worker serves it, its input does not fit, or a run of its id goes on.
    """
    return run_async(_start_served(starting, config, cluster))


async def _start_served(starting: Starting, config: "Config", cluster: Cluster | None) -> ExitCode:
    with Interrupts.caught() as interrupts:
        plugins = plugins_for_reading(config)
        async with connect(cluster, config.state_directory, interrupts, plugins) as client:
            where = where_runs_are(cluster, config)
            found = ask_worker_for(client, where, starting.task_queue, starting.name)
            served, loaded = await interrupts.guard(found)
            check_input(loaded, starting.input, given=starting.has_input)
            try:
                handle = await start_run(
                    client, served, starting.input, task_queue=starting.task_queue, id_=starting.id
                )
            except WorkflowAlreadyStartedError as known:
                id_ = known.workflow_id
                follow_it = (
                    f"`httptask runs show {quote(id_)}` tells of it; another --id starts one beside it"
                )
                raise CliError(f"a run {id_} goes on already", follow_it, ExitCode.FAILED) from None
            if starting.wait:
                print_note(f"run {harmless(handle.id)} of {harmless(served.name)}")
                followed = Followed(loaded=loaded, input=starting.input, as_json=starting.as_json, stays=True)
                return await follow(client, handle, followed, interrupts)
            _tell(handle.id, served, as_json=starting.as_json)
            return ExitCode.DONE


async def ask_worker_for(client: Client, where: str, task_queue: str, name: str) -> tuple[Served, Loaded]:
    """The definition that a worker serves by a name, compiled.

    Raises:
        CliError: none does.
    """
    show_notice("asking the worker for the definition")
    try:
        served = await find_served(client, task_queue, name)
    except NotServed as refused:
        message = f"{refused} {where}" if refused.is_silent else str(refused)
        code = ExitCode.UNREACHABLE if refused.is_silent else ExitCode.INVALID
        raise CliError(message, refused.hint, code) from None
    loaded = load_text(json.dumps(served.document, ensure_ascii=False, indent=1), served.name)
    if loaded.program is None:
        raise CliError(f"{served.name}: this version of httptask does not take it", "use that of the worker")
    return served, loaded


def _tell(id_: str, served: Served, *, as_json: bool) -> None:
    if as_json:
        print_json({"run": id_, "definition": served.name})
        return
    print_note(f"started {harmless(served.name)}; follow it: {harmless(f'httptask runs show {quote(id_)}')}")
    sys.stdout.write(f"{harmless(id_)}\n")
