from typing import Any

import pytest

from httptask.http.errors import Forbidden, HttpStatusError, QuotaExhausted, RateLimited, Unauthorized
from httptask.resilience.classify import classify, error_text, refuses_credential

QUOTA = {
    "error": {
        "message": "You exceeded your quota",
        "type": "insufficient_quota",
        "code": "insufficient_quota",
    }
}
BILLING = {"error": {"code": "billing_hard_limit_reached"}}


def test_a_wait_that_the_body_tells_counts() -> None:
    body = {"error": {"code": 429, "details": [{"retryDelay": "34.5s"}]}}
    assert classify(429, {}, body).retry_after == 34.5
    verdict = classify(429, {}, body, longest_retry_after=30)
    assert (verdict.retryable, verdict.note) == (
        False,
        "the server asked for 34 s, more than the 30 s that a retry may wait",
    )


def test_what_is_not_modified_is_no_redirect() -> None:
    assert classify(304, {}, None).note == (
        "not modified since what the request names: add 304 to `success` of `httpRequest`"
    )
    note = classify(302, {}, None).note
    assert note == (
        "a redirect is followed where its connection sets `redirects`, and is a result with `redirect: true`"
    )
    assert classify(300, {}, None).note is None  # several places to choose from


@pytest.mark.parametrize(
    ("status", "body", "error", "retryable"),
    [
        (304, None, HttpStatusError, False),
        (301, None, HttpStatusError, False),
        (400, None, HttpStatusError, False),
        (401, None, Unauthorized, False),
        (402, None, QuotaExhausted, False),
        (403, None, Forbidden, False),
        (404, None, HttpStatusError, False),
        (405, None, HttpStatusError, False),
        (408, None, HttpStatusError, True),
        (409, None, HttpStatusError, True),
        (413, None, HttpStatusError, False),
        (422, None, HttpStatusError, False),
        (425, None, HttpStatusError, True),
        (429, None, RateLimited, True),
        (429, {"error": {"type": "tokens", "code": "rate_limit_exceeded"}}, RateLimited, True),
        (429, {"error": "insufficient"}, RateLimited, True),
        (429, QUOTA, QuotaExhausted, False),
        (429, BILLING, QuotaExhausted, False),
        (429, {"error": {"type": "insufficient_quota"}}, QuotaExhausted, False),
        (400, QUOTA, HttpStatusError, False),
        (
            400,
            {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}},
            Unauthorized,
            False,
        ),
        (400, {"error": {"code": "invalid_api_key"}}, Unauthorized, False),
        (400, [{"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}], Unauthorized, False),
        (400, {"error": {"code": 400, "details": ["API_KEY_INVALID"], "type": None}}, HttpStatusError, False),
        (403, {"error": {"code": "invalid_api_key"}}, Forbidden, False),
        (429, {"error": {"type": "auth_error"}}, RateLimited, True),
        (500, {"error": {"type": "auth_error"}}, HttpStatusError, True),
        (500, None, HttpStatusError, True),
        (501, None, HttpStatusError, False),
        (502, "<html>", HttpStatusError, True),
        (503, None, HttpStatusError, True),
        (504, None, HttpStatusError, True),
        (529, None, HttpStatusError, True),
        (599, None, HttpStatusError, False),
    ],
)
def test_status(status: int, body: Any, error: type[HttpStatusError], retryable: bool) -> None:
    verdict = classify(status, {}, body)
    assert (verdict.error, verdict.retryable) == (error, retryable)


@pytest.mark.parametrize(
    ("status", "wanted", "body", "retryable"),
    [
        (400, "true", None, True),
        (503, "false", None, False),
        (503, " FALSE ", None, False),
        (503, "maybe", None, True),
        (429, "true", QUOTA, False),
    ],
)
def test_the_server_decides_except_about_a_quota(
    status: int, wanted: str, body: Any, retryable: bool
) -> None:
    assert classify(status, {"x-should-retry": wanted}, body).retryable is retryable


def test_the_wait_comes_along() -> None:
    assert classify(429, {"retry-after": "2"}, None).retry_after == 2.0
    assert classify(400, {"retry-after": "2"}, None).retry_after is None


def test_limits_count_only_where_one_is_reached() -> None:
    """They are told with every answer."""
    limits = {"x-ratelimit-reset-requests": "6m0s"}
    assert classify(429, limits, None).retry_after == 360.0
    assert classify(503, limits, None).retry_after is None


def test_a_refused_credential_is_said_where_the_status_does_not() -> None:
    body = {"error": {"type": "authentication_error"}}
    assert classify(400, {}, body).note == "this 400 means the credential"
    assert classify(401, {}, body).note is None


@pytest.mark.parametrize(
    ("status", "refused"), [(400, False), (401, True), (402, False), (403, True), (404, False)]
)
def test_which_status_alone_refuses_a_credential(status: int, refused: bool) -> None:
    assert refuses_credential(status, None) is refused
    assert refuses_credential(status, {"error": {"type": "invalid_request_error"}}) is refused
    assert refuses_credential(status, {"error": {"type": "auth_error"}})


def test_a_wait_beyond_the_cap_ends_the_attempts_and_says_why() -> None:
    assert classify(429, {"retry-after": "600"}, None).retryable
    verdict = classify(429, {"retry-after": "3600"}, None)
    assert (verdict.error, verdict.retryable, verdict.retry_after) == (RateLimited, False, 3600)
    assert verdict.note == "the server asked for 3600 s, more than the 600 s that a retry may wait"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (QUOTA, "You exceeded your quota"),
        ({"error": "not found"}, "not found"),
        ({"errors": [{"detail": "first"}, {"detail": "second"}]}, "first"),
        ({"type": "about:blank", "title": "Bad", "detail": "No such order"}, "No such order"),
        ({"message": "two\n lines"}, "two lines"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        ({"__type": "Refused", "Message": "AWS"}, "AWS"),
        ({"errorCode": "E1", "errorSummary": "Okta"}, "Okta"),
        ({"fault": {"faultstring": "Apigee", "detail": {"errorcode": "x"}}}, "Apigee"),
        ({"errcode": 40013, "errmsg": "WeChat"}, "WeChat"),
        ({"error_description": "OAuth"}, "OAuth"),
        ({"message": "outer", "error": {"message": "inner"}}, "inner"),
        ({"message": {"detail": [{"msg": "inside"}]}}, "inside"),
        ({"message": "<nil> is no\nnumber"}, "<nil> is no number"),
        ("plain", "plain"),
        (" two\n lines ", "two lines"),
        ("\n <html>", None),
        (" ", None),
        ("<html><body>Bad gateway</body>", None),
        ({"error": {}}, None),
        ({}, None),
        (None, None),
        (7, None),
    ],
)
def test_the_sentence_of_an_error(body: Any, text: str | None) -> None:
    assert error_text(body) == text
