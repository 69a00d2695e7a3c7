"""What an unsuccessful status means, and whether another attempt may cure it: the one place that decides."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from httptask.http.api_error import error_of
from httptask.http.errors import Forbidden, HttpStatusError, QuotaExhausted, RateLimited, Unauthorized
from httptask.json.types import is_array, is_object
from httptask.resilience.retry import Retry
from httptask.resilience.retry_after import retry_after

__all__ = ["REDIRECTS", "Verdict", "classify", "error_text", "refuses_credential"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that lead to one other place (RFC 9110, section 15.4)."""
_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_QUOTA_CODES = ("insufficient_quota", "billing")
_CREDENTIAL_CODES = frozenset(
    {"API_KEY_INVALID", "auth_error", "authentication_error", "invalid_api_key", "no_db_connection"}
)
"""Types, codes and reasons by which servers mean the credential: Google's under 400, and LiteLLM's, whose proxy looks
for a key that is not its own in a database."""
_TYPES: dict[int, type[HttpStatusError]] = {401: Unauthorized, 403: Forbidden, 429: RateLimited}
_TEXT_FIELDS = (
    "message",
    "detail",
    "errordescription",
    "errormessage",
    "errorsummary",
    "title",
    "error",
    "msg",
    "errormsg",
    "errmsg",
    "faultstring",
)
"""Servers write them in any case, with `_` or without: `error_description`, AWS's `Message`, Okta's `errorSummary`."""


@dataclass(frozen=True)
class Verdict:
    """What a status amounts to."""

    error: type[HttpStatusError]
    retryable: bool
    retry_after: float | None = None
    """Seconds the server asked for; None when it did not."""
    note: str | None = None
    """What to add to the message so that a person understands the decision."""


def classify(
    status: int,
    headers: Mapping[str, str],
    body: Any,
    *,
    also_retryable: Collection[int] = (),
    longest_retry_after: float = Retry().longest_retry_after,
) -> Verdict:
    """Judges a status that is not a success.

    A quota that is used up is never retried: waiting does not fill it, and each refused call may count
    against a limit. Otherwise the server's own `x-should-retry` decides, then the status.

    Args:
        status: the response's status.
        headers: all headers of the response, names in lower case.
        body: the parsed content, or None.
        also_retryable: statuses that this server's connection adds to the retryable ones.
        longest_retry_after: seconds; a server that asks for a longer wait ends the call at once.
    """
    if status == 402 or (status == 429 and _is_quota(body)):
        return Verdict(QuotaExhausted, retryable=False)
    if status not in _TYPES and refuses_credential(status, body):
        return Verdict(Unauthorized, retryable=False, note=f"this {status} means the credential")
    error = _TYPES.get(status, HttpStatusError)
    wanted = headers.get("x-should-retry", "").strip().lower()
    retryable = (
        wanted == "true" if wanted in ("true", "false") else status in _RETRYABLE or status in also_retryable
    )
    if not retryable:
        return Verdict(error, retryable=False, note=_note(status))
    wait = retry_after(headers, body, status=status)
    if wait is not None and wait > longest_retry_after:
        note = f"the server asked for {wait:.0f} s, more than the {longest_retry_after:g} s that a retry may wait"
        return Verdict(error, retryable=False, retry_after=wait, note=note)
    return Verdict(error, retryable=True, retry_after=wait)


def refuses_credential(status: int, body: Any) -> bool:
    """Whether a server says that the credential is missing, wrong or not enough, under whichever 4xx."""
    if status in (401, 403):
        return True
    error = error_of(body)
    if error is None or not 400 <= status < 500:
        return False
    details = error.get("details")
    reasons = [detail.get("reason") for detail in details if is_object(detail)] if is_array(details) else []
    named = (error.get("type"), error.get("code"), *reasons)
    return any(isinstance(name, str) and name in _CREDENTIAL_CODES for name in named)


def _note(status: int) -> str | None:
    if status == HTTPStatus.NOT_MODIFIED:  # no redirect (RFC 9110, section 15.4.5)
        return "not modified since what the request names: add 304 to `success` of `httpRequest`"
    if status in REDIRECTS:
        return "a redirect is followed where its connection sets `redirects`, and is a result with `redirect: true`"
    return None


def error_text(body: Any) -> str | None:
    """The sentence in which an error body explains itself: OpenAI's, RFC 9457's and other common forms."""
    if isinstance(body, str):
        return None if body.lstrip().startswith("<") else " ".join(body.split()) or None
    if is_array(body) and body:
        return error_text(body[0])
    if not is_object(body):
        return None
    fields = {name.lower().replace("_", ""): value for name, value in reversed(body.items())}
    for name in ("error", "errors", "fault"):
        nested = fields.get(name)
        if (is_object(nested) or is_array(nested)) and (text := error_text(nested)):
            return text
    return next((text for name in _TEXT_FIELDS if (text := _field_text(fields.get(name)))), None)


def _field_text(value: Any) -> str | None:
    """A sentence, or the one inside of it: `{"message": {"detail": [{"msg": …}]}}`."""
    return " ".join(value.split()) if isinstance(value, str) else error_text(value)


def _is_quota(body: Any) -> bool:
    error = body.get("error") if is_object(body) else None
    if not is_object(error):
        return False
    return any(code in str(error.get(name)) for name in ("code", "type") for code in _QUOTA_CODES)
