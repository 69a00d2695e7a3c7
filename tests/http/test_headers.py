import pytest

from httptask.http.errors import RequestInvalid
from httptask.http.headers import allowed, check_header, check_method, fold, is_credential


@pytest.mark.parametrize("name", ["X-Trace", "x_trace", "A", "!#$%&'*+-.^_`|~", "Cookie", "Authorization"])
@pytest.mark.parametrize("value", ["", "a", "a b\tc", "é", "\xff", "€", "😀", "'\""])
def test_what_can_be_sent(name: str, value: str) -> None:
    assert refusal(name, value) is None


def refusal(name: str, value: str) -> str | None:
    """Why a header can't be sent; None where it can."""
    try:
        check_header(name, value)
    except RequestInvalid as refused:
        return refused.message
    return None


@pytest.mark.parametrize("code", [*range(9), *range(10, 32), 127, 0x80, 0x9F, 0xD800])
def test_characters_that_a_value_may_not_have(code: int) -> None:
    with pytest.raises(RequestInvalid) as caught:
        check_header("X-Trace", f"sentinel{chr(code)}")
    assert "X-Trace" in caught.value.message
    assert "sentinel" not in caught.value.message


@pytest.mark.parametrize("name", ["", " ", "X Trace", "X:", "X\r\nEvil", "Ä", "X\0", "(x)", "X\n"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(RequestInvalid, match="is not a header name"):
        check_header(name, "v")


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "Upgrade", "TE", "Expect"]
)
def test_headers_of_the_transport(name: str) -> None:
    with pytest.raises(RequestInvalid, match="set by the transport"):
        check_header(name, "v")


@pytest.mark.parametrize("method", ["", "GET /", "G\r\n", "CONNECT", "TRACE", "GÉT"])
def test_what_is_no_method(method: str) -> None:
    with pytest.raises(RequestInvalid, match="method"):
        check_method(method)


def test_response_headers_are_folded_and_chosen() -> None:
    headers = fold(
        [(b"Link", b"<a>"), (b"link", b"<b>"), (b"Set-Cookie", b"s=1"), (b"X-Secret", b"1"), (b"ETag", b"e")]
    )
    assert headers["link"] == "<a>, <b>"
    assert allowed(headers) == {"link": "<a>, <b>", "etag": "e"}


@pytest.mark.parametrize(
    "name", ["openai-processing-ms", "x-ratelimit-remaining-tokens", "ratelimit-reset", "www-authenticate"]
)
def test_headers_that_come_back(name: str) -> None:
    assert allowed({name: "1"}) == {name: "1"}


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("Authorization", True),
        ("api-key", True),
        ("X-API-Key", True),
        ("X-Auth-Token", True),
        ("Cookie", True),
        ("Content-Type", False),
        ("Idempotency-Key", False),
        ("X-Trace", False),
    ],
)
def test_names_of_credentials(name: str, hidden: bool) -> None:
    assert is_credential(name) is hidden
