"""Where the fields of a chat request are."""

from collections.abc import Iterator

from httptask.chat.fields.shapes import Either, ListOf, ObjectOf, Shape

__all__ = ["places"]


def places(shape: Shape, at: str = "") -> Iterator[str]:
    """The place of every field, with `*` for the items of lists."""
    match shape:
        case ObjectOf():
            for name, field in shape.fields.items():
                yield f"{at}/{name}"
                yield from places(field.shape, f"{at}/{name}")
        case ListOf():
            yield from places(shape.item, f"{at}/*")
        case Either():
            for part in (shape.list, *shape.objects.values()):
                if part is not None:
                    yield from places(part, at)
        case _:
            pass
