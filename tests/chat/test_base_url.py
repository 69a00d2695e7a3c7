"""What is said of a base URL where a server has nothing at the address of chat completions."""

import pytest

from httptask.chat.base_url import explain_not_found
from httptask.connections.connection import Connection
from httptask.http.errors import HttpStatusError

LOCAL = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("base_url", "provider", "said"),
    [
        (LOCAL, None, "; base_url of the connection c has no path, and this API mostly is under `/v1`"),
        (f"{LOCAL}/", "vllm", f'the API of this server is under `/v1`: write base_url = "{LOCAL}/v1"'),
        (f"{LOCAL}/v1/chat/completions", None, f'which is added to it: write base_url = "{LOCAL}/v1"'),
        (f"{LOCAL}/v1", None, "404"),
        ("$secrets.HOOK", None, "404"),
    ],
)
def test_a_base_url_that_may_be_wrong_is_named(base_url: str, provider: str | None, said: str) -> None:
    connection = Connection.model_validate({"name": "c", "base_url": base_url, "provider": provider})
    error = HttpStatusError("404", details={"status": 404})
    explain_not_found(error, connection)
    assert error.message.endswith(said)


@pytest.mark.parametrize(
    "details",
    [{"status": 400}, {"status": 404, "error": {"type": "not_found_error", "code": "model_not_found"}}],
)
def test_what_the_api_itself_answers_says_nothing_of_the_base_url(details: dict[str, object]) -> None:
    error = HttpStatusError("no such model", details=details)
    explain_not_found(error, Connection(name="c", base_url=LOCAL))
    assert error.message == "no such model"
