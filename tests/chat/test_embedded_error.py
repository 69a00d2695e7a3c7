from typing import Any

import pytest

from httptask.chat.embedded_error import embedded_error
from httptask.http import errors
from httptask.http.connections import Connection


@pytest.mark.parametrize(
    ("body", "kind", "retryable"),
    [
        ({"error": {"code": 429, "message": "slow down"}}, errors.RateLimited, True),
        ({"error": {"code": "429", "message": "slow down"}}, errors.RateLimited, True),
        ({"error": {"code": 502, "message": "upstream", "metadata": {}}}, errors.HttpStatusError, True),
        ({"error": {"code": 400, "message": "bad"}}, errors.HttpStatusError, False),
        ({"error": {"code": 401, "message": "key"}}, errors.Unauthorized, False),
        ({"error": {"code": 402, "message": "credits"}}, errors.QuotaExhausted, False),
        ({"error": {"code": "insufficient_quota", "message": "quota"}}, errors.QuotaExhausted, False),
        ({"error": {"type": "server_error", "code": None, "message": "oops"}}, errors.HttpStatusError, True),
        ({"error": {"type": "overloaded_error", "message": "busy"}}, errors.HttpStatusError, True),
        ({"error": {"type": "tokens", "code": "rate_limit_exceeded"}}, errors.RateLimited, True),
        ({"error": {"code": 200, "message": "odd"}}, errors.ResponseInvalid, False),
        ({"error": {"code": True, "message": "odd"}}, errors.ResponseInvalid, False),
        ({"error": {"message": "odd"}}, errors.ResponseInvalid, False),
        ({"error": "out of memory"}, errors.ResponseInvalid, False),
        ({"error": False}, errors.ResponseInvalid, False),
        ({"object": "error", "message": "no such model", "code": 404}, errors.HttpStatusError, False),
        ({"object": "error", "message": {"detail": []}}, errors.ResponseInvalid, False),
        ({"choices": [{"finish_reason": "error", "error": {"code": 502}}]}, errors.HttpStatusError, True),
    ],
)
def test_an_error_under_a_status_of_success(
    body: Any, kind: type[errors.HttpTaskError], retryable: bool
) -> None:
    error = embedded_error(body)
    assert type(error) is kind
    assert error.retryable is retryable


@pytest.mark.parametrize(
    "body", [{}, {"error": None}, {"choices": None}, {"choices": [None, {"error": None}]}]
)
def test_no_error(body: Any) -> None:
    assert embedded_error(body) is None


@pytest.mark.parametrize(("status", "retryable"), [(423, True), (422, False), (503, True), (402, False)])
def test_its_connection_says_what_may_pass(status: int, retryable: bool) -> None:
    connection = Connection(name="local", retryable_statuses=frozenset({402, 423}))
    error = embedded_error({"error": {"code": status, "message": "model is loading"}}, connection)
    assert error is not None
    assert error.retryable is retryable


def test_says_what_the_server_says_at_bounded_length() -> None:
    error = embedded_error({"error": {"code": 503, "message": "x" * 10_000, "type": "busy"}})
    assert error is not None
    assert error.message == "the server answered with error 503: " + "x" * 300
    assert error.details["status"] == 503
    assert error.details["error"]["type"] == "busy"
