"""JSON Pointers (RFC 6901) of places in a request or an answer."""

from collections.abc import Iterable

__all__ = ["child_pointer", "json_pointer", "pointer_tokens"]


def json_pointer(path: Iterable[str | int]) -> str:
    """The pointer of a path of keys and indices; empty for the whole document."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in path)


def child_pointer(pointer: str, key: str | int) -> str:
    """Append one reference token to a pointer, escaped as section 3 asks."""
    return pointer + json_pointer([key])


def pointer_tokens(pointer: str) -> tuple[str, ...]:
    """The path that a pointer names, its indices as text; empty for the whole document."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])
