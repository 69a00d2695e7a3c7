"""Temporal that stops answering while a command uses it: one error, whichever step meets it."""

import contextlib
import re
from collections.abc import Generator
from typing import TYPE_CHECKING

from httptask.cli.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from temporalio.client import Client
    from temporalio.service import RPCError

__all__ = ["address_of", "failed_request", "outage", "outages_reported"]

_NO_ANSWER = frozenset({"ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNKNOWN"})
"""Statuses that a connection which breaks ends in, as well."""
_CAUSE = re.compile(r'Status \{.*?message: "((?:[^"\\]|\\.)*)"', re.DOTALL)
"""Where the core of Temporal's SDK has the cause in the text of a RuntimeError."""


def address_of(client: "Client") -> str:
    """Where the server of a client listens."""
    return client.service_client.config.target_host


def outage(address: str, why: BaseException | str | None = None) -> CliError:
    """The error that a command ends with when Temporal does not answer it any more."""
    text = str(why or "it does not answer")
    cause = _CAUSE.search(text)
    return CliError(
        f"lost Temporal at {address}: {cause[1] if cause else text.partition(chr(10))[0]}",
        "check that it is up and start again; `httptask runs list` shows what has become of a run",
        ExitCode.UNREACHABLE,
    )


def failed_request(address: str, error: "RPCError") -> CliError:
    """The error that a command ends with when Temporal answered a request with an error, or not at all."""
    if error.status.name in _NO_ANSWER:
        return outage(address, error.message)
    return CliError(
        f"Temporal at {address}: {error.message}",
        "check TEMPORAL_NAMESPACE, TEMPORAL_API_KEY or the profile",
        ExitCode.UNREACHABLE,
    )


@contextlib.contextmanager
def outages_reported(address: str) -> Generator[None]:
    """Let a request that Temporal did not answer, or refused, end the command."""
    from temporalio.service import RPCError

    try:
        yield
    except RPCError as error:
        raise failed_request(address, error) from None
