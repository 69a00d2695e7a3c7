"""Answering a digest challenge (RFC 7616) by httpx's implementation of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx

from httptask.http.url import Url

__all__ = ["DigestUser"]

# A server may give several challenges in one header (RFC 9110, section 11.6.1).
_NEXT_CHALLENGE = re.compile(r",\s*(?=[!#$%&'*+.^_`|~0-9A-Za-z-]+ +[A-Za-z0-9_-]+ *=)")


class _AsWritten(httpx.URL):
    """The digest covers the target as it goes onto the wire, which httpx would normalise."""

    def __init__(self, url: Url) -> None:
        super().__init__(url.origin)
        self._target = url.target.encode("ascii")

    @property
    def raw_path(self) -> bytes:
        return self._target


@dataclass(frozen=True)
class DigestUser:
    """Who answers a challenge."""

    username: str
    password: str = field(repr=False)

    def answer(self, challenges: Iterable[str], method: str, url: Url) -> str | None:
        """The header `Authorization` for a request that the server refused.

        Args:
            challenges: values of `WWW-Authenticate`.
            method: of the request.
            url: of the request.

        Returns:
            The answer to the first challenge that can be answered: MD5, SHA-1, SHA-256 or SHA-512 without a
            digest of the body; None if there is no such.
        """
        for challenge in _digests(challenges):
            request = httpx.Request(method, url.origin)
            request.url = _AsWritten(url)
            flow = httpx.DigestAuth(self.username, self.password).auth_flow(request)
            next(flow)
            try:
                flow.send(httpx.Response(401, headers={"www-authenticate": challenge}, request=request))
            except (httpx.ProtocolError, StopIteration, KeyError, ValueError, NotImplementedError):
                continue
            return self._quoted(request.headers["authorization"])
        return None

    def _quoted(self, header: str) -> str:
        """The answer with the name as a quoted-string (RFC 9110, section 5.6.4), which httpx does not make of it."""
        escaped = re.sub(r'(["\\])', r"\\\1", self.username)
        return header.replace(f'username="{self.username}"', f'username="{escaped}"', 1)


def _digests(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from (one for one in _NEXT_CHALLENGE.split(value) if one[:7].lower() == "digest ")
