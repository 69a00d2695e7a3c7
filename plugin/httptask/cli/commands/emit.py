"""`httptask emit`: sends an event to runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from httptask.cli.commands.options import ConfigOption, JsonOption, ProfileOption
from httptask.cli.project.inputs import read_value
from httptask.cli.terminal.console import print_json, print_note
from httptask.cli.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.events import Delivery

__all__ = ["emit"]


def emit(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN|last]", help="Id of a run; left out, all that wait for such an event."),
    ] = None,
    *,
    type_: Annotated[
        str | None,
        typer.Option("--type", help="Type of the event; left out, the one that RUN waits for."),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON|@FILE|-", help="What the event says.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="URI of where it happened.")] = None,
    id_: Annotated[
        str | None, typer.Option("--id", help="Id of the event: one that is sent twice counts once.")
    ] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="What it is about.")] = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="ID",
            help="The one that takes it of several that wait: `runs show` has the ids.",
        ),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    profile: ProfileOption = None,
) -> None:
    """Send an event to a run, or to all runs that wait for such an event.

    A run keeps an event that comes before a task waits for it, in the order of their coming.

    Exit codes: 0 sent, 1 no run waits for it, 2 no event, 3 can't connect.
    """
    from httptask.cli.runs.asking import ask, resolve_run
    from httptask.events import EventRefused, deliver, new_event, send_event, type_waited_for
    from httptask.interpreter.listens import ADDRESSED_TASK

    if run is None and type_ is None:
        raise CliError("no RUN and no --type", "name the run that is to get the event, or the event's type")
    value = None if data is None else read_value(data, "--data")

    async def send(client: "Client", where: str) -> "tuple[str, list[Delivery]]":
        id_of_run = None if run is None else await resolve_run(client, where, run)
        try:
            meant = type_ or await type_waited_for(client, id_of_run or "")
            attributes = {"source": source, "id": id_, "subject": subject, ADDRESSED_TASK: task}
            event = new_event(meant, data=value, **attributes)
        except EventRefused as refused:
            raise CliError(str(refused), "`httptask emit --help` has examples") from None
        if id_of_run is None:
            return event.id, await deliver(client, event)
        return event.id, [await send_event(client, event, id_of_run)]

    event_id, sent = ask(send, config, profile)
    if json:
        print_json({"event": event_id, "runs": [{"run": each.run, "tasks": each.tasks} for each in sent]})
    for each in () if json else sent:
        tasks = ", ".join(each.tasks)
        print_note(
            f"{each.run}: {tasks} waits for it"
            if tasks
            else f"{each.run}: keeps it until a task waits for it"
        )
    if not sent:
        raise CliError(
            f"no run waits for an event {type_}",
            "name a RUN that is to keep it until a task does",
            ExitCode.FAILED,
        )
