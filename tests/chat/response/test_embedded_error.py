import json
from typing import Any

import pytest

from httptask.chat.response.embedded_error import embedded_error
from httptask.chat.response.reader import read_completion
from httptask.chat.streaming.assembly import Assembly
from httptask.connections.connection import Connection
from httptask.http import errors
from httptask.response.events import Event


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
        ({"error": "slow down", "code": 429}, errors.RateLimited, True),
        ({"error": {"status": "RESOURCE_EXHAUSTED"}}, errors.RateLimited, True),
        ({"statusCode": 429, "message": "Rate limit is exceeded."}, errors.RateLimited, True),
        ({"message": "Too many requests", "__type": "ThrottlingException"}, errors.RateLimited, True),
        ({"title": "Bad Gateway", "status": 502}, errors.HttpStatusError, True),
        ({"success": False, "errors": [{"code": 3040, "message": "no room"}]}, errors.ResponseInvalid, False),
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
    "body",
    [
        {},
        {"error": None},
        {"choices": None},
        {"choices": [None, {"error": None}]},
        {"model": "m", "message": {"role": "assistant", "content": "Hi"}},  # Ollama's own API
        {"code": 0, "message": "success", "data": {}},
    ],
)
def test_no_error(body: Any) -> None:
    assert embedded_error(body) is None


@pytest.mark.parametrize(("status", "retryable"), [(423, True), (422, False), (503, True), (402, False)])
def test_its_connection_says_what_may_pass(status: int, retryable: bool) -> None:
    connection = Connection(name="local", retryable_statuses=frozenset({402, 423}))
    error = embedded_error({"error": {"code": status, "message": "model is loading"}}, connection)
    assert error is not None
    assert error.retryable is retryable


SILENT = {"message": "", "type": "", "param": "", "code": None}
CHOICE = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}


@pytest.mark.parametrize(
    "silent",
    [SILENT, {}, [], "", False, 0, {"code": 0, "details": [{"reason": ""}]}, {"code": 200, "message": "OK"}],
)
def test_an_error_that_says_nothing_beside_an_answer_is_none(silent: Any) -> None:
    assert embedded_error({"choices": [CHOICE], "error": silent}) is None
    assert embedded_error({"choices": [{**CHOICE, "error": silent}]}) is None
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "error": silent}], "error": silent}
    assembly = Assembly()
    assembly.add(
        [Event(chunk, ""), Event({"choices": [], "usage": {"total_tokens": 1}, "error": silent}, "")]
    )
    assembly.add(
        [Event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "error": silent}, "")]
    )
    assert read_completion(assembly.answer(ended_by="marker"), {}).text == "Hi"


@pytest.mark.parametrize(
    "telling",
    [
        {**SILENT, "message": "no"},
        {**SILENT, "code": 500},
        "no",
        True,
        1,
        ["no"],
        {"code": 0, "message": "no"},
    ],
)
def test_an_error_that_says_something_is_one_beside_an_answer_too(telling: Any) -> None:
    assert embedded_error({"choices": [CHOICE], "error": telling}) is not None
    assert embedded_error({"choices": [{**CHOICE, "error": telling}]}) is not None
    with pytest.raises(errors.HttpTaskError):
        Assembly().add([Event({"choices": [{"index": 0, "delta": {"content": "Hi"}}], "error": telling}, "")])


def test_an_error_that_says_nothing_in_place_of_an_answer_is_one() -> None:
    assert embedded_error({"error": SILENT}) is not None


TELLING = {
    "message": "Provider returned error",
    "code": 400,
    "metadata": {"raw": "the real reason", "provider_name": "p"},
    "failed_generation": "<function>",
    "innererror": {"code": "ResponsibleAIPolicyViolation"},
}


def test_keeps_all_that_the_server_says() -> None:
    with pytest.raises(errors.HttpStatusError) as caught:
        read_completion({"error": TELLING}, {})
    assert json.loads(caught.value.details["body_excerpt"]) == {"error": TELLING}
    assert caught.value.message == "the server answered with error 400: Provider returned error"


def test_says_what_the_server_says_at_bounded_length() -> None:
    with pytest.raises(errors.HttpStatusError) as caught:
        read_completion({"error": {"code": 503, "message": "x" * 10_000, "type": "busy"}}, {})
    error = caught.value
    assert error.message.startswith("the server answered with error 503: xxx")
    assert (len(error.message), len(error.details["body_excerpt"])) == (500, 2048)
    assert error.details["status"] == 503
    assert error.details["error"]["type"] == "busy"
