"""Where values stand in a text, and the changes of it that put others there."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httptask.dsl.yaml.editing import EditRefused, Node, are_apart, block_dash, line_behind, with_lines
from httptask.dsl.yaml.reader import read_yaml
from httptask.dsl.yaml.scalars import not_text
from httptask.dsl.yaml.writing import write_flow, write_lines
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_object

__all__ = [
    "BY_HAND",
    "LOOK",
    "Change",
    "ChangeFinder",
    "Place",
    "applied",
    "as_key",
    "found",
    "found_or_none",
    "start_of_line",
    "wrapped",
]

BY_HAND: Final = "change it in the text"
LOOK: Final = "look at the text as it is now"
_BLANK: Final = re.compile(r"[ \t]*\r?\n")
_COMMENT: Final = re.compile(r"[ \t]+#[^\r\n]*")
_PLAIN_KEPT: Final = re.compile(r"[A-Za-z0-9_/.$-][A-Za-z0-9_/.$ -]*(?<! )")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands.

    Attributes:
        index: among the values of its parent.
        in_flow: whether it stands within brackets.
    """

    node: Node
    parent: "Place | None"
    index: int
    in_flow: bool

    @property
    def path(self) -> tuple[str, ...]:
        """The keys and indices that lead to it."""
        if self.parent is None:
            return ()
        keys = self.parent.node.keys
        return (*self.parent.path, keys[self.index].token.text if keys else str(self.index))

    @property
    def column(self) -> int:
        """The column of its key, from 0; of an item that of its `-`."""
        assert self.parent is not None  # the root has none
        if self.parent.node.keys:
            return self.parent.node.keys[self.index].token.place.column - 1
        return self.node.token.place.column - 1


@dataclass(frozen=True, slots=True)
class Change:
    """Text in place of other text."""

    start: int
    end: int
    text: str


