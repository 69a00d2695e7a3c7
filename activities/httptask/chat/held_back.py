"""A prompt that a content filter of the server holds back: it is answered with an error, not with a completion."""

from typing import Any

from httptask.chat.finish_reasons import FILTERED
from httptask.chat.models import Completion, Incomplete
from httptask.http.errors import AnswerFiltered, HttpStatusError

__all__ = ["held_back"]


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
    names: dict[str, Any] = error.details.get("error") or {}
    if error.details.get("status") != 400 or names.get("code") != FILTERED:
        raise error
    if incomplete == "value":
        return Completion(finish_reason=FILTERED, status=400, headers=error.details.get("headers") or {})
    raise AnswerFiltered(
        f"a content filter of the server held the prompt back: {error.message}", details=error.details
    )
