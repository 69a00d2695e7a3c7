"""What a run goes on from, for the command that starts it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.cli.project.definitions import load_one
from httptask.cli.runs.asking import ask_cluster, resolve_run
from httptask.cli.terminal.console import harmless, print_note
from httptask.cli.terminal.errors import CliError
from httptask.dsl.canonical import qualified_name
from httptask.dsl.loader import Loaded, load_text
from httptask.reruns import Earlier, NotRerunnable, Rerun, RerunReport, plan_rerun, read_earlier

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.cli.temporal.cluster import Cluster
    from httptask.config import Config

__all__ = ["definition_of", "find_earlier", "plan", "print_plan"]


def find_earlier(run: str, config: "Config", cluster: "Cluster | None") -> Earlier:
    """Read the earlier run.

    Raises:
        CliError: there is none, or no other run can go on from it.
    """

    async def read(client: "Client", where: str) -> Earlier:
        return await read_earlier(client, await resolve_run(client, where, run))

    try:
        return ask_cluster(read, config, cluster)
    except NotRerunnable as error:
        raise CliError(str(error), error.hint) from None


def definition_of(earlier: Earlier, file: Path | None) -> Loaded:
    """The definition that is to go on: of a file, or as the earlier run had it.

    Raises:
        CliError: it has errors.
    """
    record = earlier.record
    if file is not None:
        return load_one(file)
    written = None if record.file is None else Path(record.file)
    if written is not None and written.is_file():
        found = load_one(written)
        if _family(found.data) == _family(record.document):
            print_note(f"definition: {harmless(found.name)}")
            return found
    print_note(f"definition: as {record.id} had it; --definition FILE takes a changed one")
    name = f"{record.id.replace('/', '-')}.json"  # in this folder, where those that it runs are looked for
    loaded = load_text(json.dumps(record.document, ensure_ascii=False, indent=1), name)
    if loaded.program is None:
        raise CliError(
            f"the definition of {record.id} is not valid any more", "give a changed one: --definition FILE"
        )
    return loaded


def plan(earlier: Earlier, loaded: Loaded, task: str | None) -> Rerun:
    """Plan the run.

    Raises:
        CliError: it can't begin there.
    """
    assert loaded.program is not None  # checked when it was loaded
    try:
        return plan_rerun(earlier, loaded.data, loaded.program, task)
    except NotRerunnable as error:
        raise CliError(str(error), error.hint) from None


def print_plan(report: RerunReport) -> None:
    """What is reused, what that saves, and what is another than it was."""
    names = ", ".join(each.task for each in report.reused)
    print_note(f"begins with {report.task}; from {report.run}: {names or 'the input alone'}")
    if report.calls:
        calls = "1 call" if report.calls == 1 else f"{report.calls:,} calls"
        cost = f", ${report.cost_usd:.6g}" if report.cost_usd else ""
        print_note(f"saved: {calls}{cost}")
    for misfit in report.misfits:
        print_note(f"  {misfit.change}: {misfit.message}")
    if report.simulated:
        print_note("  its outputs are simulated: they came from fixtures")


def _family(document: dict[str, object]) -> str:
    """The name of a definition, whatever its version."""
    return qualified_name(document).rpartition(":")[0]
