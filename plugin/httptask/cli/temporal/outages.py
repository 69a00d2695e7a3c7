"""Temporal that stops answering while a command uses it: one error, whichever step meets it."""

import contextlib
import re
from collections.abc import Generator
from typing import TYPE_CHECKING

from httptask.cli.terminal.errors import CliError, ExitCode

if TYPE_CHECKING:
    from temporalio.client import Client
    from temporalio.service import RPCError

__all__ = ["address_of", "failed_request", "not_connected", "outage", "outages_reported"]

_NO_ANSWER = frozenset({"ABORTED", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNKNOWN"})
"""Statuses that a connection which breaks ends in, as well."""
_CAUSE = re.compile(r'Status \{.*?message: "((?:[^"\\]|\\.)*)"', re.DOTALL)
"""Where the core of Temporal's SDK has the cause in the text of a RuntimeError."""

_SAID = re.compile(r'(?:message: |error: |ConnectError\()"((?:[^"\\]|\\.)*)"')
_CREDENTIALS = "set TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH"
_ISSUER = (
    "name the file of who issued it in TEMPORAL_TLS_SERVER_CA_CERT_PATH, "
    "and in TEMPORAL_TLS_SERVER_NAME the name that it is of, where that is not in the address"
)
_NOT_CONNECTED = (
    (
        "InvalidCertificate",
        "its certificate is not trusted",
        _ISSUER,
    ),
    ("code: Unauthenticated", "it does not know who asks", _CREDENTIALS),
    ("code: PermissionDenied", "it does not let in who asks", _CREDENTIALS),
    ("handshake", "it does not answer by TLS", "set TEMPORAL_TLS to false, or name its port for TLS"),
    ("closed", "it closes the connection", "set TEMPORAL_TLS to true where it wants TLS"),
)
"""What the core of Temporal's SDK tells of a connection that failed, in words for a person, and what to do."""


def address_of(client: "Client") -> str:
    """Where the server of a client listens."""
    return client.service_client.config.target_host


def not_connected(address: str, why: BaseException) -> CliError:
    """The error that a command ends with when it gets no connection to Temporal, or none in time."""
    text = str(why)
    said = (_SAID.findall(text) or ["it does not answer in time"])[-1]
    unknown = (said, "check TEMPORAL_ADDRESS or the profile, and TEMPORAL_TLS")
    reason, hint = next((words for told, *words in _NOT_CONNECTED if told in text), unknown)
    return CliError(
        f"can't connect to Temporal at {address}: {reason}",
        f"{hint}; without an address or a profile `run` and `dev` use an embedded server",
        ExitCode.UNREACHABLE,
    )


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
