import pytest
from pydantic import ValidationError

from httptask.connections.connection import Connection, default_connections


@pytest.mark.parametrize(
    ("environment", "base_url", "allow_private"),
    [
        ({}, "https://api.openai.com/v1", ()),
        ({"OPENAI_BASE_URL": ""}, "https://api.openai.com/v1", ()),
        ({"OPENAI_BASE_URL": "https://proxy.example/v1"}, "https://proxy.example/v1", ()),
        ({"OPENAI_BASE_URL": "http://localhost:11434/v1"}, "http://localhost:11434/v1", ("loopback",)),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"}, "http://127.0.0.1:8000/v1", ("127.0.0.1",)),
        ({"OPENAI_BASE_URL": "http://[fd00::5]:8000/v1"}, "http://[fd00::5]:8000/v1", ("fd00::5",)),
        ({"OPENAI_BASE_URL": "http://model.internal/v1"}, "http://model.internal/v1", ()),
    ],
)
def test_openai(environment: dict[str, str], base_url: str, allow_private: tuple[str, ...]) -> None:
    openai = default_connections(environment)["openai"]
    assert (openai.base_url, openai.allow_private) == (base_url, allow_private)
    assert list(openai.secret_origins()) == ["OPENAI_API_KEY"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"authentication": {"bearer": {"token": "$secrets.X"}}}, "need a base_url"),
        ({"headers": {"api-key": "x"}}, "need a base_url"),
        ({"base_url": "ftp://x"}, "not absolute"),
        ({"base_url": "https://user:pw@x"}, "user information"),
        ({"allow_private": ["lopback"]}, "lopback"),
        ({"baseurl": "https://x"}, "Extra inputs"),
    ],
)
def test_faults(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Connection.model_validate({"name": "x", **fields})
