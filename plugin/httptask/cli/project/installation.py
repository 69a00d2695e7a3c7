"""Commands that work where the reader stands: how httptask was started, and how to add to its environment."""

import os
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

__all__ = ["command_in", "installing"]

_PROJECT = "pyproject.toml"


def command_in(folder: Path) -> str:
    """How to start httptask again from a folder, as the shell reads it."""
    environment, by_uv = Path(sys.prefix), "UV" in os.environ
    project = environment.parent
    if by_uv and (project / _PROJECT).is_file():
        here = folder.resolve()
        nearest = next((path for path in (here, *here.parents) if (path / _PROJECT).is_file()), None)
        elsewhere = "" if nearest == project else f" --project {_quoted(project)}"
        return f"uv run{elsewhere} httptask"
    started = Path(sys.argv[0]).absolute().with_name("httptask")
    # What uv runs has that environment on its PATH; the reader's shell has not.
    places = os.get_exec_path() if not by_uv else [p for p in os.get_exec_path() if Path(p) != started.parent]
    found = shutil.which("httptask", path=os.pathsep.join(places))
    if not started.exists() or (found and Path(found).samefile(started)):
        return "httptask"
    return _quoted(started)


def installing(extra: str) -> str:
    """How to add what an extra of httptask needs to the environment that it runs in, as the shell reads it."""
    try:
        required = requires("httptask") or []
    except PackageNotFoundError:  # run from its source
        required = []
    marked = (one.partition(";") for one in required)
    packages = [
        name.strip() for name, _, marker in marked if f"extra == '{extra}'" in marker.replace('"', "'")
    ]
    with_uv = f"uv pip install --python {_quoted(Path(sys.prefix))}"
    install = with_uv if shutil.which("uv") else f"{_quoted(Path(sys.executable))} -m pip install"
    return " ".join((install, *(shlex.quote(package) for package in packages or [f"httptask[{extra}]"])))


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
