"""What an event that a task waits for can hold: by schemas, and by what the tasks behind it read of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from httptask.dsl.expression_parts import ExpressionUse
from httptask.dsl.expressions.lexer import Token, lex
from httptask.dsl.expressions.paths import ITEM, Path, Reading, follow_pipes, static_path, string_value
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.dsl.tasks.listen import LISTEN
from httptask.dsl.tasks.switch import SWITCH
from httptask.json.types import is_array, is_object

__all__ = ["event_schema"]

_EQUAL: Final = ("==", "!=")
_ORDERED: Final = ("<", ">", "<=", ">=")
_LOGIC: Final = ("and", "or", "(", ")", "")
_CONDITIONS: Final = ("if", "when", "while", "exceptWhen", "data")
"""Last keys of expressions that are true or false: of the last, for all of an event's data."""
_WORDS: Final = {"true": True, "false": False}


@dataclass
class _Found:
    """What is known of a value by those who read it."""

    values: list[Any] = field(default_factory=list[Any])
    is_number: bool = False
    is_condition: bool = False
    members: dict[str, "_Found"] = field(default_factory=dict[str, "_Found"])
    items: "_Found | None" = None

    def at(self, path: Path) -> "_Found":
        found = self
        for key in path:
            if key is None:  # an item
                found.items = found.items or _Found()
                found = found.items
            else:
                found = found.members.setdefault(key, _Found())
        return found

    def schema(self) -> dict[str, Any]:
        if self.members:
            return {
                "type": "object",
                "properties": {name: member.schema() for name, member in self.members.items()},
            }
        if self.items is not None:
            return {"type": "array", "items": self.items.schema()}
        values = list(dict.fromkeys(value for value in self.values if not isinstance(value, bool)))
        if self.is_condition or len(values) < len(self.values):
            return {"type": "boolean"} if not values else {"examples": [*values, True, False]}
        if self.is_number or any(not isinstance(value, str) for value in values):
            return {"type": "number", **({"examples": values} if values else {})}
        return {"type": "string", "examples": values} if values else {}


def event_schema(program: Program, node: TaskNode) -> dict[str, Any] | None:
    """JSON Schema of the data of an event that a `listen` waits for.

    What is declared of them counts, as `output.schema` of the task does; else the fields are those that conditions and
    expressions read, each with the values that it is compared with as `examples`: any other is possible.

    Args:
        program: the definition.
        node: the task.

    Returns:
        None where nothing is known, or it waits for several events that are not alike.
    """
    if node.kind is not LISTEN:
        return None
    listen = LISTEN.spec(node).listen
    if listen.read == "raw" or len(listen.to.all or ()) > 1:
        return None
    before = (ITEM, "data") if listen.read == "envelope" else (ITEM,)
    base = _kept(program, node)
    declared = _declared(node, before, base)
    if declared is not None:
        return declared
    found = _Found()
    for use, reading, path in _readings(program, node, base):
        if path[: len(before)] == before:
            _note(found.at(path[len(before) :]), use, reading)
    for use, reading, path in _filtered(program, node):
        _note(found.at(path), use, reading)
    schema = found.schema()
    return schema or None


def _kept(program: Program, node: TaskNode) -> Path | None:
    """What of the list of events the task's output is; None where it is something else."""
    if node.task.output is None or node.task.output.as_ is None:
        return ()
    for use in program.uses:
        if use.task == node.pointer and use.place == "output" and len(use.expression.readings) == 1:
            [reading] = use.expression.readings
            tokens = lex(use.expression.source, 0, braced=False).tokens
            is_all = reading.variable is None and _end(tokens, 0) == len(tokens)
            return reading.path + reading.piped if is_all else None
    return None


def _declared(node: TaskNode, before: Path, base: Path | None) -> dict[str, Any] | None:
    output = node.task.output
    schema: Any = None if output is None or output.schema_ is None else output.schema_.document
    if base is None or base != before[: len(base)]:
        return None
    for key in before[len(base) :]:
        if not is_object(schema):
            return None
        inner = schema.get("items") if key is ITEM else schema.get("properties", {}).get(key)
        first = schema.get("prefixItems")
        schema = first[0] if key is ITEM and is_array(first) and first else inner
    return schema if is_object(schema) else None


_Read = tuple[ExpressionUse, Reading, Path]