class ChangeFinder:
    """Finds the changes of a text that put a value into it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self.list_indent = 0 if re.search(r"^( *)[^\s#-][^\n]*:[ \t]*\r?\n\1- ", text, re.MULTILINE) else 2

    def set(self, root: Node, path: Sequence[str], value: Any) -> list[Change]:
        """The changes that give the value of a path another one."""
        place = Place(root, None, 0, root.is_flow(self.text, root.token.kind))
        for depth, key in enumerate(path):
            inner = _inside(self.text, place, key)
            if inner is None:
                missing = wrapped(path[depth + 1 :], value)
                return self.add(place, key, missing)
            place = inner
        return list(self.replace(place, value))

    def replace(self, place: Place, value: Any) -> Iterator[Change]:
        """The changes that make a value of another one: only of what differs."""
        node = place.node
        if is_object(value) and value and node.token.kind == "mapping" and node.values and self.is_own(node):
            yield from self.replace_members(place, value)
        elif is_array(value) and value and node.token.kind == "list" and node.values and self.is_own(node):
            yield from self.replace_items(place, value)
        elif not self.says(node, value) and not self.repeats(place, value):
            yield self.rewritten(place, value)

    def replace_members(self, place: Place, value: dict[str, Any]) -> Iterator[Change]:
        """The changes that make a mapping of another one, key by key."""
        names = [key.token.text for key in place.node.keys]
        if not any(name in value for name in names):
            yield self.rewritten(place, value)
            return
        for name in names:
            inner = _inside(self.text, place, name)
            assert inner is not None  # it is one of its keys
            if name in value:
                yield from self.replace(inner, value[name])
            else:
                yield from self.remove(inner)
        added = {name: member for name, member in value.items() if name not in names}
        if added:
            yield from self.add_members(place, added)

    def replace_items(self, place: Place, value: list[Any]) -> Iterator[Change]:
        """The changes that make a list of another one, item by item."""
        items = place.node.values
        for index, item in enumerate(value[: len(items)]):
            inner = _inside(self.text, place, str(index))
            assert inner is not None  # it is there
            yield from self.replace(inner, item)
        for index in range(len(value), len(items)):
            inner = _inside(self.text, place, str(index))
            assert inner is not None  # it is there
            yield from self.remove(inner)
        if len(value) > len(items):
            yield from self.insert(place, len(items), *value[len(items) :])

    def is_own(self, node: Node) -> bool:
        """Whether nothing else may mean the same value."""
        return not (node.token.anchor or node.token.tag)

    def says(self, node: Node, value: Any) -> bool:
        """Whether a scalar is that value already."""
        if node.token.kind != "scalar" or is_object(value) or is_array(value) or node.token.tag:
            return False
        if isinstance(value, str):
            return node.token.text == value and not (node.token.plain and not_text(node.token.text))
        return node.token.plain and node.token.text == json.dumps(value)

    def repeats(self, place: Place, value: Any) -> bool:
        """Whether an alias, or what has an anchor, is that value already; what that becomes is looked at in the end."""
        if place.node.token.kind != "alias" and not place.node.token.anchor:
            return False
        known = read_yaml(self.text).data
        for key in place.path:
            known = known[int(key)] if is_array(known) else known[key]
        return json.dumps(known, sort_keys=True) == json.dumps(value, sort_keys=True)

    def rewritten(self, place: Place, value: Any) -> Change:
        """A value written anew."""
        node, text = place.node, self.text
        start, end = node.token.start, max(node.end, node.token.start)
        keys = () if place.parent is None else place.parent.node.keys
        if (
            keys and not text[start:end].strip()
        ):  # nothing is written, and where it begins is where the next does
            start = end = _behind_colon(text, keys[place.index], start)
        gap = "" if start == 0 or text[start - 1] in " \t\n[{" else " "
        if place.parent is None or (place.in_flow if node.values else place.parent.in_flow):
            kept = _in_style(text[start:end], value) if node.token.kind == "scalar" else None
            return Change(start, end, gap + (kept[0] if kept else write_flow(value)))
        lines = self.lines(place, value)
        if len(lines) == 1 and node.token.kind != "mapping" and node.token.kind != "list":
            return Change(start, end, gap + lines[0])
        before = _behind_colon(text, keys[place.index], start) if keys else start
        begin = " " + lines[0] if keys and lines[0] else lines[0]
        comment = _COMMENT.match(text, end) if keys and node.token.kind == "scalar" else None
        if comment is not None:  # which can't stand behind the lines of a text
            begin, end = begin + comment[0], comment.end()
        column = place.column if keys else self._dash_of(place)[0]
        rest = [" " * column + line if line else "" for line in lines[1:]]
        return Change(before, end, self.line_end.join([begin, *rest]))

    def lines(self, place: Place, value: Any) -> list[str]:
        """The lines of a value behind its `key:` or `-`, from the column of those."""
        source = self.text[place.node.token.start : place.node.token.end]
        is_text = place.node.token.kind == "scalar"
        kept = _in_style(source, value) if is_text else None
        if kept is not None:
            return kept
        if place.parent is not None and not place.parent.node.keys:
            first, *rest = write_lines([value], list_indent=self.list_indent)
            return [first[2:], *rest]
        first, *rest = write_lines({"x": value}, list_indent=self.list_indent)
        return [first[2:].strip(), *rest]

    def add(self, place: Place, key: str, value: Any) -> list[Change]:
        """The changes that give a mapping another key, or a list another item."""
        if place.node.token.kind == "list" and key in ("-", str(len(place.node.values))):
            if not place.node.values:
                return list(self.replace(place, [value]))
            return self.insert(place, len(place.node.values), value)
        if place.node.token.kind == "list" or place.node.token.text:
            raise EditRefused(f"there is nothing that `{key}` could be added to", BY_HAND)
        if not place.node.values:
            return [self.rewritten(place, {key: value})]
        return self.add_members(place, {key: value})

    def add_members(self, place: Place, members: dict[str, Any]) -> list[Change]:
        """The changes that put keys behind those that a mapping has."""
        node, text = place.node, self.text
        if place.in_flow:
            written = write_flow(members)[2:-2]
            end = node.values[-1].end
            return [Change(end, end, f", {written}")]
        column = node.keys[0].token.place.column - 1
        at = line_behind(text, node.values[-1].end, column)
        return [self.put(at, write_lines(members, list_indent=self.list_indent), column)]

    def insert(self, place: Place, index: int, *items: Any) -> list[Change]:
        """The changes that put items into a list that has some."""
        node, text = place.node, self.text
        if not 0 <= index <= len(node.values):
            raise EditRefused(f"the list has {len(node.values)} items", "choose another place")
        if place.in_flow:
            written = ", ".join(map(write_flow, items))
            if index == len(node.values):
                return [Change(node.values[-1].end, node.values[-1].end, f", {written}")]
            start = node.values[index].token.start
            return [Change(start, start, f"{written}, ")]
        column = self.column_of_dashes(node)
        at = start_of_line(text, node.values[0].token.start)
        if index:
            at = line_behind(text, node.values[index - 1].end, column)
        lines = write_lines(list(items), list_indent=self.list_indent)
        if are_apart(text, node):
            lines = [*([""] if index else []), *lines, *([] if index else [""])]
        return [self.put(at, lines, column)]

    def put(self, at: int, lines: Sequence[str], column: int) -> Change:
        """Lines at the beginning of a line."""
        before = self.text[:at]
        return Change(
            at, at, with_lines(self.text, at, lines, column)[len(before) : -len(self.text[at:]) or None]
        )

    def remove(self, place: Place) -> list[Change]:
        """The changes that remove a value, with its key if it has one."""
        parent, text = place.parent, self.text
        if parent is None:
            raise EditRefused("the whole definition can't be removed", BY_HAND)
        node = parent.node
        if len(node.values) == 1:
            empty: Any = {} if node.keys else []
            return [self.rewritten(parent, empty)]
        if parent.in_flow:
            return self.taken_from_brackets(node, place.index)
        if not node.keys:
            return [self.taken(place, parent, start_of_line(text, place.node.token.start))]
        key = node.keys[place.index].token
        start = start_of_line(text, key.start)
        if not text[start : key.start].strip():
            return [Change(start, line_behind(text, max(place.node.end, key.end), place.column), "")]
        return [Change(key.start, node.keys[place.index + 1].token.start, "")]

    def taken_from_brackets(self, node: Node, index: int) -> list[Change]:
        """The changes that take one of several values out of brackets, with its comment: those of others stay."""
        text, keys = self.text, node.keys or node.values
        starts = [key.token.start for key in keys]
        ends = [max(key.token.end, one.end) for key, one in zip(keys, node.values, strict=True)]
        start, end = starts[index], ends[index]
        before = text[ends[index - 1] : start] if index else "\n"
        is_alone = "\n" in before  # in its line, as far as that goes before it
        line = start_of_line(text, start)
        if index + 1 < len(starts):
            behind = text[end : starts[index + 1]]
            if not is_alone and (shared := re.match(r"[ \t]*,[ \t]*(?=#)", behind)):
                return [Change(start, end + shared.end(), "")]
            above = re.search(r"\r?\n[ \t]*(?=#)", behind)
            if above and text[line:start].strip():
                return [Change(len(text[:start].rstrip(" \t")), end + above.start(), "")]
            return [Change(start, end + above.end() if above else starts[index + 1], "")]
        tail = re.compile(r"[ \t]*(,?)[ \t]*(#[^\r\n]*)?").match(text, end)
        assert tail is not None  # it may be empty
        if "#" not in before:
            has_comment = is_alone and tail[2]
            until, kept = (tail.end(), tail[1]) if has_comment else (end, "")
            return [Change(start - len(before), until, kept)]
        rest = _BLANK.match(text, tail.end())
        taken = Change(line, rest.end(), "") if rest else Change(start, tail.end(), "")
        comma = before.partition("#")[0].find(",") + start - len(before)
        return [taken] if tail[1] or text[comma] != "," else [Change(comma, comma + 1, ""), taken]

    def taken(self, item: Place, parent: Place, start: int) -> Change:
        """The change that takes the lines of an item out of a list, from `start` on."""
        text = self.text
        end = line_behind(text, item.node.end, self.column_of_dashes(parent.node))
        if are_apart(text, parent.node):  # then the blank line that set it apart goes, too
            blank = _BLANK.fullmatch(text, start_of_line(text, start - 1), start)
            blank = blank if item.index else _BLANK.match(text, end)
            if blank:
                start, end = min(start, blank.start()), max(end, blank.end())
        return Change(start, end, "")

    def column_of_dashes(self, node: Node) -> int:
        """Raises `EditRefused` where they have not all the same."""
        found = {self._dash_of_node(item)[0] for item in node.values}
        if len(found) != 1:
            raise EditRefused("the items of the list do not begin in the same column", BY_HAND)
        return found.pop()

    def _dash_of(self, place: Place) -> tuple[int, int]:
        return self._dash_of_node(place.node)

    def _dash_of_node(self, item: Node) -> tuple[int, int]:
        found = block_dash(self.text, item)
        if found is None:
            raise EditRefused("an item begins on another line than its `-`", BY_HAND)
        return found


def applied(text: str, changes: Sequence[Change]) -> str:
    """The text with changes of parts that don't overlap; those of one place come in their order."""
    ordered = sorted(enumerate(changes), key=lambda each: (each[1].start, each[0]))
    parts: list[str] = []
    at = 0
    for _, change in ordered:
        if change.start < at:
            raise EditRefused("the parts of the change overlap", BY_HAND)
        parts += [text[at : change.start], change.text]
        at = change.end
    return "".join([*parts, text[at:]])


