"""What the errors of the client library mean, by what had happened on the connection."""

import ast
import json
import re
import ssl
from typing import Any

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError, PayloadEncodingError

from httptask.http.errors import (
    ConnectFailed,
    HttpTaskError,
    RequestInvalid,
    ResponseInterrupted,
    ResponseInvalid,
)
from httptask.transport.deadlines import Progress

__all__ = ["Failed", "failure"]

_SERVER_ERRORS = 500
_LINE = re.compile(r"""(?P<reason>[^:]*(?::\s[^:]*)?):\s*(?P<line>b(['"]).*\3)[\s^.]*""", re.DOTALL)
_TLS = (b"\x15\x03", b"\x16\x03")
"""How a record of TLS begins that a server sends unasked: an alert, or its side of a handshake."""
_NOT_TLS = frozenset(
    {"HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER"}
)
"""What OpenSSL calls an answer that is no record of TLS."""


class Failed(Exception):
    """Carries an error past aiohttp, which would send an idempotent request again on its own."""

    def __init__(self, error: aiohttp.ClientError) -> None:
        super().__init__()
        self.error = error


def failure(error: Exception, progress: Progress, host: str) -> HttpTaskError:
    """Our error for one of the library's, by what had happened on the connection."""
    if isinstance(error, Failed):
        error = error.error
    details = {"host": host, "sent": progress.sent}
    if isinstance(error, aiohttp.InvalidURL) or not isinstance(error, aiohttp.ClientError | OSError):
        return RequestInvalid(
            f"the request to {host} can't be sent ({type(error).__name__})", details=details
        )
    if not progress.sent:
        return _not_connected(error, host, details)
    if _is_malformed(error):
        return ResponseInvalid(
            f"the answer of {host} is not valid HTTP/1.1{_offence(error)}", details=details
        )
    where = "in the middle of its answer" if progress.received else "before it answered"
    return ResponseInterrupted(f"{host} closed the connection {where}", details=details)


def _is_malformed(error: Exception) -> bool:
    """Whether what came is no HTTP, rather than too little of it."""
    cause = error.__cause__
    return isinstance(error, aiohttp.ClientResponseError) or (
        isinstance(cause, HttpProcessingError) and not isinstance(cause, PayloadEncodingError)
    )


def _offence(error: Exception) -> str:
    """What of an answer is no HTTP, and the line of it, as the parser tells both: `Invalid header token: "X=1;"`."""
    told = ""
    cause: BaseException | None = error
    while not told and cause is not None:
        told, cause = str(getattr(cause, "message", "")), cause.__cause__
    found = _LINE.fullmatch(told)
    if found is None:
        return f": {told.partition(':')[0]}" if told else ""
    reason = " ".join(found["reason"].split())
    try:
        line = ast.literal_eval(found["line"])
    except (SyntaxError, ValueError):
        return f": {reason}"
    if line.startswith(_TLS):
        return ": it is TLS: write https:// in place of http://"
    return f": {reason}: {json.dumps(line.decode('latin-1'), ensure_ascii=False)}"


def _not_connected(error: Exception, host: str, details: dict[str, Any]) -> ConnectFailed:
    behind = error.__cause__
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ConnectFailed(
            f"the proxy makes no connection to {host}: it answers {error.status}",
            details=details,
            retryable=error.status >= _SERVER_ERRORS,
        )
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        proxy = f"{error.host}:{error.port}"
        return ConnectFailed(f"no connection to the proxy {proxy}: nothing answers there", details=details)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
        reason = (
            cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else "it is not valid"
        )
        return ConnectFailed(
            f"the certificate of {host} is refused: {reason}",
            details={**details, "step": "certificate"},
            retryable=False,
        )
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        reason, details = getattr(behind, "reason", None) or "it ended too early", {**details, "step": "tls"}
        if reason in _NOT_TLS:
            return ConnectFailed(
                f"no TLS connection to {host}: what answers there does not speak TLS; if it is meant to be without, "
                "write http:// in place of https://",
                details=details,
                retryable=False,
            )
        why = reason.lower().replace("_", " ")
        return ConnectFailed(f"no TLS connection to {host}: the handshake failed: {why}", details=details)
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ConnectionResetError):
        return ConnectFailed(
            f"no connection to {host}: the server closed it before it stood; with https://, what answers there may "
            "not speak TLS",
            details=details,
        )
    return ConnectFailed(f"no connection to {host}: nothing answers there", details=details)
