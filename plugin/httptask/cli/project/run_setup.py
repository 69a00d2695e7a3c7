"""One definition that is run here and now, with what the project has for it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.cli.project.apis import faults_of_operations
from httptask.cli.project.definitions import load_one, used_secrets
from httptask.cli.project.plugins import load_fixtures, plugin_for, plugin_for_asking, require_none, serve
from httptask.cli.project.project import load_project, tell_credential_warnings
from httptask.cli.terminal.console import harmless, print_note
from httptask.cli.terminal.errors import CliError, in_lines

if TYPE_CHECKING:
    from temporalio.client import Plugin

    from httptask.cli.project.project import Project
    from httptask.client.edge import Edge
    from httptask.config import Config
    from httptask.dsl.loader import Loaded
    from httptask.dsl.program import Program
    from httptask.dsl.report import Report
    from httptask.fixtures.recording import MadeUpFailure, Recorder
    from httptask.fixtures.transport import Fixtures
    from httptask.plugin import HttpTaskPlugin

__all__ = ["RunSetup", "read_run_setup", "run_setup_of"]


@dataclass(frozen=True, slots=True)
class RunSetup:
    """A definition and its surroundings.

    Attributes:
        file: of the definition; `-` for stdin.
        inner: the definitions that it runs, and that those run.
        config: in which the secrets that these use are those of the environment.
        fixtures: recorded answers that stand in for servers, if there are to be any.
        recorder: writes every exchange to files, if that is to be.
    """

    file: Path
    loaded: "Loaded"
    inner: "Sequence[Loaded]"
    config: "Config"
    environment: Mapping[str, str]
    fixtures: "Fixtures | None"
    recorder: "Recorder | None"

    @property
    def leaves_runs(self) -> bool:
        """Whether runs of other definitions may go on when the one of this has ended."""
        return any(one.program.leaves_runs for one in (self.loaded, *self.inner) if one.program)

    def tell_credential_warnings(self) -> None:
        """Say what would be sent as it is written; with fixtures nothing is."""
        if self.fixtures is None:
            tell_credential_warnings(self.config)

    def edge(self) -> "Edge":
        """What would send its requests, for who looks at one before."""
        from httptask.client.edge import Edge
        from httptask.secrets.store import SecretStore

        policy = self.config.policy
        secrets = SecretStore(self.config.secrets, self.environment, placeholder=self.fixtures is not None)
        return Edge(
            self.config.connections,
            secrets,
            fixtures=self.fixtures,
            allow_private=policy.allow_private,
            allowed_hosts=policy.allowed_hosts,
        )

    def tell_recorded(self, input_: str | None) -> None:
        """Say what was recorded, if it was to be, and by which command it is used.

        Args:
            input_: as the command was given it; one that is written out is not repeated.
        """
        recorder = self.recorder
        if recorder is None:
            return
        if not recorder.files:
            print_note("recorded: nothing, for no request was answered")
            return
        answers = "1 answer" if recorder.answers == 1 else f"{recorder.answers} answers"
        [place, *others] = recorder.files
        where = f"{len(recorder.files)} files of {recorder.directory}" if others else place
        behind = "" if recorder.failing_first is None else f", behind a made-up {recorder.failing_first}"
        given = [] if input_ is None else ["--input", input_ if input_.startswith("@") else "…"]
        words = ["httptask", "run", str(self.file), *given, "--fixtures", str(recorder.directory)]
        print_note(f"recorded: {answers} in {where}{behind}\n  used by: {harmless(shlex.join(words))}")

    def plugin_of(self, task_queue: str | None) -> "Plugin":
        """The plugin of a client whose calls workers of a queue make or, without one, a worker of its own."""
        return self.plugin() if task_queue is None else plugin_for_asking(self.config)

    def plugin(self) -> "HttpTaskPlugin":
        """The plugin of a worker that runs the definition, those that it runs, and nothing else."""
        return plugin_for(
            self.config,
            self.environment,
            serve(self.inner) if self.inner else None,
            home=self.file.parent,
            alone=True,
            fixtures=self.fixtures,
            recorder=self.recorder,
        )


def read_run_setup(
    file: Path,
    config: Path | None,
    fixtures: Path | None,
    record: Path | None,
    failing_first: "MadeUpFailure | None" = None,
    *,
    task: str | None = None,
) -> RunSetup:
    """Read the recorded answers, the configuration and the definition.

    Args:
        file: the definition; `-` for stdin.
        config: the configuration file, if the user names one.
        fixtures: the folder of recorded answers, if there are to be any.
        record: the folder that every exchange is written to, if it is to be.
        failing_first: what is made up to come before the first answer to each request there.
        task: name or JSON Pointer of the one task that is asked for: then errors of others don't count.

    Raises:
        CliError: one of them can't be used.
    """
    recorded = load_fixtures(fixtures, record)
    project = load_project(config, fixtures=recorded)
    loaded = load_one(file, task=task)
    recorder = None
    if record is not None:
        from httptask.fixtures.recording import Recorder

        recorder = Recorder(record, failing_first)
    return run_setup_of(project, file, loaded, recorded, recorder, task=task)


def run_setup_of(
    project: "Project",
    file: Path,
    loaded: "Loaded",
    fixtures: "Fixtures | None",
    recorder: "Recorder | None" = None,
    *,
    task: str | None = None,
) -> RunSetup:
    """The surroundings of a definition that is loaded already; arguments as in `RunSetup` and `read_run_setup`."""
    from httptask.config.config import for_own_runs

    inner = () if task is not None else _definitions_inside(loaded, file)  # one request starts none
    _require_operations([loaded, *inner], project.config, task)
    own = for_own_runs(project.config, used_secrets([loaded, *inner]))
    return RunSetup(file, loaded, inner, own, project.environment, fixtures, recorder)


def _require_operations(definitions: "Sequence[Loaded]", config: "Config", task: str | None) -> None:
    """Check that API documents which are at hand have the operations that definitions call, and their parameters.

    Raises:
        CliError: one has not.
    """
    faults: list[str] = []
    for one in definitions:
        if one.program is not None:
            reports = one.report(faults_of_operations(one.program, one.name, config))
            faults += map(str, reports if task is None else _of_task(one.program, task, reports))
    if faults:
        raise CliError(in_lines(faults), "nothing was sent")


def _of_task(program: "Program", task: str, reports: "Sequence[Report]") -> "Sequence[Report]":
    from httptask.testrequest import NotTestable, concerning

    try:
        return concerning(program, task, reports)
    except NotTestable:  # which is told where the task is looked for
        return ()


def _definitions_inside(loaded: "Loaded", file: Path) -> "Sequence[Loaded]":
    """The definitions that one runs, and that those run, out of its folder.

    Raises:
        CliError: one is not there, or has errors.
    """
    if loaded.program is None or not loaded.program.definitions:
        return ()
    from httptask.plugin.definitions import definitions_inside

    try:
        found, unknown = definitions_inside([loaded], file.parent)
    except ValueError as error:
        raise CliError(str(error)) from None
    require_none(unknown)
    return found
