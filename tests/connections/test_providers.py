"""What is known of servers that many people use."""

from typing import Any

import pytest
from pydantic import ValidationError

from httptask.chat.check import check_body
from httptask.connections.connection import Connection
from httptask.connections.providers import PROVIDERS, ProviderName
from support.chat import QUESTION

LOCAL = {name for name, provider in PROVIDERS.items() if "localhost" in (provider.base_url or "")}


def connection(provider: str, **fields: Any) -> Connection:
    return Connection.model_validate({"name": "c", "provider": provider, **fields})


@pytest.mark.parametrize("name", [name for name, provider in PROVIDERS.items() if provider.base_url])
def test_nothing_else_need_be_written(name: ProviderName) -> None:
    provider = PROVIDERS[name]
    found = connection(name)
    assert found.base_url == provider.base_url
    assert set(found.secret_origins()) == ({provider.secret} if provider.secret else set())
    assert found.allow_private == (("loopback",) if name in LOCAL else ())


def test_azure_needs_an_address_and_has_a_header_of_its_own() -> None:
    with pytest.raises(
        ValidationError, match=r"needs a base_url of your own: https://RESOURCE\.openai\.azure\.com"
    ):
        connection("azure")
    found = connection("azure", base_url="https://me.openai.azure.com/openai/v1")
    assert found.authentication is not None
    assert found.authentication.api_key is not None
    assert found.authentication.api_key.name == "api-key"


def test_what_is_written_counts_instead() -> None:
    own = {"bearer": {"token": "$secrets.MINE"}}
    found = connection("vllm", base_url="https://gpu.example.com/v1", authentication=own)
    assert found.base_url == "https://gpu.example.com/v1"
    assert set(found.secret_origins()) == {"MINE"}
    assert found.allow_private == ()


def test_tokens_of_ones_own_machine_cost_nothing() -> None:
    price = connection("ollama").price
    assert price is not None
    assert (price.input, price.output) == (0, 0)
    assert connection("openai").price is None


def test_statuses_of_its_own_are_retried() -> None:
    assert connection("groq").retryable_statuses == {498}


@pytest.mark.parametrize(
    ("provider", "field", "message"),
    [
        ("anthropic", {"seed": 1}, "ignores `seed`"),
        ("anthropic", {"n": 2}, "`n` is 2: Anthropic's OpenAI-compatible API takes `1` only"),
        (
            "anthropic",
            {"temperature": 1.5},
            "`temperature` is 1.5: Anthropic's OpenAI-compatible API lowers it to 1 ",
        ),
        ("ollama", {"max_completion_tokens": 5}, "Ollama ignores `max_completion_tokens`"),
        ("vllm", {"user": "u"}, "vLLM ignores `user`"),
        ("mistral", {"store": True}, "Mistral takes no `store`"),
        ("ollama", {"logit_bias": {"1": 1}}, "ignores `logit_bias`"),
    ],
)
def test_fields_that_it_does_not_take_are_warned_of(
    provider: ProviderName, field: dict[str, Any], message: str
) -> None:
    [fault] = check_body({**QUESTION, **field}, provider=provider)
    assert (fault.pointer, fault.severity) == (f"/{next(iter(field))}", "warning")
    assert message in fault.message


@pytest.mark.parametrize("provider", ["mistral", "ollama"])
def test_the_bound_of_an_answer_has_another_name_there(provider: ProviderName) -> None:
    [fault] = check_body({**QUESTION, "max_completion_tokens": 5}, provider=provider)
    assert fault.hint == "write `max_tokens`"
    assert check_body({**QUESTION, "max_tokens": 5}, provider=provider) == []


TOOLS = [{"type": "function", "function": {"name": "f"}}]
OWN: list[tuple[ProviderName, str, dict[str, Any]]] = [
    ("mistral", "/tool_choice", {"tools": TOOLS, "tool_choice": "any"}),
    ("openrouter", "/modalities/0", {"modalities": ["image", "text"]}),
    ("groq", "/service_tier", {"service_tier": "on_demand"}),
    (
        "vllm",
        "/messages/0/content/0/type",
        {
            "messages": [
                {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://a"}}]}
            ]
        },
    ),
    (
        "openrouter",
        "/messages/0/content/0/input_audio/format",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "ogg"}}],
                }
            ]
        },
    ),
]


@pytest.mark.parametrize(("provider", "pointer", "fields"), OWN)
def test_values_of_its_own_pass_on_its_connections_alone(
    provider: ProviderName, pointer: str, fields: dict[str, Any]
) -> None:
    body = {**QUESTION, **fields}
    assert check_body(body, provider=provider) == []
    assert check_body(body, provider="any") == []
    for other in (None, "openai"):
        [fault] = check_body(body, provider=connection(other).provider if other else None)
        assert (fault.pointer, fault.code) == (pointer, "choice")


def test_a_value_of_another_server_names_the_server() -> None:
    [fault] = check_body({**QUESTION, "tools": TOOLS, "tool_choice": "any"})
    assert (fault.hint or "").endswith('; a connection with `provider = "mistral"` takes it')


@pytest.mark.parametrize(
    ("provider", "field"),
    [
        ("anthropic", {"n": 1}),
        ("anthropic", {"temperature": 1}),
        ("anthropic", {"temperature": None}),
        ("openai", {"temperature": 1.5}),
        ("openai", {"seed": 1}),
        (None, {"seed": 1}),
    ],
)
def test_fields_that_it_takes_are_not(provider: ProviderName | None, field: dict[str, Any]) -> None:
    assert check_body({**QUESTION, **field}, provider=provider) == []