def found(text: str, root: Node, path: Sequence[str]) -> Place:
    """The place of a path. Raises `EditRefused` where there is nothing."""
    place = found_or_none(text, root, path)
    if place is None:
        raise EditRefused(f"there is nothing at {json_pointer(path)}", LOOK)
    return place


def found_or_none(text: str, root: Node, path: Sequence[str]) -> Place | None:
    """The place of a path, if there is something."""
    place: Place | None = Place(root, None, 0, root.is_flow(text, root.token.kind))
    for key in path:
        if place is None:
            return None
        place = _inside(text, place, key)
    return place


def _inside(text: str, place: Place, key: str) -> Place | None:
    node = place.node.child(key)
    if node is None:
        return None
    index = next(number for number, value in enumerate(place.node.values) if value is node)
    is_flow = node.token.kind in ("mapping", "list") and text[node.token.start] in "{["
    return Place(node, place, index, place.in_flow or is_flow)


def start_of_line(text: str, index: int) -> int:
    """The index at which the line of a place begins."""
    return text.rfind("\n", 0, index) + 1


def _behind_colon(text: str, key: Node, start: int) -> int:
    """The index behind the colon of a key whose value begins at `start`."""
    found = text.find(":", key.token.end, max(start, key.token.end) + 1)
    if found < 0:
        raise EditRefused("the key has another form than it should", BY_HAND)
    return found + 1


def as_key(name: str, *, flow: bool) -> str:
    """A name as key or as plain text, in quotes where it needs some."""
    if _PLAIN_KEPT.fullmatch(name) and not_text(name) is None:
        return name
    return json.dumps(name, ensure_ascii=False)


def _in_style(source: str, value: Any) -> list[str] | None:
    """A text of one line in the quotes that the one before had."""
    if not isinstance(value, str) or not value.isprintable():
        return None
    if source.startswith('"'):
        return [json.dumps(value, ensure_ascii=False)]
    if source.startswith("'"):
        return ["'" + value.replace("'", "''") + "'"]
    return None


def wrapped(path: Sequence[str], value: Any) -> Any:
    """A value within the mappings and lists that a path names."""
    for key in reversed(path):
        value = [value] if key in ("0", "-") else {key: value}
    return value
