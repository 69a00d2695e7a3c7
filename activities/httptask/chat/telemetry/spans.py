"""The span of a chat completion, by OpenTelemetry's conventions for generative AI, as of 2026-11."""

import asyncio
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from httptask.chat.models import ChatRequest, Completion
from httptask.chat.telemetry.span_messages import input_messages, output_messages
from httptask.chat.usage import Usage
from httptask.connections.connection import Connection
from httptask.connections.providers import ProviderName
from httptask.http.errors import HttpTaskError, OutputInvalid
from httptask.http.url import Url
from httptask.json.types import is_array, is_object
from httptask.secrets.redaction import Redactor

__all__ = ["ChatSpan", "chat_span"]

_CAPTURE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURING: Final = frozenset({"true", "span_only", "span_and_event"})

_PROVIDERS: Final[Mapping[ProviderName, str]] = {"azure": "azure.ai.openai", "mistral": "mistral_ai"}
"""Names that the conventions give to servers, where they are not our own."""

_SETTINGS: Final = ("frequency_penalty", "presence_penalty", "temperature", "top_k", "top_p")
_COUNTS: Final = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
    "cache_read.input_tokens": "cached_tokens",
    "cache_creation.input_tokens": "cache_write_tokens",
    "reasoning.output_tokens": "reasoning_tokens",
    "audio.input_tokens": "prompt_audio_tokens",
    "audio.output_tokens": "completion_audio_tokens",
}

Attributes = dict[str, str | bool | int | float | list[str]]


class ChatSpan:
    """What is told of one question and its answer while its span is open."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._redactor: Redactor | None = None

    @property
    def holds_content(self) -> bool:
        """Whether messages are part of it."""
        return self._span.is_recording() and os.environ.get(_CAPTURE, "").strip().lower() in _CAPTURING

    def asked(self, body: Mapping[str, Any], redactor: Redactor) -> None:
        """Tells the messages of a request, and those of its answer later."""
        self._redactor = redactor
        self._tell("gen_ai.input.messages", input_messages(body))

    def answered(self, completion: Completion) -> None:
        """Tells what came back."""
        if self._span.is_recording():
            self._span.set_attributes(_of_answer(completion))
            if self._redactor is not None:
                self._tell("gen_ai.output.messages", output_messages(completion))

    def failed(self, error: str) -> None:
        """Tells which error took the place of a result."""
        self._span.set_attribute("error.type", error)
        self._span.set_status(StatusCode.ERROR)

    def _tell(self, attribute: str, messages: list[Any]) -> None:
        if self._redactor is not None and messages:
            clean = self._redactor.tree(messages)
            self._span.set_attribute(attribute, json.dumps(clean, ensure_ascii=False))


@contextmanager
def chat_span(request: ChatRequest, connection: Connection) -> Generator[ChatSpan]:
    """A span around one question, the parent of that of its call on the wire.

    Args:
        request: what is asked. The values of its secrets are not in it.
        connection: whom.
    """
    tracer = trace.get_tracer("httptask")
    with tracer.start_as_current_span(
        f"chat {request.body['model']}".strip(),
        kind=SpanKind.CLIENT,
        record_exception=False,  # its text is ours, but details may quote an answer
        set_status_on_exception=False,
    ) as span:
        if span.is_recording():
            span.set_attributes(_of_request(request, connection))
        chat = ChatSpan(span)
        try:
            yield chat
        except OutputInvalid as error:
            told = {"text", "refusal", "model", "id", "finish_reason", "usage"} & error.details.keys()
            chat.answered(Completion.model_validate({name: error.details[name] for name in told}))
            chat.failed(error.type)
            raise
        except HttpTaskError as error:
            chat.failed(error.type)
            raise
        except asyncio.CancelledError:
            chat.failed("Cancelled")
            raise


def _of_request(request: ChatRequest, connection: Connection) -> Attributes:
    body = request.body
    attributes: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _provider(connection),
        "gen_ai.request.model": str(body["model"]),
        "httptask.connection": request.connection,
        **_address(connection),
    }
    for name in _SETTINGS:
        if isinstance(setting := body.get(name), int | float):
            attributes[f"gen_ai.request.{name}"] = float(setting)
    if limit := body.get("max_completion_tokens") or body.get("max_tokens"):
        attributes["gen_ai.request.max_tokens"] = limit
    if isinstance(seed := body.get("seed"), int):
        attributes["gen_ai.request.seed"] = seed
    if (choices := body.get("n") or 1) != 1:
        attributes["gen_ai.request.choice.count"] = choices
    if stop := body.get("stop"):
        attributes["gen_ai.request.stop_sequences"] = [*map(str, stop)] if is_array(stop) else [str(stop)]
    if body.get("stream") is True:
        attributes["gen_ai.request.stream"] = True
    if output := _output_type(body):
        attributes["gen_ai.output.type"] = output
    return attributes


def _provider(connection: Connection) -> str:
    """The server's name; of an unknown one only its API is known, which is OpenAI's."""
    provider = connection.provider or "openai"
    return _PROVIDERS.get(provider, provider)


def _address(connection: Connection) -> Attributes:
    """Host and port, unless the base URL holds a secret."""
    written = connection.written
    if written.base_url is None or any(secret.pointer == "/base_url" for secret in written.references):
        return {}
    url = Url.parse(written.base_url)
    return {"server.address": url.host, "server.port": url.port}


def _output_type(body: Mapping[str, Any]) -> str | None:
    modalities, wanted = body.get("modalities"), body.get("response_format")
    if is_array(modalities) and "audio" in modalities:
        return "speech"
    if not is_object(wanted):
        return None
    return {"text": "text", "json_object": "json", "json_schema": "json"}.get(str(wanted.get("type")))


def _of_answer(completion: Completion) -> Attributes:
    usage = completion.usage or Usage()
    found = {
        "gen_ai.response.id": completion.id,
        "gen_ai.response.model": completion.model,
        "gen_ai.response.finish_reasons": _finish_reasons(completion),
        "gen_ai.response.time_to_first_chunk": completion.time_to_first_token,
        **{f"gen_ai.usage.{name}": getattr(usage, field) for name, field in _COUNTS.items()},
    }
    return {name: value for name, value in found.items() if value is not None}


def _finish_reasons(completion: Completion) -> list[str] | None:
    if completion.choices is None:
        reasons = [completion.finish_reason]
    else:
        reasons = [choice.get("finish_reason") for choice in completion.choices]
    return [reason for reason in reasons if isinstance(reason, str)] or None
