"""A prompt that a content filter of the server holds back: it is answered with an error, not with a completion."""

from typing import Any, Final

from httptask.chat.finish_reasons import FILTERED, finish_reason_of
from httptask.chat.models import Completion, Incomplete
from httptask.http.errors import AnswerFiltered, HttpStatusError

__all__ = ["held_back"]

_LITELLM: Final = "litellm.ContentPolicyViolationError"


def held_back(error: HttpStatusError, incomplete: Incomplete | None) -> Completion:
    """What the error amounts to if it says that the prompt was held back.

    Args:
        error: what the server answered with.
        incomplete: whether an answer that was held back is an error or a value. Without an answer, it is a value
            only where it is to be.

    Raises:
        AnswerFiltered: the prompt was held back.
        HttpStatusError: the error, if it says something else.
    """
    if error.details.get("status") != 400 or not _is_of_filter(error):
        raise error
    if incomplete == "value":
        return Completion(finish_reason=FILTERED, status=400, headers=error.details.get("headers") or {})
    raise AnswerFiltered(
        f"a content filter of the server held the prompt back: {error.message}", details=error.details
    )


def _is_of_filter(error: HttpStatusError) -> bool:
    """Whether the names of an error are those of a content filter; LiteLLM's stands in its text only."""
    names: dict[str, Any] = error.details.get("error") or {}
    told = [names.get(place) for place in ("code", "type", "innererror")]
    return _LITELLM in error.message or any(
        finish_reason_of(name) == FILTERED for name in told if isinstance(name, str)
    )
