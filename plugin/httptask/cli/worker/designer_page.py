"""The designer beside the worker of `httptask dev`."""

import asyncio
import contextlib
import os
import webbrowser
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from httptask.cli.project.installation import installing
from httptask.cli.temporal.outages import address_of
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.interrupts import interruptible
from httptask.http.files import open_file

if TYPE_CHECKING:
    from temporalio.client import Client

    from httptask.cli.project.project import Project
    from httptask.cli.worker.reloading import Reloaded
    from httptask.designer.serving import Listening
    from httptask.designer.workspace import Settings, Temporal

__all__ = ["DesignerOptions", "DesignerPage", "why_not_shown"]

_SHORTEST_TOKEN = 16
_LONGEST_TOKEN = 1_000
_OF_OTHERS = 0o077
_NICENESS = 5
"""A third of the processor beside one who wants it too, all of it else."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class DesignerOptions:
    """What a person asked for.

    Attributes:
        folder: of the definitions.
        host: where it listens.
        port: its port; None for the usual one, or another that is free.
        token_file: holds the token; None for one of this start.
        opens: whether a browser is opened.
    """

    folder: Path
    host: str
    port: int | None
    token_file: Path | None
    opens: bool


class DesignerPage:
    """Serves the designer, whose Temporal server comes later."""

    def __init__(
        self,
        options: DesignerOptions,
        read_settings: "Callable[[], Settings]",
        served: "Reloaded",
        load: "Callable[..., Project]",
    ) -> None:
        """Listen already, and build the page where that is to be done.

        Args:
            options: as they were given.
            read_settings: reads the configuration as it is now.
            served: what the worker serves, which knows the secrets of definitions, and takes up what is written here.
            load: reads the project, as `load_project` does.

        Raises:
            CliError: the options don't fit, nothing can listen there, or a signal came.
        """
        from httptask.cli.worker.own_runs import OwnRuns
        from httptask.designer.building import BundleMissing, ensure_bundle
        from httptask.designer.serving import new_token
        from httptask.designer.streaming import Streams

        self._options = options
        self._token = _token_of(options) or new_token()
        self._listening = _listening(options)
        self._temporal: Temporal | None = None
        self._read_settings = read_settings
        self._served = served
        self._own_runs = OwnRuns(load)
        self._streams = Streams()
        try:
            with interruptible():
                self._bundle: Path | None = ensure_bundle(print_note)
        except BundleMissing as error:
            print_note(f"no page: {error}\n  hint: {error.hint}")
            self._bundle = None

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncGenerator[None]:
        """Serve it while the context lasts, tell its address, and open a browser."""
        from httptask.designer.app import create_app
        from httptask.designer.folder import Folder
        from httptask.designer.serving import served
        from httptask.designer.workspace import Workspace

        folder = Folder(self._options.folder)
        workspace = Workspace(
            folder,
            self._read_settings,
            lambda: self._temporal,
            self._served.permit,
            self._own_runs,
            self._served.look,
            self._streams,
        )
        app = create_app(workspace, self._listening.addresses, self._token, self._bundle)
        async with served(app, self._listening):
            url = self._listening.url(self._token)
            if self._options.host not in _LOOPBACK:
                print_note(_exposed(self._options.host))
                print_note(
                    f"designer at {self._listening.url('…')} with the token of its file; Ctrl-C ends it"
                )
            else:
                print_note(f"designer at {url}")
            if self._options.opens and self._bundle is not None:
                await asyncio.to_thread(webbrowser.open, url)
            _give_way()  # not before: what it starts takes after it
            yield

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """When the context ends, end test requests and runs that nobody else serves, and tell no more of others."""
        try:
            yield
        finally:
            await self._streams.end()
            await self._own_runs.end()

    def use(self, client: "Client", task_queue: str, *, own_worker: bool, embedded: bool) -> None:
        """Have runs and test requests go there."""
        from httptask.designer.workspace import Temporal

        command = "dev" if embedded else "worker"
        self._temporal = Temporal(
            client,
            task_queue,
            address_of(client),
            own_worker,
            f"httptask {command} --definitions {quote(str(self._options.folder))} --task-queue {quote(task_queue)}",
        )


def why_not_shown() -> str | None:
    """What has to be installed before there is a designer; None where it is."""
    lacking = [package for package in ("fastapi", "uvicorn") if find_spec(package) is None]
    if not lacking:
        return None
    return f"no designer: {' and '.join(lacking)} not installed\n  hint: {installing('designer')}"


def _give_way() -> None:
    """Let the browser go before the worker: while a long run takes all processors, the page was slow to hear keys."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)


def _exposed(host: str) -> str:
    return (
        f"note: whoever reaches {host} and knows the token can read and change the definitions of this folder, "
        "send requests with the credentials of this project, and start and cancel its runs; there is no TLS"
    )


def _token_of(options: DesignerOptions) -> str | None:
    """The token of a file, which has to be given where others than this machine may ask.

    Raises:
        CliError: there is none, or it is too short.
    """
    file = options.token_file
    if file is None:
        if options.host not in _LOOPBACK:
            raise CliError(
                f"--host {options.host}: others than this machine could ask the designer",
                "give them a token: --token-file FILE, with 16 random characters or more in it",
            )
        return None
    try:
        with open_file(file) as opened:
            is_shared = bool(os.fstat(opened.fileno()).st_mode & _OF_OTHERS)
            token = opened.read(_LONGEST_TOKEN).decode().strip()
    except OSError as error:
        raise CliError(f"--token-file: {file}: {error.strerror}", "name a file with a token in it") from None
    except UnicodeDecodeError:
        token, is_shared = "", False
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise CliError(
            f"--token-file: {file} has no token of {_SHORTEST_TOKEN} characters or more",
            "write one: openssl rand -hex 24 > FILE",
        )
    if is_shared:
        print_note(f"note: other users of this machine may read the token: chmod 600 {file}")
    return token


def _listening(options: DesignerOptions) -> "Listening":
    """Listen; a port that was named is the one, or none.

    Raises:
        CliError: nothing can.
    """
    from httptask.designer.serving import DEFAULT_PORT, listen

    try:
        found = listen(options.host, DEFAULT_PORT if options.port is None else options.port)
    except PermissionError:
        raise CliError(
            f"--designer-port {options.port}: this user may not listen there", "name one above 1023"
        ) from None
    except OSError as error:
        raise CliError(
            f"--host {options.host}: nothing can listen there: {error.strerror}",
            "name an address of this machine",
        ) from None
    if ip_address(found.socket.getsockname()[0]).is_unspecified:  # in whatever way that was written
        found.socket.close()
        raise CliError(
            f"--host {options.host}: browsers ask by a name or address, and no other is answered",
            "name the address of this machine that they use",
        )
    if options.port and found.port != options.port:
        found.socket.close()
        raise CliError(f"--designer-port {options.port} is taken", "name another, or leave it out")
    return found
