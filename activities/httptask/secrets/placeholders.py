"""What stands in a request in place of its secrets until they are put in, or their names."""

import re
from collections.abc import Callable, Sequence
from secrets import token_hex

from httptask.http.models import SecretReference
from httptask.secrets.insertion import Insertions

__all__ = ["begins_with_placeholder", "fill", "has_placeholder", "placeholder", "places"]

_NONCE = token_hex(16)  # so that nothing in a request can look like a placeholder
_PLACEHOLDER = re.compile(rf"{_NONCE}x([0-9]+)x")


def placeholder(index: int) -> str:
    """The placeholder of that index. It passes through percent-encoding unchanged, and may stand in a host."""
    return f"{_NONCE}x{index}x"


def places(references: Sequence[SecretReference], first: int = 0) -> Insertions:
    """Puts placeholders where secrets belong.

    Args:
        references: where; the placeholder of each has its index, counted from `first`.
        first: index of the first one.
    """
    texts = {reference: placeholder(index) for index, reference in enumerate(references, first)}
    return Insertions(references, texts.__getitem__)


def fill(text: str, texts: Callable[[int, str, str], str]) -> str:
    """A text with others in place of its placeholders.

    Args:
        text: the text.
        texts: gives what to put in for an index, between what stands before it by then and what follows.
    """
    if _NONCE not in text:
        return text
    filled, start = "", 0
    for found in _PLACEHOLDER.finditer(text):
        filled += text[start : found.start()]
        start = found.end()
        filled += texts(int(found[1]), filled, text[start:])
    return filled + text[start:]


def has_placeholder(text: str) -> bool:
    """Whether the value of a secret belongs into the text."""
    return _NONCE in text


def begins_with_placeholder(text: str) -> bool:
    """Whether the text begins with the value of a secret."""
    return text.startswith(_NONCE)
