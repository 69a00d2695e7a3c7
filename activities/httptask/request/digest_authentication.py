"""Answering a digest challenge (RFC 7616; also the form of RFC 2069, without `qop`).

Texts of a challenge are bytes here: a realm is hashed as it came, and sent back so; in UTF-8 if it came in Latin-1.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from httptask.http.headers import header_text
from httptask.http.url import Url

__all__ = ["DigestUser"]

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PIECE = re.compile(
    rb"[\s,]*(?:(?P<name>"
    + _TOKEN
    + rb')\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>[^\s,"]*))(?=[\s,]|$)'
    rb"|(?P<scheme>" + _TOKEN + rb")(?P<token68>\s+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$)))?(?=[\s,]|$))",
    re.DOTALL,
)
"""A parameter of a challenge, or the scheme that begins one: a header may hold several (RFC 9110, section 11.6.1)."""
_SPECIAL = re.compile(r'(["\\])')
_SESSION = "-sess"
_HASHES: Mapping[str, Callable[[], Any]] = {
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha": partial(hashlib.sha1, usedforsecurity=False),
    "sha-1": partial(hashlib.sha1, usedforsecurity=False),
    "sha-256": hashlib.sha256,
    "sha-512": hashlib.sha512,
    "sha-512-256": partial(hashlib.new, "sha512_256"),
}

Challenge = Mapping[str, bytes]
"""The parameters of one challenge, names in lower case."""


@dataclass(frozen=True)
class DigestUser:
    """Who answers a challenge."""

    username: str
    password: str = field(repr=False)

    def answer(
        self, challenges: Iterable[bytes], method: str, url: Url, body: bytes = b"", *, again: bool = False
    ) -> str | None:
        """The header `Authorization` for a request that the server refused.

        Args:
            challenges: values of `WWW-Authenticate`.
            method: of the request.
            url: of the request.
            body: of the request, which the digest covers where the server offers no other (`auth-int`).
            again: whether an earlier answer was refused, so that only a challenge counts which says that the nonce
                was `stale` (RFC 7616, section 3.3): name and password may be right.

        Returns:
            The answer to the first challenge that can be answered: MD5, SHA-1 or SHA-2; None if there is no such.
        """
        for challenge in (found for value in challenges for found in _digests(value)):
            algorithm = challenge.get("algorithm", b"MD5").decode("latin-1")
            new = _HASHES.get(algorithm.lower().removesuffix(_SESSION))
            offered = {
                each.strip().lower() for each in challenge.get("qop", b"").decode("latin-1").split(",")
            }
            qop = next((each for each in ("auth", "auth-int", "") if each in offered), None)
            stale = challenge.get("stale", b"").lower() == b"true"
            is_whole = {"realm", "nonce"} <= challenge.keys()
            if new is not None and qop is not None and is_whole and (stale or not again):
                return self._answer(challenge, new, qop, method, url.target.encode("ascii"), body)
        return None

    def _answer(
        self, challenge: Challenge, new: Callable[[], Any], qop: str, method: str, target: bytes, body: bytes
    ) -> str:
        def digest(*parts: bytes) -> bytes:
            hashed = new()
            hashed.update(b":".join(parts))
            return str(hashed.hexdigest()).encode()

        user, realm, nonce = self.username.encode(), challenge["realm"], challenge["nonce"]
        count, own = b"00000001", secrets.token_hex(16).encode()
        proof = digest(user, realm, self.password.encode())
        if challenge.get("algorithm", b"").lower().endswith(_SESSION.encode()):
            proof = digest(proof, nonce, own)
        asked = digest(method.encode(), target, *([digest(body)] if qop == "auth-int" else []))
        between = [nonce, count, own, qop.encode()] if qop else [nonce]
        hides_name = challenge.get("userhash", b"").lower() == b"true"
        quoted = {
            "username": digest(user, realm) if hides_name else user,
            "realm": realm,
            "nonce": nonce,
            "uri": target,
            "response": digest(proof, *between, asked),
        }
        if "opaque" in challenge:
            quoted["opaque"] = challenge["opaque"]
        plain = {"algorithm": challenge["algorithm"]} if "algorithm" in challenge else {}
        if qop:
            quoted["cnonce"] = own
            plain |= {"qop": qop.encode(), "nc": count}
        if hides_name:
            plain["userhash"] = b"true"
        texts = [f"{name}={_quoted(value)}" for name, value in quoted.items()]
        return "Digest " + ", ".join([*texts, *(f"{name}={value.decode()}" for name, value in plain.items())])


def _quoted(value: bytes) -> str:
    """A value as a quoted-string (RFC 9110, section 5.6.4)."""
    return '"' + _SPECIAL.sub(r"\\\1", header_text(value)) + '"'


def _digests(header: bytes) -> Iterator[Challenge]:
    """The challenges of the scheme in a header; what can't be read ends it."""
    fields: dict[str, bytes] | None = None
    at = 0
    while (found := _PIECE.match(header, at)) is not None:
        at = found.end()
        if found["scheme"] is not None:
            if fields:
                yield fields
            fields = {} if found["scheme"].lower() == b"digest" else None
        elif fields is not None:
            quoted = found["quoted"]
            value = found["token"] if quoted is None else re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL)
            fields.setdefault(found["name"].decode().lower(), value)
    if fields:
        yield fields
