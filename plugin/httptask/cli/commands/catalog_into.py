"""`--into FILE`: the definition that takes tasks, which is made where there is none."""

import re
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from httptask.cli.terminal.console import harmless, print_note
from httptask.cli.terminal.errors import CliError
from httptask.json.types import is_object

if TYPE_CHECKING:
    from httptask.dsl.program import Program

__all__ = ["AfterOption", "IntoOption", "Target", "check_after", "read_target"]

IntoOption = Annotated[
    Path | None,
    typer.Option(
        "--into", metavar="FILE", help="Put the tasks into this definition, which is made if there is none."
    ),
]
AfterOption = Annotated[
    str | None,
    typer.Option("--after", metavar="TASK", help="Name or JSON Pointer of a task; by default the last one."),
]


@dataclass(frozen=True)
class Target:
    """A definition that takes tasks.

    Attributes:
        file: that it stands in, or will.
        before: its text when it was read, empty where there was none.
        text: with what a definition begins with.
        program: None where it has no task yet.
    """

    file: Path
    before: str
    text: str
    program: "Program | None" = None

    @property
    def names(self) -> Collection[str]:
        """Of its tasks."""
        return {node.name for node in self.program.nodes.values()} if self.program is not None else ()

    @property
    def secrets(self) -> Collection[str]:
        """Those that it declares."""
        return self.program.definition.use.secrets if self.program is not None else ()

    def put(
        self,
        after: str | None,
        tasks: Mapping[str, Any],
        secrets: Sequence[str],
        beside: Mapping[Path, Callable[[], str]] | None = None,
    ) -> str:
        """Write the definition with the tasks, if it is one then; what else stands in it stays byte for byte.

        Args:
            after: name or pointer of the task before them.
            tasks: by name.
            secrets: that they name.
            beside: other files with their new texts, which are written with it or not at all.

        Returns:
            The command that tries the first of them, with a place for each value that it reads.

        Raises:
            CliError: there is no such task, the text can't take the tasks, or the file was changed meanwhile.
        """
        from httptask.dsl.loader import load_text
        from httptask.dsl.yaml.editing import EditRefused, declare_secrets, insert_tasks
        from httptask.http.files import FileChanged, replace_text
        from httptask.testrequest import Sample, values_read

        pointer = None if after is None else self._pointer_of(after)
        try:
            text = declare_secrets(insert_tasks(self.text, pointer, tasks), secrets)
        except EditRefused as error:
            raise CliError(f"{self.file}: {error.message}", error.hint) from None
        changed = load_text(text, str(self.file), self.file.parent)
        if changed.program is None:
            message = changed.reports[0].message
            raise CliError(f"{self.file}: not written: {message}", "choose another place or name")

        try:
            replace_text(self.file, self.before, text, beside)
        except FileChanged:
            message = f"{self.file}: not written: it was changed meanwhile"
            raise CliError(message, "run the command again") from None
        made = ", a new definition" if self.text != self.before else ""
        print_note(f"wrote {self.file}{made}: {', '.join(tasks)}")
        first = next(iter(tasks))
        values = values_read(changed.program, first, Sample())
        given = [word for name in values for word in ("--set", f"{name}=…")]
        return harmless(shlex.join(["httptask", "test-request", str(self.file), first, *given]))

    def _pointer_of(self, task: str) -> str:
        """The JSON Pointer of a task that is named."""
        from httptask.diagnostics.suggest import hint_for_unknown

        if self.program is None:
            raise CliError(f"--after: {self.file} has no task yet", "leave --after out")
        found = [node.pointer for node in self.program.find(task)]
        if len(found) > 1:
            raise CliError(
                f"--after: there are several tasks named {task}", f"name one of {', '.join(found)}"
            )
        if not found:
            raise CliError(f"--after: there is no task {task}", hint_for_unknown(task, self.names, "tasks"))
        return found[0]


def check_after(after: str | None, into: Path | None) -> None:
    """Refuse a place where there is no definition to put tasks into.

    Raises:
        CliError: there is none.
    """
    if after is not None and into is None:
        raise CliError("--after needs a definition", "name it with --into FILE")


def read_target(file: Path, name: str | None) -> Target:
    """The definition that takes tasks, with what it needs before its first one.

    Args:
        file: of it; it need not be there.
        name: of the task; None where it is to be made.

    Raises:
        CliError: it is none, or has a task of that name.
    """
    from httptask.cli.project.definitions import load_one, require_runnable
    from httptask.dsl.bounds import MAX_BYTES
    from httptask.dsl.loader import load_text

    if not file.exists():
        return _new(file)
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError):  # whoever loads it tells
        loaded = load_one(file, "not changed")
    else:
        begun = _begun(file, text)
        if begun is not None:
            return begun
        loaded = load_text(text, str(file), file.parent)
        require_runnable([loaded], "not changed")
    target = Target(file, loaded.text, loaded.text, loaded.program)
    if name in target.names:
        raise CliError(f"--name: {file} has a task {name} already", "choose another name")
    return target


def _new(file: Path) -> Target:
    """A definition that is to be made."""
    from httptask.dsl.yaml.editing import begin_definition

    if file.suffix not in (".yaml", ".yml"):
        raise CliError(f"{file}: no such file", "a definition that is to be made is named FILE.yaml")
    if not file.parent.is_dir():
        raise CliError(f"{file}: no such folder {file.parent}", "make it first")
    return Target(file, "", begin_definition("", _name_of(file)))


def _begun(file: Path, text: str) -> Target | None:
    """The beginning of a definition, without a task; None where there is more, or something else."""
    from httptask.dsl.yaml import read_yaml
    from httptask.dsl.yaml.editing import begin_definition

    document = read_yaml(text)
    if not document.complete:
        return None
    if document.data is None:
        return Target(file, text, begin_definition(text, _name_of(file)))
    is_begun = is_object(document.data) and document.data.get("do") in (None, [])
    return Target(file, text, text) if is_begun else None


def _name_of(file: Path) -> str:
    return re.sub("[^a-z0-9]+", "-", file.stem.lower())[:63].strip("-") or "workflow"
