"""Changes of single values of a definition's text: set, removed, inserted, moved; and of keys.

A value is changed where it stands, in the style that it has; what a new value has in common with the one before is not
touched. Each change is read again and held against what it was to mean (`edited`).
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from httptask.dsl.yaml.editing import EditRefused, Node, are_apart, edited, line_behind
from httptask.dsl.yaml.reader import read_yaml
from httptask.dsl.yaml.text_changes import (
    BY_HAND,
    LOOK,
    Change,
    ChangeFinder,
    Place,
    applied,
    as_key,
    found,
    found_or_none,
    start_of_line,
    wrapped,
)
from httptask.json.pointer import json_pointer, pointer_tokens
from httptask.json.types import is_array

__all__ = [
    "OTHER_NAME",
    "held_at",
    "insert_item",
    "move_item",
    "remove_value",
    "rename_key",
    "set_value",
    "with_key_renamed",
]

OTHER_NAME: Final = "choose another name"
_LINE_START: Final = re.compile(r"[ \t]*")


def set_value(text: str, pointer: str, value: Any) -> str:
    """Give a value another one, or a mapping another key.

    Args:
        text: of the definition.
        pointer: of the value; what is around it is made where it is missing. `-`, or the length of a list, adds to it.
        value: JSON data.

    Raises:
        EditRefused: the text has a form in which that can't be changed by itself.
    """
    path = pointer_tokens(pointer)

    def meant(data: Any) -> None:
        _put(data, path, value)

    return edited(
        text, lambda plain, root: applied(plain, ChangeFinder(plain).set(root, path, value)), meant, BY_HAND
    )


def remove_value(text: str, pointer: str) -> str:
    """Remove a key with its value, or an item of a list.

    Raises:
        EditRefused: as of `set_value`, or there is none.
    """
    path = pointer_tokens(pointer)

    def change(plain: str, root: Node) -> str:
        return applied(plain, ChangeFinder(plain).remove(found(plain, root, path)))

    def meant(data: Any) -> None:
        held_at(data, path)
        around = held_at(data, path[:-1])
        del around[int(path[-1]) if is_array(around) else path[-1]]

    return edited(text, change, meant, BY_HAND)


def rename_key(text: str, pointer: str, name: str) -> str:
    """Give a key another name, in its place; what may name it elsewhere is not changed.

    Args:
        text: of the definition.
        pointer: of the value that stands under the key.
        name: that it gets.

    Raises:
        EditRefused: as of `set_value`; or there is no such key, the name is empty, or is taken beside it.
    """
    *around, old = pointer_tokens(pointer) or ("",)
    if not name.isprintable() or not name.strip():
        raise EditRefused("a name has characters that can be seen", OTHER_NAME)

    def change(plain: str, root: Node) -> str:
        place = found(plain, root, (*around, old))
        assert place.parent is not None  # a key has one
        key = place.parent.node.keys[place.index].token
        return applied(plain, [Change(key.start, key.end, as_key(name, flow=place.in_flow))])

    def meant(data: Any) -> None:
        holder = held_at(data, around)
        if is_array(holder) or old not in holder:
            raise EditRefused(f"there is no key at {pointer}", LOOK)
        with_key_renamed(holder, old, name)

    return edited(text, change, meant, BY_HAND)


def with_key_renamed(holder: dict[str, Any], old: str, name: str) -> None:
    """Rename a key of data in its place.

    Raises:
        EditRefused: the name is taken.
    """
    if name in holder:
        raise EditRefused(f"there is a {name} already", OTHER_NAME)
    renamed = {name if key == old else key: value for key, value in holder.items()}
    holder.clear()
    holder.update(renamed)


def insert_item(text: str, list_pointer: str, index: int, item: Any) -> str:
    """Put an item into a list, before the one that is there now; at its length, behind the last.

    Raises:
        EditRefused: as of `set_value`.
    """
    path = pointer_tokens(list_pointer)

    def change(plain: str, root: Node) -> str:
        setter = ChangeFinder(plain)
        place = found_or_none(plain, root, path)
        if place is None or not place.node.values:
            return applied(plain, setter.set(root, path, [item]))
        return applied(plain, setter.insert(place, index, item))

    def meant(data: Any) -> None:
        items = held_at(data, path[:-1]).get(path[-1]) if path else data
        if not items:
            _put(data, path, [item])
        else:
            items.insert(index, item)

    return edited(text, change, meant, BY_HAND)


def move_item(text: str, pointer: str, list_pointer: str, index: int) -> str:
    """Move an item, with its comments, to another place of its list or into another one.

    Args:
        text: of the definition.
        pointer: of the item.
        list_pointer: of the list that it goes to, which may not be inside it.
        index: of the item before which it is put, as the list is before.

    Raises:
        EditRefused: as of `set_value`.
    """
    path, to = pointer_tokens(pointer), pointer_tokens(list_pointer)
    if to[: len(path)] == path:
        raise EditRefused("a task can't be moved into itself", "choose another place")

    def change(plain: str, root: Node) -> str:
        place, target = found(plain, root, path), found_or_none(plain, root, to)
        if target is None or not target.node.values:
            raise EditRefused("there is no task in that list yet", "insert it there, and remove it here")
        if place.parent is None or len(place.parent.node.values) == 1:
            raise EditRefused("the task stands alone in its list", BY_HAND)
        if not 0 <= index <= len(target.node.values):
            raise EditRefused(f"the list has {len(target.node.values)} tasks", "choose another place")
        if not (place.in_flow or target.in_flow):
            return applied(plain, _moved(plain, place, target, index))
        if "#" in _own_text(plain, place, place.parent):
            raise EditRefused("a comment of the task has no place within brackets", BY_HAND)
        return _written_anew(plain, path, to, index)

    def meant(data: Any) -> None:
        source, target = held_at(data, path[:-1]), held_at(data, to)
        item = source[int(path[-1])]
        target.insert(index, item)
        was = int(path[-1])
        del source[was + 1 if source is target and index <= was else was]

    return edited(text, change, meant, BY_HAND)


def _own_text(text: str, place: Place, around: Place) -> str:
    """An item with its comments."""
    setter = ChangeFinder(text)
    if place.in_flow:
        changes = setter.taken_from_brackets(around.node, place.index)
        return "".join(text[one.start : one.end] for one in changes)
    start = _above(text, start_of_line(text, place.node.token.start), setter.column_of_dashes(around.node))
    taken = setter.taken(place, around, start)
    return text[taken.start : taken.end]


def _written_anew(text: str, path: Sequence[str], to: Sequence[str], index: int) -> str:
    """The text with an item written where it goes to, and taken from where it was: in brackets it has no lines."""
    there = insert_item(text, json_pointer(to), index, held_at(read_yaml(text).data, path))
    was, depth = list(path), len(to)
    if tuple(path[:depth]) == tuple(to) and int(path[depth]) >= index:
        was[depth] = str(int(path[depth]) + 1)
    return remove_value(there, json_pointer(was))


def _moved(text: str, place: Place, target: Place, index: int) -> list[Change]:
    """The changes that move the lines of an item, as they are but for their indentation."""
    setter = ChangeFinder(text)
    assert place.parent is not None  # an item has one
    own, other = setter.column_of_dashes(place.parent.node), setter.column_of_dashes(target.node)
    start = _above(text, start_of_line(text, place.node.token.start), own)
    taken = setter.taken(place, place.parent, start)
    lines = [_shifted(line, other - own) for line in text[taken.start : taken.end].strip("\r\n").splitlines()]
    at = _above(text, start_of_line(text, target.node.values[0].token.start), other)
    if index:
        at = line_behind(text, target.node.values[index - 1].end, other)
    if taken.start <= at <= taken.end:
        return []
    if are_apart(text, target.node):
        lines = [*([""] if index else []), *lines, *([] if index else [""])]
    return [taken, setter.put(at, lines, 0)]


def _above(text: str, at: int, column: int) -> int:
    """The beginning of a line, or of the comments right above it that begin in the same column: they are of it."""
    while at > 0:
        start = start_of_line(text, at - 1)
        if not text.startswith(" " * column + "#", start):
            break
        at = start
    return at


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line
    if by >= 0:
        return " " * by + line
    indent = _LINE_START.match(line)
    assert indent is not None  # which nothing matches, too
    return line[min(-by, indent.end()) :]


def held_at(data: Any, path: Sequence[str]) -> Any:
    """What stands at a place of data.

    Raises:
        EditRefused: nothing does.
    """
    try:
        for key in path:
            data = data[int(key)] if is_array(data) else data[key]
    except (LookupError, ValueError, TypeError):
        raise EditRefused(f"there is nothing at {json_pointer(path)}", LOOK) from None
    return data


def _put(data: Any, path: Sequence[str], value: Any) -> None:
    for depth, key in enumerate(path[:-1]):
        if is_array(data):
            data = data[int(key)]
        elif data.get(key) is None:
            data[key] = wrapped(path[depth + 1 :], value)
            return
        else:
            data = data[key]
    if not path:
        raise EditRefused("the whole definition can't be set", BY_HAND)
    last = path[-1]
    if not is_array(data):
        data[last] = value
    elif last in ("-", str(len(data))):
        data.append(value)
    else:
        data[int(last)] = value