def _readings(program: Program, node: TaskNode, base: Path | None) -> Iterator[_Read]:
    """What is read of the task's output, each with its path from the list of events on."""
    follow = {other.pointer for other in _followers(program, node)}
    for use in program.uses:
        for reading in use.expression.readings:
            path = reading.path + reading.piped
            if use.task == node.pointer and use.place == "output" and reading.variable is None:
                yield use, reading, path
            elif base is None:
                continue
            elif reading.variable == "tasks" and path[:1] == (node.name,):
                seen = None if use.task is None else program.nodes[use.task].scope
                scope = program.resolve_task(seen or "", node.name)
                if scope is not None and node.pointer in scope.names[node.name]:
                    yield use, reading, base + path[1:]
            elif (use.task in follow and _sees_input(program, use, reading)) or (
                use.task == node.pointer and use.place == "export" and reading.variable is None
            ):
                yield use, reading, base + path


def _filtered(program: Program, node: TaskNode) -> Iterator[_Read]:
    """What the filters of the task read of an event's data."""
    for at, _ in LISTEN.spec(node).listen.to.places(f"{node.pointer}/listen/to"):
        for use in program.uses:
            if use.task != node.pointer:
                continue
            for reading in use.expression.readings:
                path = reading.path + reading.piped
                if reading.variable is not None:
                    continue
                if use.pointer == f"{at}/with/data":
                    yield use, reading, path
                elif use.pointer.startswith(f"{at}/correlate/") and path[:1] == ("data",):
                    yield use, reading, path[1:]


def _followers(program: Program, node: TaskNode) -> list[TaskNode]:
    """The tasks of its list that get its output as their input: by way of those, too, that pass it on."""
    pointer, place, _ = node.pointer.rsplit("/", 2)
    tasks = program.sequences[pointer].tasks
    by_name = {task.name: index for index, task in enumerate(tasks)}
    found: dict[int, TaskNode] = {}
    ways = [*_next(node, int(place), by_name)]
    while ways:
        index = ways.pop()
        if index in found or index >= len(tasks):
            continue
        other = found[index] = tasks[index]
        if other.kind is SWITCH or other.task.if_ is not None:
            ways += _next(other, index, by_name)
    return list(found.values())


def _next(node: TaskNode, index: int, by_name: dict[str, int]) -> Iterator[int]:
    if node.task.then in (None, "continue"):
        yield index + 1
    yield from (by_name[jump.target] for jump in node.jumps if jump.target in by_name)


def _sees_input(program: Program, use: ExpressionUse, reading: Reading) -> bool:
    """Whether it reads what came into its task."""
    if use.task is None or reading.variable not in (None, "input"):
        return False
    source = program.nodes[use.task].task.input
    is_raw = use.place in ("if", "input") and reading.variable is None
    return is_raw or ((source is None or source.from_ is None) and use.place in ("definition", "if"))


def _note(found: _Found, use: ExpressionUse, reading: Reading) -> None:
    """Take up what a value is compared with where it is read."""
    source, start = use.expression.source, reading.offset - use.expression.offset
    tokens = lex(source, 0, braced=False).tokens
    first = next((index for index, token in enumerate(tokens) if token.start == start), None)
    if first is None:
        return
    end = _end(tokens, first)
    before, behind = _text(tokens, first - 1), _text(tokens, end)
    if behind in _EQUAL:
        found.values += _literal(tokens, end + 1)
    elif before in _EQUAL:
        found.values += _literal(tokens, first - 2)
    elif behind in _ORDERED or before in _ORDERED:
        found.is_number = True
    elif behind == "|" and _text(tokens, end + 1) == "IN":
        at = end + 3
        while value := _literal(tokens, at):
            found.values += value
            at += 2
    elif use.pointer.rpartition("/")[2] in _CONDITIONS:
        negated = behind == "|" and _text(tokens, end + 1) == "not"
        found.is_condition |= negated or (before in _LOGIC and behind in _LOGIC)


def _end(tokens: Sequence[Token], first: int) -> int:
    """Behind the path that begins at a token, and those that its value is piped into."""
    _, end = static_path(tokens, first + (tokens[first].kind == "variable"))
    _, end = follow_pipes(tokens, first, max(end, first + 1))
    return end


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""


def _literal(tokens: Sequence[Token], at: int) -> list[Any]:
    """The value that is written out there, if one is."""
    if not 0 <= at < len(tokens):
        return []
    token = tokens[at]
    match token.kind:
        case "string":
            return [string_value(token.text)]
        case "number":
            number = float(token.text)
            return [int(number) if number.is_integer() else number]
        case _:
            return [_WORDS[token.text]] if token.text in _WORDS else []
