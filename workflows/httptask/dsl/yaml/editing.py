"""Changes of a definition's text that leave every byte of the rest as it was: comments, quotes, blank lines, line ends.

Each is read again, and refused unless it says what was meant, and nothing else.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from httptask.dsl.yaml.reader import read_yaml
from httptask.dsl.yaml.tokens import Token, YamlSyntaxError, read_tokens
from httptask.dsl.yaml.writing import write_lines
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

__all__ = [
    "EditRefused",
    "Node",
    "are_apart",
    "begin_definition",
    "block_dash",
    "declare_secrets",
    "edited",
    "insert_tasks",
    "line_behind",
    "read_nodes",
    "with_lines",
]

_BOM: Final = "\ufeff"
_DSL: Final = "1.0.3"
_ITEM: Final = re.compile(r"(?P<indent> *)-(?P<gap> +)")
_LINE: Final = re.compile(r"[^\n]*(?:\n|$)")
_BEHIND: Final = re.compile(r"[ \t,]*(?:#[^\n]*)?\r?(?:\n|$)")
_KEPT: Final = re.compile(r"[|>][-0-9]*\+")


class EditRefused(ValueError):
    """The text has a form in which this can't be changed by itself.

    Attributes:
        message: which.
        hint: what to write by hand, and where.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass
class Node:
    """A value in the text, from the first of its characters to behind the last."""

    token: Token
    end: int
    keys: list["Node"] = field(default_factory=list["Node"])
    values: list["Node"] = field(default_factory=list["Node"])

    def value(self, key: str) -> "Node | None":
        """The value of a key of a mapping."""
        names = [known.token.text for known in self.keys]
        return self.values[names.index(key)] if key in names else None

    def child(self, key: str) -> "Node | None":
        """The value of a key of a mapping, or of an index of a list."""
        if self.token.kind != "list":
            return self.value(key)
        return self.values[int(key)] if key.isdecimal() and int(key) < len(self.values) else None

    def is_block(self, text: str, kind: str) -> bool:
        """Whether it is a mapping or list in block style, without an anchor or tag."""
        token = self.token
        return (
            token.kind == kind
            and not (token.anchor or token.tag)
            and bool(self.values)
            and text[token.start] not in "{["
        )

    def is_flow(self, text: str, kind: str) -> bool:
        """The same in flow style."""
        token = self.token
        return token.kind == kind and not (token.anchor or token.tag) and text[token.start] in "{["


def begin_definition(text: str, name: str) -> str:
    """A text that has nothing but comments, with what a definition needs before its tasks.

    Args:
        text: that there is; it may be empty.
        name: of the definition.
    """
    document = {"dsl": _DSL, "namespace": "default", "name": name, "version": "1.0.0"}
    return with_lines(text, len(text), write_lines({"document": document}), 0)


def insert_tasks(text: str, after: str | None, tasks: Mapping[str, Any]) -> str:
    """Put tasks behind another one.

    Args:
        text: of the definition.
        after: JSON Pointer of a task, such as `/do/0/find`; None for the end of the definition, which may have no
            task yet.
        tasks: as a definition has them, by name.

    Returns:
        The text with them.

    Raises:
        EditRefused: it is not written in block style there, or would mean something else.
    """
    *to_list, position, _ = ("do", "-1", "") if after is None else pointer_tokens(after)
    hint = f"print the task without --into, and paste it behind {after or 'the last task'}"

    def change(plain: str, root: Node) -> str:
        if after is None and _has_no_task(plain, root):
            return _with_first(plain, root, tasks, hint)
        tasks_node = root
        for key in to_list:
            found = tasks_node.child(key)
            if found is None:
                raise EditRefused(f"there is no task at {after}", hint)
            tasks_node = found
        if not tasks_node.is_block(plain, "list"):
            raise EditRefused("the tasks are not written in block style, each on lines of its own", hint)
        return _with_items(plain, tasks_node, tasks_node.values[int(position)], tasks, hint)

    def meant(data: Any) -> None:
        if after is None:
            data["do"] = data.get("do") or []
        for key in to_list:
            data = data[int(key)] if is_array(data) else data[key]
        index = len(data) if after is None else int(position) + 1
        data[index:index] = [{name: task} for name, task in tasks.items()]

    return edited(text, change, meant, hint)


