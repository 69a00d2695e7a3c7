r"""Every way an HTTP call can fail.

    HttpTaskError
    +-- RequestInvalid          the request can't be sent as written: bad URL, header, missing required field
    +-- SecretUnavailable       a named secret is not declared, or has no usable value, on this worker
    +-- ConnectionUnknown       no connection of that name on this worker
    +-- AddressForbidden        the address guard refused the target
    +-- Postponed               nothing was sent yet: the call waits for its turn
    +-- ConnectFailed           nothing was sent: DNS, connect or TLS failed
    +-- Timeout                 a deadline passed
    +-- ResponseInterrupted     the answer broke off
    +-- ResponseInvalid         the answer can't be read: bad JSON, charset, encoding
    +-- ResponseTooLarge        more bytes than the limit allows
    +-- HttpStatusError         a status that is not a success
    |   +-- RateLimited         429
    |   +-- QuotaExhausted      429 or 402 that no waiting will cure
    |   +-- Unauthorized        401, or 400 by whose code the server means the credential
    |   +-- Forbidden           403
    +-- TokenUnavailable        the authorization server gives no token
    +-- SelectionFailed         an expression on the events of a stream failed
    +-- FixtureMissing          no fixture answers this request
    +-- OutputInvalid           a model's answer is not what its schema asks for

The class name is the `type` of the Temporal failure, and is API. Messages are fixed texts of ours: no
exception of a client library, which may quote a header or URL with a credential, is ever chained.
"""

from typing import Any, ClassVar

__all__ = [
    "AddressForbidden",
    "AnswerFiltered",
    "AnswerRefused",
    "AnswerTruncated",
    "ConnectFailed",
    "ConnectionUnknown",
    "FixtureMissing",
    "Forbidden",
    "HttpStatusError",
    "HttpTaskError",
    "OutputInvalid",
    "Postponed",
    "QuotaExhausted",
    "RateLimited",
    "RequestInvalid",
    "ResponseInterrupted",
    "ResponseInvalid",
    "ResponseTooLarge",
    "SecretUnavailable",
    "SelectionFailed",
    "Timeout",
    "TokenUnavailable",
    "Unauthorized",
]


class HttpTaskError(Exception):
    """Root of every error of a call.

    Attributes:
        details: JSON object with what is known (status, host, body excerpt, ...), redacted, at most a few KB.
        retryable: whether another attempt may succeed.
        retry_after: seconds the server asked for, validated and capped; None for the policy's own wait.
        counts: whether this was one of the attempts that a policy allows.
        of_worker: whether this worker lacks what another one may have; nothing was sent.
        cure: what to do about it, with which the message ends; None where it does not.
        logged: whether a line of the log tells of it.
    """

    retryable_by_default: ClassVar[bool] = False
    counts: ClassVar[bool] = True
    of_worker: bool = False

    def __init__(
        self,
        message: str,
        *,
        cure: str | None = None,
        details: dict[str, Any] | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.cure = cure
        self.message = message if cure is None else f"{message}: {cure}"
        super().__init__(self.message)
        self.details: dict[str, Any] = details or {}
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.retry_after = retry_after
        self.logged = False

    @property
    def without_cure(self) -> str:
        """The message up to its cure, for who tells that apart."""
        return self.message if self.cure is None else self.message.removesuffix(f": {self.cure}")

    def __str__(self) -> str:
        return self.message

    @property
    def type(self) -> str:
        """The stable name of this failure."""
        return type(self).__name__


class RequestInvalid(HttpTaskError):
    """The request can't be sent as written."""


class SecretUnavailable(HttpTaskError):
    """A named secret is not declared on this worker, or its value can't be used."""


class ConnectionUnknown(HttpTaskError):
    """No connection of that name on this worker."""

    of_worker = True


class AddressForbidden(HttpTaskError):
    """The target resolves to an address this connection may not reach."""


class Postponed(HttpTaskError):
    """Nothing was sent: this worker holds the call back, and `retry_after` says how long. It is not a failure."""

    retryable_by_default = True
    counts = False


class ConnectFailed(HttpTaskError):
    """Nothing was sent: name resolution, connect or TLS failed."""

    retryable_by_default = True


class Timeout(HttpTaskError):
    """A deadline passed; `details["deadline"]` says which."""

    retryable_by_default = True


class ResponseInterrupted(HttpTaskError):
    """The answer broke off before its end."""

    retryable_by_default = True


class ResponseInvalid(HttpTaskError):
    """The answer arrived and can't be read as what it says it is."""


class ResponseTooLarge(HttpTaskError):
    """The answer has more bytes than the limit allows."""


class HttpStatusError(HttpTaskError):
    """A status that is not a success; `details` holds `status`, `headers` and a body excerpt."""


class RateLimited(HttpStatusError):
    """429: the server asks for fewer requests."""

    retryable_by_default = True


class QuotaExhausted(HttpStatusError):
    """The account has no quota left; waiting does not help."""


class Unauthorized(HttpStatusError):
    """401, or another 4xx by whose code the server means it: the credential is missing or wrong."""


class Forbidden(HttpStatusError):
    """403: the credential may not do this."""


class TokenUnavailable(HttpTaskError):
    """The authorization server gives no token; retryable when it did not refuse but failed."""


class SelectionFailed(HttpTaskError):
    """An expression on the events of a stream failed, or took too long."""


class FixtureMissing(HttpTaskError):
    """No recorded fixture answers this request."""


class OutputInvalid(HttpTaskError):
    """A model's answer does not have the form that its `response_format` asks for."""


class AnswerTruncated(OutputInvalid):
    """A model's answer was cut off at its token limit (`finish_reason: length`)."""


class AnswerFiltered(OutputInvalid):
    """A content filter of the server held a model's answer back (`finish_reason: content_filter`)."""


class AnswerRefused(OutputInvalid):
    """The model refused to answer."""
