"""What of an answer is not as its request asked for, or not likely: its choices, and the usage that is told of them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic_core import to_json

from httptask.chat.faults import BodyFault
from httptask.chat.models import Completion
from httptask.json.types import is_object

__all__ = ["answer_faults"]

_BYTES_OF_TOKEN: Final = 8
"""More are rare: in most languages, and in code, a token has 3 to 6 bytes of UTF-8 on average."""


def answer_faults(completion: Completion, wanted: Any) -> Iterator[BodyFault]:
    """Warnings of an answer for which more than one choice was asked.

    Args:
        completion: the answer, with all its choices.
        wanted: `n` of the request.
    """
    choices = completion.choices
    if choices is None or not isinstance(wanted, int):  # or more than the one that nobody counted
        return
    if len(choices) < wanted:
        message = f"`n` is {wanted}, and the server answered with {len(choices)}"
        yield _warning("fewer-choices", message, "ask once for each, or another server")
    tokens = completion.usage.completion_tokens if completion.usage else None
    if tokens is not None and _are_more(choices, tokens):
        message = f"`n` is {wanted}, and the {tokens} tokens of the answer that the server counts are too few for all"
        hint = "usage and cost may be those of one choice: ask once for each, or another server"
        yield _warning("usage-of-one-choice", message, hint)


def _are_more(choices: Sequence[Any], tokens: int) -> bool:
    """Whether choices that say something have more tokens, as far as their lengths can tell."""
    messages = [
        choice["message"] for choice in choices if is_object(choice) and is_object(choice.get("message"))
    ]
    said = [text for message in messages if (text := message.get("content") or message.get("tool_calls"))]
    texts = [text if isinstance(text, str) else to_json(text).decode() for text in said]
    size = sum(len(text.encode(errors="replace")) for text in texts)
    return len(texts) > 1 and (tokens < len(texts) or size > _BYTES_OF_TOKEN * tokens)


def _warning(rule: str, message: str, hint: str) -> BodyFault:
    return BodyFault("/n", message, hint, rule, "warning")