def declare_secrets(text: str, names: Sequence[str]) -> str:
    """Add names to `use.secrets`; those that are there already stay as they are.

    Raises:
        EditRefused: it is written in a form that can't be added to.
    """
    data = read_yaml(text).data
    use = data.get("use") if is_object(data) else None
    secrets = use.get("secrets") if is_object(use) else None
    known = secrets if is_array(secrets) else []
    missing = [name for name in dict.fromkeys(names) if name not in known]
    if not missing:
        return text
    hint = f"write them there by hand: use: {{ secrets: [{', '.join(missing)}] }}"

    def change(plain: str, root: Node) -> str:
        return _with_secrets(plain, root, missing, hint)

    def meant(data: Any) -> None:
        declared: list[str] = data.setdefault("use", {}).setdefault("secrets", [])
        declared += missing

    return edited(text, change, meant, hint)


def edited(text: str, change: Callable[[str, Node], str], meant: Callable[[Any], None], hint: str) -> str:
    """The changed text, if what it says is what is meant.

    Args:
        text: YAML or JSON.
        change: the text without its byte order mark, and its outermost value, to the changed text.
        meant: does to the data what `change` does to the text.
        hint: what to do where that is refused.

    Raises:
        EditRefused: the text can't be read, or would say something else.
    """
    plain = text.removeprefix(_BOM)
    before = read_yaml(plain)
    if not before.complete or before.faults:
        raise EditRefused("the definition can't be read", "`httptask validate` tells why")
    data = json.loads(_canonical(before.data))  # what an alias repeats is no longer shared
    try:
        meant(data)
        if _canonical(data) == _canonical(before.data):
            return text
        changed = change(plain, read_nodes(plain))
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
        YamlSyntaxError,
    ) as error:
        if isinstance(error, EditRefused):
            raise
        raise EditRefused("the definition has another form than it should", hint) from None
    after = read_yaml(changed)
    if after.faults or _canonical(after.data) != _canonical(data):
        raise EditRefused("the text would not say what is meant", hint)
    return (_BOM if text.startswith(_BOM) else "") + changed


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True)


def read_nodes(text: str) -> Node:
    """The outermost value of a text without a byte order mark, with those inside it.

    Raises:
        EditRefused: there is none.
        YamlSyntaxError: the text is not YAML.
    """
    root: Node | None = None
    stack: list[Node] = []
    for token in read_tokens(text):
        if token.kind == "document":
            continue
        if token.kind == "end":
            node = stack.pop()
            is_flow = text[node.token.start] in "{[" or text[token.end - 1 : token.end] in ("}", "]")
            node.end = token.end if is_flow else max([*(child.end for child in node.values), node.end])
            continue
        node = Node(token, _end_of(text, token))
        if stack:
            parent = stack[-1]
            is_key = parent.token.kind == "mapping" and len(parent.keys) == len(parent.values)
            (parent.keys if is_key else parent.values).append(node)
        root = root or node
        if token.kind in ("mapping", "list"):
            stack.append(node)
    if root is None:
        raise EditRefused("the definition is empty", "`httptask init` writes a first one")
    return root


def _end_of(text: str, token: Token) -> int:
    """Behind a scalar; the lines below a block of text belong to it only where it says so."""
    source = text[token.start : token.end]
    if token.kind != "scalar" or source[:1] not in ("|", ">") or _KEPT.match(source):
        return token.end
    return token.start + len(source.rstrip())


def _with_items(text: str, tasks_node: Node, target: Node, tasks: Mapping[str, Any], hint: str) -> str:
    dashes = [block_dash(text, item) for item in tasks_node.values]
    if any(dash is None for dash in dashes) or len({dash[0] for dash in dashes if dash}) != 1:
        raise EditRefused("a task begins on another line than its `-`", hint)
    [column] = {dash[0] for dash in dashes if dash}
    lines: list[str] = []
    for name, task in tasks.items():
        lines += [""] if are_apart(text, tasks_node) else []
        lines += write_lines([{name: task}], step=_step(text, tasks_node), list_indent=2)
    return with_lines(text, line_behind(text, target.end, column), lines, column)


def _has_no_task(text: str, root: Node) -> bool:
    tasks_node = root.value("do")
    return tasks_node is None or (
        not tasks_node.values and (tasks_node.is_flow(text, "list") or tasks_node.token.plain)
    )


