"""The one gate through which requests leave the process, whatever they are for.

A call, a redirect of it, a token, the document that tells where tokens are given: each of them is a `WireRequest`,
and each passes here before any byte of it is sent and before a name is resolved. The address that the name has is
judged by the `Guard`, where the socket is made.
"""

from collections.abc import Sequence

from httptask.connections.connection import Connection
from httptask.egress.hosts import check_host_patterns, is_allowed
from httptask.http.errors import AddressForbidden
from httptask.http.url import Url
from httptask.request.wire import WireRequest
from httptask.secrets.store import SecretStore

__all__ = ["Gate"]


class Gate:
    """Decides which requests leave.

    Args:
        secrets: know where each secret may be sent.
        allowed_hosts: hosts that requests may go to whose server the configuration does not name itself; empty for
            any, but for none where data chose the server.

    Raises:
        ValueError: a host is not written as it has to be.
    """

    def __init__(self, secrets: SecretStore, allowed_hosts: Sequence[str]) -> None:
        check_host_patterns(allowed_hosts)
        self._secrets = secrets
        self._allowed_hosts = tuple(allowed_hosts)

    def check(self, request: WireRequest, connection: Connection | None) -> None:
        """Refuses a request that may not leave.

        Args:
            request: with the names of the secrets in it.
            connection: whose way it goes, which may lead through a proxy with a password of its own.

        Raises:
            SecretUnavailable: a secret in it may not be sent to that origin.
            AddressForbidden: nobody declared its host.
        """
        for name in sorted(request.secrets):
            self._secrets.check_origin(name, request.url.origin)
        if connection is not None and connection.proxy is not None:
            for name in connection.proxy.secrets:
                self._secrets.check_origin(name, Url.parse(connection.proxy.url).origin)
        if not request.declared and not self._is_allowed(request):
            raise AddressForbidden(
                f"{request.url.host} is not among the allowed_hosts of httptask.toml: add it there, or declare a "
                "connection",
                details={"host": request.url.host},
            )

    def _is_allowed(self, request: WireRequest) -> bool:
        anywhere = not self._allowed_hosts and not request.found
        return anywhere or is_allowed(request.url.host, self._allowed_hosts)
