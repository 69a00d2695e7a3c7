"""Servers of chat completions that many people use: where they are, how they are paid, and what they don't take.

Each entry says by when it was so. Whatever a connection says itself counts instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

__all__ = ["PROVIDERS", "Provider", "ProviderName", "with_defaults"]

ProviderName = Literal[
    "anthropic", "azure", "groq", "litellm", "llamacpp", "mistral", "ollama", "openai", "openrouter", "vllm"
]


@dataclass(frozen=True, slots=True)
class Provider:
    """What is known of one server.

    Attributes:
        title: its name, as people write it.
        base_url: None where every customer has another; `example` then shows its form.
        authentication: as in `[connections.NAME]`.
        secret: the environment variable that the credential is in.
        local: whether it runs on one's own machine, where tokens cost nothing.
        retryable_statuses: beside the usual ones.
        refuses: fields of the API that it answers with an error, with the values that it takes.
        ignores: the same for fields that it silently leaves alone.
        caps: the largest value of a field, to which it silently lowers what is above.
    """

    title: str
    as_of: str
    base_url: str | None = None
    example: str | None = None
    secret: str | None = None
    authentication: Mapping[str, Any] | None = None
    local: bool = False
    retryable_statuses: tuple[int, ...] = ()
    refuses: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    ignores: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    caps: Mapping[str, float] = field(default_factory=dict[str, float])


def _bearer(secret: str) -> Mapping[str, Any]:
    return {"bearer": {"token": f"$secrets.{secret}"}}


def _fields(*names: str) -> dict[str, Sequence[Any]]:
    return dict.fromkeys(names, ())


PROVIDERS: Final[Mapping[ProviderName, Provider]] = MappingProxyType(
    {
        "anthropic": Provider(
            "Anthropic's OpenAI-compatible API",
            "2026-11",
            "https://api.anthropic.com/v1",
            secret="ANTHROPIC_API_KEY",  # noqa: S106 - the name of one
            authentication=_bearer("ANTHROPIC_API_KEY"),
            refuses={"n": (1,)},
            ignores=_fields(
                *("audio", "frequency_penalty", "logit_bias", "logprobs", "metadata", "modalities"),
                *("prediction", "presence_penalty", "reasoning_effort", "response_format", "seed"),
                *("service_tier", "store", "top_logprobs", "user"),
            ),
            caps={"temperature": 1},
        ),
        "azure": Provider(
            "Azure OpenAI",
            "2026-11",
            example="https://RESOURCE.openai.azure.com/openai/v1",
            secret="AZURE_OPENAI_API_KEY",  # noqa: S106
            authentication={
                "api_key": {"in": "header", "name": "api-key", "value": "$secrets.AZURE_OPENAI_API_KEY"}
            },
        ),
        "groq": Provider(
            "Groq",
            "2026-11",
            "https://api.groq.com/openai/v1",
            secret="GROQ_API_KEY",  # noqa: S106
            authentication=_bearer("GROQ_API_KEY"),
            retryable_statuses=(498,),
            refuses={**_fields("logprobs", "logit_bias", "top_logprobs"), "n": (1,)},
        ),
        "litellm": Provider(
            "LiteLLM's proxy",
            "2026-11",
            "http://localhost:4000/v1",
            secret="LITELLM_API_KEY",  # noqa: S106
            authentication=_bearer("LITELLM_API_KEY"),
        ),
        "llamacpp": Provider("llama.cpp", "2026-11", "http://localhost:8080/v1", local=True),
        "mistral": Provider(
            "Mistral",
            "2026-11",
            "https://api.mistral.ai/v1",
            secret="MISTRAL_API_KEY",  # noqa: S106
            authentication=_bearer("MISTRAL_API_KEY"),
            refuses=_fields("frequency_penalty", "max_completion_tokens", "store", "stream_options"),
        ),
        "ollama": Provider(
            "Ollama",
            "2026-11",
            "http://localhost:11434/v1",
            local=True,
            ignores={
                **_fields(
                    "logit_bias", "max_completion_tokens", "parallel_tool_calls", "tool_choice", "user"
                ),
                "n": (1,),
            },
        ),
        "openai": Provider(
            "OpenAI",
            "2026-11",
            "https://api.openai.com/v1",
            secret="OPENAI_API_KEY",  # noqa: S106
            authentication=_bearer("OPENAI_API_KEY"),
        ),
        "openrouter": Provider(
            "OpenRouter",
            "2026-11",
            "https://openrouter.ai/api/v1",
            secret="OPENROUTER_API_KEY",  # noqa: S106
            authentication=_bearer("OPENROUTER_API_KEY"),
        ),
        "vllm": Provider("vLLM", "2026-11", "http://localhost:8000/v1", local=True, ignores=_fields("user")),
    }
)


def with_defaults(written: Mapping[str, Any]) -> dict[str, Any]:
    """A connection as it is written, completed with what is known of its provider.

    Raises:
        ValueError: its provider needs a base URL of one's own.
    """
    provider = next((known for name, known in PROVIDERS.items() if name == written.get("provider")), None)
    if provider is None:  # or one that is reported as unknown
        return dict(written)
    if provider.base_url is None and written.get("base_url") is None:
        raise ValueError(f"{provider.title} needs a base_url of your own: {provider.example}")
    defaults: dict[str, Any] = {"base_url": provider.base_url}
    if provider.authentication is not None:
        defaults["authentication"] = provider.authentication
    if provider.retryable_statuses:
        defaults["retryable_statuses"] = provider.retryable_statuses
    if provider.local:
        defaults["price"] = {"input": 0, "output": 0}
    if written.get("base_url") is None and "localhost" in (provider.base_url or ""):
        defaults["allow_private"] = ("loopback",)
    return {**defaults, **{key: value for key, value in written.items() if value is not None}}
