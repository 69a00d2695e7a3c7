"""Definition files that a command is given."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from httptask.cli.project.inputs import read_stdin
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from httptask.dsl.loader import Loaded

__all__ = [
    "definition_files",
    "files_at",
    "load",
    "load_one",
    "load_runnable",
    "require_runnable",
    "stamps",
    "used_secrets",
]

_STDIN: Final = Path("-")


def load(path: Path) -> "Loaded":
    """Load a definition: a file, or with `-` what stdin has. Whatever is wrong with its text is among the reports.

    Raises:
        CliError: stdin can't be read.
    """
    from httptask.dsl.loader import load_file, load_text

    return load_text(read_stdin("the definition"), "stdin") if path == _STDIN else load_file(path)


def definition_files(paths: Iterable[Path]) -> list[Path]:
    """The files, and of each folder its `*.yaml` and `*.yml` files; folders inside folders hold other things.

    Raises:
        CliError: a path does not exist, or a folder has no such file.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise CliError(f"{path}: no such file or folder", "`httptask init DIR` writes a first definition")
        found = files_at(path)
        if not found:
            raise CliError(f"{path}: no *.yaml file in this folder", "name the definition files")
        files += found
    return files


def files_at(path: Path) -> list[Path]:
    """The definitions of a folder, or the path itself, whether there is a file or not."""
    if not path.is_dir():
        return [path]
    from httptask.dsl.loader import definition_files_in

    return definition_files_in(path)


def load_one(path: Path, undone: str = "not run", *, task: str | None = None) -> "Loaded":
    """Load the definition of a command that takes one.

    Args:
        path: of the file; `-` is stdin.
        undone: what becomes of it where it has errors.
        task: name or JSON Pointer of the one task that is asked for: then errors of others don't count.

    Raises:
        CliError: it is a folder, or has errors; every fault has been printed.
    """
    if path.is_dir():
        raise CliError(f"{path}: is a folder", "name one definition file")
    [file] = [path] if path == _STDIN else definition_files([path])
    show_notice("checking definitions")
    loaded = load(file)
    if task is not None:
        from httptask.testrequest import for_task

        loaded = for_task(loaded, task)
    require_runnable([loaded], undone)
    return loaded


def load_runnable(files: Sequence[Path], undone: str = "not run") -> "list[Loaded]":
    """Load definitions that have to be without errors.

    Args:
        files: to load.
        undone: what becomes of those that have errors.

    Raises:
        CliError: one has; every fault has been printed.
    """
    show_notice("checking definitions")
    loaded = [load(file) for file in files]
    require_runnable(loaded, undone)
    return loaded


def require_runnable(loaded: "Sequence[Loaded]", undone: str) -> None:
    """Print every fault of definitions.

    Args:
        loaded: they.
        undone: what becomes of those that have errors.

    Raises:
        CliError: one has.
    """
    for one in loaded:
        for report in one.reports:
            print_note(str(report))
    broken = [one.name for one in loaded if one.program is None]
    if broken:
        raise CliError(f"{', '.join(broken)}: {undone}, because of the errors above")


def stamps(files: Iterable[Path]) -> Mapping[Path, tuple[int, int]]:
    """When each file was changed, and its size; without those that are not there."""
    found: dict[Path, tuple[int, int]] = {}
    for file in files:
        try:
            status = file.stat()
        except OSError:  # it has just been removed, or replaced
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found


def used_secrets(loaded: "Iterable[Loaded]") -> dict[str, str]:
    """The secrets that definitions use, each with the first file that does."""
    names: dict[str, str] = {}
    for one in loaded:
        if one.program is not None:
            for name in one.program.definition.use.secrets:
                names.setdefault(name, one.name)
    return names
