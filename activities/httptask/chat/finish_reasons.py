"""Why a model ended, under the names that servers give to it."""

from collections.abc import Mapping
from typing import Any, Final

from httptask.http.errors import ResponseInterrupted

__all__ = ["BROKEN", "FILTERED", "OTHER_NAMES", "TRUNCATED", "broke_off", "finish_reason_of", "told_reason"]

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
