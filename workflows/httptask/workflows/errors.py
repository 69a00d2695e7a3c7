"""Errors of calls as Python workflows catch them; uncaught, they fail the workflow like any `ApplicationError`.

    CallFailed
    +-- RequestInvalid, SecretUnavailable, TokenUnavailable, ConnectionUnknown, AddressForbidden
    +-- PayloadTooLarge, PayloadInvalid, SelectionFailed, FixtureMissing
    +-- ConnectFailed, CallTimeout, ResponseInterrupted, ResponseInvalid, ResponseTooLarge
    +-- HttpStatusError
    |   +-- RateLimited, QuotaExhausted, Unauthorized, Forbidden
    +-- OutputInvalid
    |   +-- AnswerTruncated, AnswerFiltered, AnswerRefused
    +-- TurnsExceeded, BudgetExceeded, PriceUnknown, UsageUnknown
    +-- CallInvalid

`httptask.http.errors` says what each one means.
"""

from collections.abc import Mapping
from typing import Any

from temporalio.exceptions import ApplicationError

from httptask.json.types import is_object

__all__ = [
    "AddressForbidden",
    "AnswerFiltered",
    "AnswerRefused",
    "AnswerTruncated",
    "BudgetExceeded",
    "CallFailed",
    "CallInvalid",
    "CallTimeout",
    "ConnectFailed",
    "ConnectionUnknown",
    "FixtureMissing",
    "Forbidden",
    "HttpStatusError",
    "OutputInvalid",
    "PayloadInvalid",
    "PayloadTooLarge",
    "PriceUnknown",
    "QuotaExhausted",
    "RateLimited",
    "RequestInvalid",
    "ResponseInterrupted",
    "ResponseInvalid",
    "ResponseTooLarge",
    "SecretUnavailable",
    "SelectionFailed",
    "TokenUnavailable",
    "TurnsExceeded",
    "Unauthorized",
    "UsageUnknown",
]


class CallFailed(ApplicationError):
    """A call failed for good: it was not retryable, or its attempts are used up."""

    @property
    def info(self) -> Mapping[str, Any]:
        """What is known: `status`, `headers`, `body_excerpt`, ...; empty when the call never ran."""
        found = self.details[0] if self.details else None
        return found if is_object(found) else {}


class RequestInvalid(CallFailed):
    """The request can't be sent as written."""


class PayloadTooLarge(CallFailed):
    """The request is more than Temporal carries; nothing is sent."""


class PayloadInvalid(CallFailed):
    """The request holds what can't be stored; nothing is sent."""


class SecretUnavailable(CallFailed):
    """A secret is not declared on the worker, or has no usable value."""


class TokenUnavailable(CallFailed):
    """The authorization server gives no token."""


class ConnectionUnknown(CallFailed):
    """The worker has no connection of that name."""


class AddressForbidden(CallFailed):
    """The target is at an address that the connection may not reach."""


class SelectionFailed(CallFailed):
    """An expression on the events of a stream failed, or took too long."""


class FixtureMissing(CallFailed):
    """No recorded fixture answers the request."""


class ConnectFailed(CallFailed):
    """Nothing was sent: name resolution, connect or TLS failed."""


class CallTimeout(CallFailed):
    """A deadline passed."""


class ResponseInterrupted(CallFailed):
    """The answer broke off before its end."""


class ResponseInvalid(CallFailed):
    """The answer can't be read as what it says it is."""


class ResponseTooLarge(CallFailed):
    """The answer has more bytes than the limit allows."""


class HttpStatusError(CallFailed):
    """A status that is not a success; `info` holds it."""


class RateLimited(HttpStatusError):
    """429 until the attempts were used up."""


class QuotaExhausted(HttpStatusError):
    """The account has no quota left; waiting does not help."""


class Unauthorized(HttpStatusError):
    """401, or another 4xx by whose code the server means it: the credential is missing or wrong."""


class Forbidden(HttpStatusError):
    """403: the credential may not do this."""


class OutputInvalid(CallFailed):
    """A model's answer does not have the form that was asked for."""


class AnswerTruncated(OutputInvalid):
    """A model's answer was cut off at its token limit."""


class AnswerFiltered(OutputInvalid):
    """A content filter of the server held a model's answer back."""


class AnswerRefused(OutputInvalid):
    """The model refused to answer."""


class CallInvalid(CallFailed, ValueError):
    """What a workflow asks for makes no call, whatever the data; it fails the workflow, and not its task for ever."""

    def __init__(self, message: str) -> None:
        super().__init__(message, type="CallInvalid", non_retryable=True)


class BudgetExceeded(CallFailed):
    """The next question would exceed the budget; `info` holds what is spent."""


class PriceUnknown(CallFailed):
    """The price of an answer is not known, so a budget in US dollars can't be kept."""


class UsageUnknown(CallFailed):
    """An answer came without its usage, so a budget of tokens or US dollars can't be kept."""


class TurnsExceeded(CallFailed):
    """A model still calls tools after as many turns as it has; `info` holds what is spent."""
