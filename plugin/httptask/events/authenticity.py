"""Whether a webhook's request comes from who shares its secret: by a signature of its body, or by a token."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final

__all__ = ["is_signed", "is_token"]

_TOLERANCE: Final = 300
"""Seconds by which a signature's clock may differ (Standard Webhooks, Verifying webhook authenticity)."""
_PREFIX: Final = "whsec_"


def is_signed(headers: Mapping[str, str], body: bytes, secret: str, *, now: float | None = None) -> bool:
    """Whether the body is signed by HMAC-SHA256, in the form of Standard Webhooks or of `X-Hub-Signature-256`.

    Args:
        headers: of the request, whatever the case of their names.
        body: as it came.
        secret: the shared one; `whsec_…` is base64, as Standard Webhooks has it.
        now: seconds since the epoch.
    """
    signatures = headers.get("webhook-signature")
    if signatures is not None:
        return _is_standard(headers, signatures, body, secret, time.time() if now is None else now)
    given = headers.get("X-Hub-Signature-256", "")
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.encode(), expected.encode())


def is_token(given: str | None, token: str) -> bool:
    """Whether a text is the token, in a time that does not tell how much of it is."""
    return given is not None and hmac.compare_digest(given.encode(), token.encode())


def _is_standard(headers: Mapping[str, str], signatures: str, body: bytes, secret: str, now: float) -> bool:
    id_, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_time = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < len("10000000000000")
    if not id_ or not is_time or abs(now - int(timestamp)) > _TOLERANCE:
        return False
    signed = f"{id_}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest())
    given = [text.removeprefix("v1,").encode() for text in signatures.split(" ") if text.startswith("v1,")]
    return sum(hmac.compare_digest(each, expected) for each in given) > 0  # all of them, whichever it is


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
