"""Texts cut to what a message, a failure or a line can bear; never between the halves of a surrogate pair."""

from typing import Final

__all__ = ["first_bytes", "first_characters", "in_one_line", "shortened"]

_MARK: Final = "…"
_LONGEST_LINE: Final = 160


def shortened(text: str, most: int = 200) -> str:
    """The text, or as many characters of it with `…` at their end."""
    return text if len(text) <= most else first_characters(text, most - len(_MARK)) + _MARK


def in_one_line(text: str, most: int = _LONGEST_LINE) -> str:
    """The text on one line, or as many characters of it with `…` at their end."""
    return shortened(" ".join(text.split()), most)


def first_characters(text: str, most: int) -> str:
    """As many characters of a text, in code points, without a mark that it was cut."""
    is_in_pair = most > 0 and "\ud800" <= text[most - 1 : most] <= "\udbff" and _is_low(text[most : most + 1])
    return text[: max(most - is_in_pair, 0)]


def first_bytes(text: str, most: int) -> str:
    """As many bytes of a text in UTF-8, without a mark that it was cut; empty where there is no room.

    Pairs of surrogates are joined, and what is left of one becomes `?`: neither has a form in UTF-8.
    """
    begin = text[: max(most, 0) + 1]
    joined = begin.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return joined.encode(errors="replace")[: max(most, 0)].decode(errors="ignore")


def _is_low(character: str) -> bool:
    return "\udc00" <= character <= "\udfff"
