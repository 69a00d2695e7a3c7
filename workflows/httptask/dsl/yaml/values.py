"""Single values of a text, set, added and removed, while every byte of the rest stays: comments, quotes, line ends."""

import re
from collections.abc import Sequence
from typing import Any, Final

from httptask.dsl.yaml.editing import EditRefused, Node, edited, line_behind, with_lines
from httptask.dsl.yaml.syntax import quoted
from httptask.dsl.yaml.writing import write_flow, write_lines
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = ["remove_value", "set_value"]

_LONGEST_FLOW: Final = 100
_HINT: Final = "change it by hand"


def set_value(text: str, pointer: str, value: Any) -> str:
    """Put a value where another one stands, or into the mapping where none does; what leads there is added too.

    Args:
        text: YAML or JSON.
        pointer: JSON Pointer of the value.
        value: JSON data.

    Raises:
        EditRefused: the text has a form in which that can't be done by itself.
    """
    keys = pointer_tokens(pointer)

    def change(plain: str, root: Node) -> str:
        parent, depth = _way(root, keys)
        inner = _nested(keys[depth + 1 :], value)
        if parent.child(keys[depth]) is None:
            return _added(plain, parent, keys[depth], inner)
        return _replaced(plain, parent, keys[depth], inner)

    def meant(data: Any) -> None:
        for key in keys[:-1]:
            data = data[int(key)] if is_array(data) else data.setdefault(key, {})
        data[int(keys[-1]) if is_array(data) else keys[-1]] = value

    return edited(text, change, meant, _HINT)


def remove_value(text: str, pointer: str) -> str:
    """Take a member of a mapping out, with its key.

    Raises:
        EditRefused: as `set_value` does, and where it is the only one.
    """
    keys = pointer_tokens(pointer)

    def change(plain: str, root: Node) -> str:
        parent, depth = _way(root, keys)
        if depth < len(keys) - 1:
            raise EditRefused(f"there is nothing at {pointer}", _HINT)
        return _without(plain, parent, keys[-1])

    def meant(data: Any) -> None:
        for key in keys[:-1]:
            data = data[int(key)] if is_array(data) else data[key]
        del data[keys[-1]]

    return edited(text, change, meant, _HINT)


def _way(root: Node, keys: Sequence[str]) -> tuple[Node, int]:
    """The innermost mapping or list that is there on the way to a value, and the index of the key in it."""
    node = root
    for index, key in enumerate(keys[:-1]):
        child = node.child(key)
        if child is None:
            return node, index
        node = child
    return node, len(keys) - 1


def _nested(keys: Sequence[str], value: Any) -> Any:
    for key in reversed(keys):
        value = {key: value}
    return value


def _replaced(text: str, parent: Node, key: str, value: Any) -> str:
    node = parent.child(key)
    assert node is not None  # the caller has looked
    if _is_flow(text, parent) or _stays_flow(text, node, value):
        is_quoted = text[node.token.start] == '"'
        keeps = is_quoted and isinstance(value, str) and value.isprintable()
        written = quoted(value) if keeps else write_flow(value)
        return f"{text[: node.token.start]}{written}{text[node.end :]}"
    if parent.token.kind == "list":
        column = node.token.place.column - 1
        first, *rest = write_lines([value])
        lines = [first.removeprefix("- "), *rest]
        return _with_block(text, node.token.start, node.end, lines, column - 2)
    name = parent.keys[[known.token.text for known in parent.keys].index(key)]
    lines = write_lines({key: value})
    return _with_block(text, name.token.start, node.end, lines, parent.token.place.column - 1)


def _stays_flow(text: str, node: Node, value: Any) -> bool:
    """Whether a value that is written in one line goes on to be."""
    if _is_block(text, node):
        return False
    if is_object(value) or is_array(value):
        return len(write_flow(value)) <= _LONGEST_FLOW
    return not (isinstance(value, str) and "\n" in value)


def _is_block(text: str, node: Node) -> bool:
    """Whether it takes lines of its own."""
    if node.token.kind == "scalar":
        return text[node.token.start : node.token.start + 1] in ("|", ">")
    return not _is_flow(text, node)


def _is_flow(text: str, node: Node) -> bool:
    return node.token.kind in ("mapping", "list") and text[node.token.start] in "{["


def _with_block(text: str, start: int, end: int, lines: Sequence[str], column: int) -> str:
    line_end = "\r\n" if "\r\n" in text else "\n"
    first, *rest = lines
    block = line_end.join([first, *(" " * column + line if line else "" for line in rest)])
    return text[:start] + block + text[end:]


def _added(text: str, parent: Node, key: str, value: Any) -> str:
    if parent.token.kind != "mapping":
        raise EditRefused("a list is as long as it is", _HINT)
    if _is_flow(text, parent):
        entry = write_flow({key: value})[2:-2]
        if not parent.values:
            return f"{text[: parent.token.start]}{{ {entry} }}{text[parent.end :]}"
        at = parent.values[-1].end
        return f"{text[:at]}, {entry}{text[at:]}"
    column = parent.token.place.column - 1
    at = line_behind(text, parent.values[-1].end, column)
    return with_lines(text, at, write_lines({key: value}), column)


def _without(text: str, parent: Node, key: str) -> str:
    names = [known.token.text for known in parent.keys]
    if key not in names or len(names) == 1:
        raise EditRefused(f"`{key}` is all there is", _HINT)
    index = names.index(key)
    start, end = parent.keys[index].token.start, parent.values[index].end
    if _is_flow(text, parent):
        if index + 1 < len(names):
            return text[:start] + text[parent.keys[index + 1].token.start :]
        return text[: parent.values[index - 1].end] + text[end:]
    column = parent.token.place.column - 1
    line = text.rfind("\n", 0, start) + 1
    if re.fullmatch(" *", text[line:start]) is None:  # the first key of an item stands behind its dash
        behind = parent.keys[index + 1].token.start
        return text[:start] + text[behind:]
    return text[:line] + text[line_behind(text, end, column) :]
