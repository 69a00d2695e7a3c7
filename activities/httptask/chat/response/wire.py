"""The parts of an API answer that are read, leniently.

Two of the API's own five published examples fail its schema, and other servers omit or add more. So only
what a completion can't do without is required, and an unimportant field of a wrong type counts as absent:
the answer is already paid for.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from httptask.chat.models import Audio
from httptask.chat.usage import Usage, grown
from httptask.http.errors import ResponseInterrupted
from httptask.json.tree import compact
from httptask.json.types import is_array, is_number, is_object

__all__ = [
    "BROKEN",
    "FILTERED",
    "OTHER_NAMES",
    "TRUNCATED",
    "WireChoice",
    "WireCompletion",
    "WireFunction",
    "WireMessage",
    "WireToolCall",
    "broke_off",
    "content_of",
    "finish_reason_of",
    "listed_calls",
    "told_reason",
    "usage_elsewhere",
    "with_message",
]

TRUNCATED: Final = "length"
FILTERED: Final = "content_filter"
BROKEN: Final = "error"
"""The server did not get to the end: what had come is no answer. The API has no name for it; this is OpenRouter's."""

_NO_REASON: Final = frozenset({"", "none", "null"})
OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    TRUNCATED: (
        "context_length_exceeded",
        "context_window_exceeded",
        "error_limit",  # Cohere
        "length_limit",
        "max_length",
        "max_new_tokens",  # Hugging Face's name for the limit
        "max_output_tokens",
        "max_tokens",  # Anthropic, Cohere, Gemini
        "model_context_window_exceeded",  # Anthropic, Bedrock, Zhipu
        "model_length",  # Mistral
        "token_limit",
    ),
    FILTERED: (
        "blocklist",  # Gemini, with the six below that name what it found
        "image_prohibited_content",
        "image_safety",
        "prohibited_content",
        "recitation",
        "safety",
        "spii",
        "content_filtered",  # Bedrock
        "content_policy_violation",
        "contentpolicyviolationerror",  # LiteLLM
        "error_toxic",  # Cohere
        "guardrail_intervened",  # Bedrock
        "refusal",  # Anthropic
        "responsibleaipolicyviolation",  # Azure
        "sensitive",  # Zhipu
    ),
    BROKEN: (
        "abort",  # SGLang, vLLM
        "aborted",
        "canceled",
        "cancelled",
        "failed",
        "insufficient_system_resource",  # DeepSeek
        "malformed_function_call",  # Gemini
        "malformed_model_output",  # Bedrock
        "malformed_tool_use",  # Bedrock
        "network_error",  # Zhipu
        "timeout",  # Cohere
        "unexpected_tool_call",  # Gemini
    ),
}
"""What an answer that is less than one is called: what depends on a reason depends on these three. All others stay."""
_MEANT: Final = {
    **{other: name for name, others in OTHER_NAMES.items() for other in (name, *others)},
    **{name: name for name in ("function_call", "stop", "tool_calls")},
}


