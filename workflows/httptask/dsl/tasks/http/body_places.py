"""Places of a request body that `paginate` sets."""

from typing import Any

from httptask.chat.fields.unknown import IsUnknown
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = ["missing_place"]


def missing_place(body: Any, pointer: str, is_unknown: IsUnknown | None = None) -> tuple[str, Any] | None:
    """What keeps a member from being set: everything around it has to be there.

    Args:
        body: the JSON that it is set in.
        pointer: of the member.
        is_unknown: tells a value that is not known yet, in which any place may be.

    Returns:
        The first key that leads nowhere, and the value that lacks it; None when the member can be set.
    """
    value, tokens = body, pointer_tokens(pointer)
    for index, token in enumerate(tokens):
        if is_unknown is not None and is_unknown(value):
            return None
        if is_object(value) and (token in value or index + 1 == len(tokens)):
            value = value.get(token)
        elif is_array(value) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return token, value
    return None