def _with_first(text: str, root: Node, tasks: Mapping[str, Any], hint: str) -> str:
    """The text with `do`, or with tasks behind the one that has none."""
    if not root.is_block(text, "mapping"):
        raise EditRefused("the definition is not written in block style", hint)
    column = root.keys[0].token.place.column - 1
    lines = write_lines({"do": [{name: task} for name, task in tasks.items()]})
    empty = root.value("do")
    if empty is None:
        at = line_behind(text, root.values[-1].end, column)
    else:
        lines = lines[1:]
        key = next(key for key in root.keys if key.token.text == "do")
        text = text[: empty.token.start].rstrip(" ") + text[empty.end :]
        at = _LINE.match(text, key.end).end()  # type: ignore[union-attr]
    return with_lines(text, at, lines, column)


def block_dash(text: str, item: Node) -> tuple[int, int] | None:
    """Column and width of the dash before an item."""
    start = text.rfind("\n", 0, item.token.start) + 1
    found = _ITEM.fullmatch(text[start : item.token.start])
    return None if found is None else (len(found["indent"]), len(found[0]))


def _step(text: str, tasks_node: Node) -> int:
    """Columns by which tasks are indented under their names."""
    for item in tasks_node.values:
        task = item.values[0] if item.values else None
        if task is not None and task.is_block(text, "mapping"):
            return task.token.place.column - item.token.place.column
    return 2


def are_apart(text: str, tasks_node: Node) -> bool:
    """Whether a blank line stands between tasks."""
    pairs = zip(tasks_node.values, tasks_node.values[1:], strict=False)
    return any(re.search(r"\n[ \t]*\r?\n", text[one.end : other.token.start]) for one, other in pairs)


def line_behind(text: str, end: int, column: int) -> int:
    """The beginning of the line behind a value, and behind the comments that are indented deeper than `column`."""
    found = _BEHIND.match(text, end)
    if found is None:
        raise EditRefused("something else stands on the last line", "break the line there")
    behind = at = found.end()
    while at < len(text):
        line = _LINE.match(text, at)
        assert line is not None  # which even an empty one is
        content = line[0].strip()
        if content.startswith("#") and len(line[0]) - len(line[0].lstrip(" ")) > column:
            behind = line.end()
        elif content:
            break
        at = line.end()
    return behind


def with_lines(text: str, at: int, lines: Sequence[str], column: int) -> str:
    """The text with lines of its own kind at the beginning of a line, indented up to a column."""
    line_end = "\r\n" if "\r\n" in text[:at][-2:] or ("\r\n" in text and "\n" not in text[:at]) else "\n"
    before = text[:at]
    if at > 0 and text[at - 1] != "\n":  # the file ends without a line end
        line_end = "\r\n" if "\r\n" in text else "\n"
        before += line_end
    return before + "".join((" " * column + line if line else "") + line_end for line in lines) + text[at:]


def _with_secrets(text: str, root: Node, names: Sequence[str], hint: str) -> str:
    if not root.is_block(text, "mapping"):
        raise EditRefused("the definition is not written in block style", hint)
    listed = ", ".join(names)
    use = root.value("use")
    secrets = None if use is None else use.value("secrets")
    if use is None:
        return _with_use(text, root, listed)
    if secrets is not None and secrets.is_flow(text, "list"):
        at = secrets.values[-1].end if secrets.values else secrets.token.start + 1
        return f"{text[:at]}{', ' if secrets.values else ''}{listed}{text[at:]}"
    if secrets is not None and secrets.is_block(text, "list"):
        last = secrets.values[-1]
        dash = block_dash(text, last)
        if dash is not None:
            at = line_behind(text, last.end, dash[0])
            return with_lines(text, at, [f"- {name}" for name in names], dash[0])
    elif secrets is None and use.is_flow(text, "mapping"):
        at = use.token.start + 1
        added = f" secrets: [{listed}]" + ("," if use.values else " ")
        return text[:at] + added + text[at:]
    elif secrets is None and use.is_block(text, "mapping"):
        at = text.rfind("\n", 0, use.token.start) + 1
        return with_lines(text, at, [f"secrets: [{listed}]"], use.token.start - at)
    raise EditRefused("`use.secrets` has a form that can't be added to", hint)


def _with_use(text: str, root: Node, listed: str) -> str:
    """The text with `use` before its tasks."""
    names = [key.token.text for key in root.keys]
    index = names.index("do")
    column = root.keys[0].token.place.column - 1
    start = text.rfind("\n", 0, root.keys[0].token.start) + 1
    at = start if index == 0 else line_behind(text, root.values[index - 1].end, column)
    return with_lines(text, at, ["use:", f"  secrets: [{listed}]"], column)
