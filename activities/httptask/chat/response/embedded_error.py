"""Errors that a server sends under a status of success, as several compatible ones do."""

from collections.abc import Mapping
from typing import Any, Final

from httptask.chat.response.wire import FILTERED, finish_reason_of
from httptask.connections.connection import Connection
from httptask.http.api_error import names_of
from httptask.http.errors import HttpTaskError, ResponseInvalid
from httptask.json.types import is_array, is_object
from httptask.resilience.classify import classify, error_text

__all__ = ["embedded_error", "error_member"]

_STATUS_OF_NAME = {
    "accessdeniedexception": 403,
    "api_error": 500,
    "auth_error": 401,
    "authentication_error": 401,
    "authenticationerror": 401,
    "badrequesterror": 400,
    "billing_error": 402,
    "context_length_exceeded": 400,
    "deadline_exceeded": 504,
    "engine_overloaded_error": 529,
    "insufficient_quota": 429,
    "internal": 500,
    "internal_server_error": 500,
    "internalservererror": 500,
    "internalserverexception": 500,
    "invalid_api_key": 401,
    "invalid_argument": 400,
    "invalidapikey": 401,
    "invalid_request_error": 400,
    "limit_requests": 429,
    "model_not_found": 404,
    "no_db_connection": 401,
    "not_found": 404,
    "not_found_error": 404,
    "notfounderror": 404,
    "overloaded": 429,
    "overloaded_error": 529,
    "permission_denied": 403,
    "permission_error": 403,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "rate_limited": 429,
    "ratelimiterror": 429,
    "requests": 429,
    "resource_exhausted": 429,
    "server_error": 500,
    "service_tier_capacity_exceeded": 429,
    "service_unavailable": 503,
    "serviceunavailableerror": 503,
    "serviceunavailableexception": 503,
    "throttling": 429,
    "throttling_error": 429,
    "throttlingexception": 429,
    "timeout_error": 504,
    "tokens": 429,
    "unauthenticated": 401,
    "unavailable": 503,
    "validationexception": 400,
}
"""Types and codes of errors in lower case, and the status under which the API sends them: those of OpenAI, Anthropic,
AWS, DashScope, Google, LiteLLM, Mistral, TGI and vLLM."""
_BESIDE: Final = ("code", "status", "status_code", "statusCode", "type", "error_type", "__type")
"""Where servers name an error beside its text, rather than in it."""
_NO_ERROR: Final = frozenset({"", "0", "200", "none", "null", "ok", "success"})
"""What texts and codes say that there is none."""
_SAID: Final = ("message", "delta", "finish_reason", "usage")
"""What a choice, or the last chunk of a stream, has that is no error."""


def error_member(part: Mapping[str, Any]) -> Any:
    """The `error` of an answer, a chunk or a choice; None also where it says nothing beside what was asked for.

    Some gateways write the member into every answer, with empty texts or those of a success.
    """
    error = part.get("error")
    if error is None:
        return None
    is_answer = bool(part.get("choices")) or part.get("object") == "chat.completion.chunk"
    is_answer = is_answer or any(part.get(name) is not None for name in _SAID)
    return None if is_answer and _says_nothing(error) else error


def embedded_error(answer: Mapping[str, Any], connection: Connection | None = None) -> HttpTaskError | None:
    """The error that stands in an answer in place of a completion, or None.

    It is an `error` of the body or of a choice, a body that calls itself an error, or one without choices that
    explains itself. It is judged like the status that its code or type stands for, by the rules of the connection
    if there is one, and is not retryable when it names none. It says and holds all that the server says: whoever
    raises it sees to it that no secret is in it, and then to its bounds.
    """
    error = _find(answer)
    if error is None:
        return None
    fields: dict[str, Any] = error if is_object(error) else {**_named_beside(answer), "message": error}
    message = error_text(error) or error_text(answer) or "no message"
    details: dict[str, Any] = {"error": names_of(fields), "body_excerpt": answer}
    status = _status({**_named_beside(answer), **fields})
    if status is None:
        return ResponseInvalid(f"the server answered with an error: {message}", details=details)
    rules = connection or Connection(name="")
    verdict = classify(status, {}, {"error": fields}, also_retryable=rules.retryable_statuses)
    return verdict.error(
        f"the server answered with error {status}: {message}",
        details={"status": status, **details},
        retryable=verdict.retryable,
        retry_after=verdict.retry_after,
    )


def _find(answer: Mapping[str, Any]) -> Any:
    if (error := error_member(answer)) is not None:
        return error
    choices = answer.get("choices")
    calls_itself_one = answer.get("object") == "error" or (choices is None and answer.get("type") == "error")
    if calls_itself_one or (choices is None and (error_text(answer) or "").lower() not in _NO_ERROR):
        return answer
    if is_array(choices):
        for choice in choices:
            if is_object(choice) and (error := error_member(choice)) is not None:
                return error
    return None


def _says_nothing(error: Any) -> bool:
    if is_object(error):
        return all(map(_says_nothing, error.values()))
    if is_array(error):
        return all(map(_says_nothing, error))
    return not error or str(error).strip().lower() in _NO_ERROR


def _named_beside(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in _BESIDE if isinstance(answer.get(name), str | int)}


def _status(fields: Mapping[str, Any]) -> int | None:
    for name in (*map(fields.get, _BESIDE), names_of(fields).get("innererror")):
        status = _status_of(name) if isinstance(name, str) else name
        if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599:
            return status
    return None


def _status_of(name: str) -> int | None:
    if name.isdecimal():
        return int(name)
    return _STATUS_OF_NAME.get(name.lower()) or (400 if finish_reason_of(name) == FILTERED else None)
