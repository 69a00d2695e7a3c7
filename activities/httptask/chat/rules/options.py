"""Rules about options that need or exclude each other."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.chat.fields.unknown import UNKNOWN, has_unknown
from httptask.chat.rules.rule import Breach, Rule, is_absent, rule
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Severity
from httptask.diagnostics.words import quoted
from httptask.json.schema import compile_schema
from httptask.json.tree import objects_in
from httptask.json.types import is_array, is_object

__all__ = ["ANSWER_SCHEMA", "RULES"]

Body = Mapping[str, Any]


@rule(Severity.ERROR, "top_logprobs")
def top_logprobs_need_logprobs(body: Body) -> Iterator[Breach]:
    """`top_logprobs` needs `logprobs: true`."""
    if not is_absent(body, "top_logprobs") and body.get("logprobs") not in (True, UNKNOWN):
        yield Breach(("top_logprobs",), "`top_logprobs` needs `logprobs: true`", "add `logprobs: true`")


@rule(Severity.ERROR, "stream_options")
def stream_options_need_stream(body: Body) -> Iterator[Breach]:
    """`stream_options` needs `stream: true`."""
    if not is_absent(body, "stream_options") and body.get("stream") not in (True, UNKNOWN):
        hint = "add `stream: true`, or leave it out"
        yield Breach(("stream_options",), "`stream_options` needs `stream: true`", hint)


@rule(Severity.ERROR, "modalities")
def audio_output_needs_audio(body: Body) -> Iterator[Breach]:
    """`modalities` with `audio` needs `audio`, which says voice and format."""
    if _asks_for_audio(body) is True and is_absent(body, "audio"):
        yield Breach(
            ("modalities",),
            "`modalities` has `audio`, and `audio` is missing",
            "add audio: { voice: alloy, format: wav }",
        )


@rule(Severity.WARNING, "audio")
def audio_needs_its_modality(body: Body) -> Iterator[Breach]:
    """`audio` has an effect only where `modalities` has `audio`."""
    if not is_absent(body, "audio") and _asks_for_audio(body) is False:
        hint = "write modalities: [text, audio]"
        yield Breach(("audio",), "`audio` is given, and `modalities` has no `audio`", hint)


@rule(Severity.ERROR, "max_tokens")
def one_limit_of_tokens(body: Body) -> Iterator[Breach]:
    """`max_tokens` and `max_completion_tokens` exclude each other."""
    if not is_absent(body, "max_tokens") and not is_absent(body, "max_completion_tokens"):
        message = "`max_tokens` and `max_completion_tokens` are both given"
        yield Breach(("max_tokens",), message, "keep `max_completion_tokens`")


@rule(Severity.WARNING, "prompt_cache_retention")
def one_lifetime_of_caches(body: Body) -> Iterator[Breach]:
    """`prompt_cache_options` replaces `prompt_cache_retention`."""
    if not is_absent(body, "prompt_cache_retention") and not is_absent(body, "prompt_cache_options"):
        message = "`prompt_cache_retention` and `prompt_cache_options` are both given"
        yield Breach(("prompt_cache_retention",), message, "keep `prompt_cache_options`")


@rule(Severity.WARNING, "prediction")
def prediction_excludes(body: Body) -> Iterator[Breach]:
    """`prediction` goes with no `tools`, `logprobs`, `max_completion_tokens`, `audio`, penalty or `n` above 1."""
    if is_absent(body, "prediction"):
        return
    for name in ("n", "tools", "logprobs", "max_completion_tokens", "audio", *_PENALTIES):
        value = body.get(name)
        is_used = not is_absent(body, name) and value is not UNKNOWN and value is not False
        if is_used and not (name == "n" and value == 1) and not (name in _PENALTIES and _at_most_zero(value)):
            yield Breach(
                ("prediction",), f"`prediction` is not used together with `{name}`", "leave one of them out"
            )


_PENALTIES: Final = ("presence_penalty", "frequency_penalty")


@rule(Severity.WARNING, "response_format")
def json_object_is_asked_for(body: Body) -> Iterator[Breach]:
    """With `response_format: { type: json_object }` some message has to say the word JSON."""
    response_format, messages = body.get("response_format"), body.get("messages")
    if not is_object(response_format) or response_format.get("type") != "json_object":
        return
    if is_array(messages) and not has_unknown(messages) and not any(map(_says_json, messages)):
        hint = "say so in a message: Answer with JSON."
        yield Breach(("response_format",), "no message says the word JSON", hint)


@rule(Severity.WARNING, "logit_bias")
def logit_bias_has_token_ids(body: Body) -> Iterator[Breach]:
    """The keys of `logit_bias` are ids of tokens."""
    bias = body.get("logit_bias")
    for key in bias if is_object(bias) else ():
        if not key.isdecimal():
            hint = "write its number in the vocabulary of the model, such as 50256"
            yield Breach(("logit_bias", key), f"{quoted(key)} is not the id of a token", hint)


@rule(Severity.ERROR, "response_format")
def answer_schema(body: Body) -> Iterator[Breach]:
    """The `schema` of `response_format` is valid; checked at every level, for answers are held to it."""
    response_format = body.get("response_format")
    declared = response_format.get("json_schema") if is_object(response_format) else None
    schema = declared.get("schema") if is_object(declared) else None
    if schema is None or has_unknown(schema):
        return
    try:
        compile_schema(schema)
    except ValueError as invalid:
        message = f"the schema is not valid JSON Schema: {shortened(str(invalid))}"
        hint = "an answer could not be checked against it"
        yield Breach(("response_format", "json_schema", "schema"), message, hint)


ANSWER_SCHEMA: Final = answer_schema
RULES: Final[tuple[Rule, ...]] = (
    top_logprobs_need_logprobs,
    stream_options_need_stream,
    audio_output_needs_audio,
    audio_needs_its_modality,
    one_limit_of_tokens,
    one_lifetime_of_caches,
    prediction_excludes,
    json_object_is_asked_for,
    logit_bias_has_token_ids,
    answer_schema,
)


def _asks_for_audio(body: Body) -> bool | None:
    """Whether speech is wanted; None when that is not known."""
    modalities = body.get("modalities")
    if modalities is UNKNOWN or (is_array(modalities) and UNKNOWN in modalities):
        return None
    return is_array(modalities) and "audio" in modalities


def _at_most_zero(value: Any) -> bool:
    return isinstance(value, int | float) and value <= 0


def _says_json(message: Any) -> bool:
    content = message.get("content") if is_object(message) else None
    texts = [content] if isinstance(content, str) else [part.get("text") for _, part in objects_in(content)]
    return any(isinstance(text, str) and "json" in text.lower() for text in texts)