def with_message(choice: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A choice that has only `text`, as those of the older `/completions` have, with that for its message.

    Args:
        choice: as the server sent it, or a piece of it.
        key: where messages stand: `message`, or `delta` in a stream.
    """
    text = choice.get("text")
    if not isinstance(text, str) or any(choice.get(place) is not None for place in ("delta", "message")):
        return choice
    return {**{name: value for name, value in choice.items() if name != "text"}, key: {"content": text}}


def usage_elsewhere(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """Token counts where some servers have them: in a field of their own, or in the choices, each of its own part."""
    choices = answer.get("choices")
    told = _usages(choices if is_array(choices) else [])
    if len(told) > 1:
        usage: dict[str, Any] = {}
        for one in told:
            usage = grown(usage, one)
        completions = [Usage.model_validate(one).completion_tokens or 0 for one in told]
        return {**usage, "completion_tokens": sum(completions), "total_tokens": None}
    own = _usages([value for key, value in answer.items() if key.startswith("x_")])
    return next(iter([*told, *own]), None)


def _usages(places: Sequence[Any]) -> list[dict[str, Any]]:
    return [place["usage"] for place in places if is_object(place) and is_object(place.get("usage"))]


def listed_calls(value: object) -> list[Any]:
    """The calls of tools of a message, a single one of which stands without its list on some servers; null is none."""
    calls = [value] if is_object(value) else value
    return [call for call in calls if call is not None] if is_array(calls) else []


def told_reason(value: Any) -> str | None:
    """The reason as a server tells it; None where it tells none, for which some write the text `null`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    reason = str(value)
    return None if reason.strip().lower() in _NO_REASON else reason


def finish_reason_of(told: str | None) -> str | None:
    """What a server's name for a reason means: the API's own name, or the same where there is none.

    Case does not count, and no name of an enumeration before it, as in `FinishReason.MAX_TOKENS`. Gemini has several
    names in one, as in `content_filter: RECITATION`.
    """
    for name in (told or "").split(":"):
        _, _, bare = name.strip().lower().replace("-", "_").rpartition(".")
        meant = _MEANT.get(bare.removeprefix("finish_reason_"))
        if meant is not None:
            return meant
    return told


def broke_off(told: str | None) -> ResponseInterrupted:
    """The error that stands for an answer that the server did not finish, under its own name for the reason."""
    return ResponseInterrupted(f'the server broke off generating the answer (finish_reason "{told}")')


def _text_or_none(value: object) -> str | None:
    if is_number(value):
        return str(value)
    return value if isinstance(value, str) else None


def content_of(value: object) -> str | list[Any] | None:
    """A text or its parts; a server in PHP makes a number of the text `5` and false or an empty object of none.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, str):
        return value  # as nearly every piece of a stream is
    if value is None or value is False or value == {}:
        return None
    if isinstance(value, int | float) and value is not True:
        return str(value)
    if is_object(value) and "type" in value:
        return [value]  # a single part stands without its list
    if is_array(value):
        return value
    raise ValueError("no content")


def _raw_arguments(value: object) -> str | None:
    """Some servers send the arguments parsed; the API sends their text."""
    if value is None or isinstance(value, str):
        return value
    return compact(value)


def _index_or_none(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _object_or_none(value: object) -> object:
    return value if is_object(value) else None


def _audio_or_none(value: object) -> Audio | None:
    try:
        return Audio.model_validate(value)
    except ValidationError:
        return None


def _list_or_empty(value: object) -> object:
    return value if is_array(value) else []


Text = Annotated[str | None, BeforeValidator(_text_or_none)]


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="allow")

    _unread: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, sent: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        part = read(sent)
        if is_object(sent):
            part.keep_unread(sent)
        return part

    def keep_unread(self, sent: Mapping[str, Any]) -> None:
        """Keeps what was sent in fields that are of another type here, and so hold nothing."""
        for name in type(self).model_fields:
            if _is_empty(getattr(self, name)) and not _is_empty(value := sent.get(name)):
                self._unread[name] = value

    @property
    def unplaced(self) -> dict[str, Any]:
        """What was sent and has no field here, or is of a type that its field can't hold; null says nothing."""
        others = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        return {**others, **self._unread}


class WireFunction(_Wire):
    """The called function; a custom tool has `input` where a function has `arguments`."""

    name: Text = None
    arguments: Annotated[str | None, BeforeValidator(_raw_arguments)] = None
    input: Text = None


Called = Annotated[WireFunction | None, BeforeValidator(_object_or_none)]


class WireToolCall(WireFunction):
    """A call of a function or of a custom tool; a few servers write its name and arguments directly in it."""

    id: Text = None
    type: Text = None
    function: Called = None
    custom: Called = None


class WireMessage(_Wire):
    """What the model said; `function_call` is the deprecated form of `tool_calls`.

    Reasoning, which is not the API's, has two names: DeepSeek's, and the one of vLLM and OpenRouter.
    """

    content: Annotated[str | list[Any] | None, BeforeValidator(content_of)] = None
    refusal: Text = None
    tool_calls: Annotated[list[WireToolCall], BeforeValidator(listed_calls)] = []
    function_call: Called = None
    reasoning_content: Text = None
    reasoning: Text = None
    audio: Annotated[Audio | None, BeforeValidator(_audio_or_none)] = None
    annotations: Annotated[list[Any], BeforeValidator(_list_or_empty)] = []


class WireChoice(_Wire):
    """One of the alternatives of an answer."""

    index: Annotated[int | None, BeforeValidator(_index_or_none)] = None
    message: WireMessage
    finish_reason: Annotated[str | None, BeforeValidator(told_reason)] = None
    logprobs: Annotated[dict[str, Any] | None, BeforeValidator(_object_or_none)] = None

    @model_validator(mode="before")
    @classmethod
    def _with_message(cls, sent: Any) -> Any:
        return with_message(sent, "message") if is_object(sent) else sent


class WireCompletion(_Wire):
    """The body of an answer."""

    id: Text = None
    model: Text = None
    choices: list[WireChoice] = Field(min_length=1)
    usage: Annotated[Usage | None, BeforeValidator(_object_or_none)] = None

    @model_validator(mode="before")
    @classmethod
    def _with_usage(cls, sent: Any) -> Any:
        if not is_object(sent) or is_object(sent.get("usage")):
            return sent
        usage = usage_elsewhere(sent)
        return sent if usage is None else {**sent, "usage": usage}
