"""Which parts the content of a message may have, and which only that of others."""

from collections.abc import Mapping
from functools import cache

from httptask.chat.fields.request import ChatBody
from httptask.chat.fields.shapes import Either, ListOf, ObjectOf, shape_of

__all__ = ["misplaced"]


def misplaced(shape: Either) -> frozenset[str]:
    """Types of parts that are known, and not allowed where this shape is that of a part; none where it is no part's."""
    parts = _parts()
    if any(parts.get(kind) != part for kind, part in shape.objects.items()):
        return frozenset()
    return frozenset(parts.keys() - shape.objects.keys())


@cache
def _parts() -> Mapping[str, ObjectOf]:
    """Every type of part that the content of some message may have."""
    messages = shape_of(ChatBody).fields["messages"].shape
    assert isinstance(messages, ListOf)
    assert isinstance(messages.item, Either)
    contents = [role.fields["content"].shape for role in messages.item.objects.values()]
    lists = [content.list.item for content in contents if isinstance(content, Either) and content.list]
    return {kind: part for item in lists if isinstance(item, Either) for kind, part in item.objects.items()}
