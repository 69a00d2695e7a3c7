"""Names of single values of a sample: what an expression reads, `$` left out and tasks by their names alone."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from httptask.diagnostics.suggest import hint_for_misspelt
from httptask.dsl.expressions.paths import Path, Reading
from httptask.dsl.program import Program
from httptask.dsl.tasks.function import FUNCTION_ARGUMENTS
from httptask.dsl.tasks.kind import TaskNode
from httptask.json.types import is_array, is_object
from httptask.testrequest.sample import NotTestable, Place, Sample, find_task, transform

__all__ = ["in_function", "lacking_of", "names_read", "reads_input", "segments_of", "with_value"]

_SEGMENT: Final = re.compile(r'\.?(?P<key>[^.\["]+)|\.?\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|\[(?P<index>\d+)\]')
_PLAIN: Final = re.compile(r'[^.\["=]+')
_FIXED: Final = ("input", "context")


def with_value(sample: Sample, program: Program, task: str, name: str, value: Any) -> Sample:
    """A sample with one value in its place, whatever stood there before.

    Args:
        sample: the rest.
        program: the definition.
        task: name or JSON Pointer of the task that is tried.
        name: `input.customer.id` of the workflow's input, `.id` of the task's own, `context.id`, `fetch.body.id` of the
            output of a task, `item.id` of a loop variable; as it stands in an expression, too: `$tasks.fetch.body.id`.
        value: of it.

    Raises:
        NotTestable: there is nothing of that name.
    """
    node = find_task(program, task)
    if name.startswith("$input"):  # the task's own, and not the workflow's
        name = name.removeprefix("$input") or "."
    path = segments_of(name)
    if name.startswith("."):
        whole = sample.input if sample.task_input is None else sample.task_input
        return replace(sample, task_input=_put(whole, path, value, name))
    first, rest = path[0], path[1:]
    if (first, *rest[:1]) == ("workflow", "input"):
        first, rest = "input", rest[1:]
    if first == "input":
        return replace(sample, input=_put(sample.input, rest, value, name))
    if first == "context":
        return replace(sample, context=_put(sample.context, rest, value, name))
    if first in node.variables:
        return replace(sample, variables=_put(dict(sample.variables), path, value, name))
    if first == "tasks" and rest:
        path = rest
    known = {one.name for one in program.nodes.values()}
    if path[0] not in known:
        hint = hint_for_misspelt(str(path[0]), [*known, *node.variables, *_FIXED], mark="")
        raise NotTestable(
            f"{name}: there is no {path[0]}; "
            + (
                hint
                or "name a task or a loop variable, `input`, `context`, or `.NAME` for the task's own input"
            )
        )
    return replace(sample, outputs=_put(dict(sample.outputs), path, value, name))


def in_function(program: Program, node: TaskNode, sample: Sample) -> Sample:
    """A sample for a task inside a function: its input is what the call gives to it, where that can be told.

    Args:
        program: the definition.
        node: a task.
        sample: of what is around the call; the task's own input in it stays.

    Raises:
        ExpressionFailed: an expression of the call failed on the sample.
        TaskFault: the sample is not what a schema of the call wants.
    """
    call = program.call_around(node)
    if call is None or sample.task_input is not None:
        return sample
    around = in_function(program, call, sample)
    arguments = call.template(FUNCTION_ARGUMENTS)
    assert arguments is not None  # a call has them, if only none
    readings = [reading for _, one in arguments.expressions for reading in one.readings]
    if names_read(call, readings, around):
        return sample
    place = Place.of(program, call, around, needs_input=around.input is not None)
    return replace(sample, task_input=transform(arguments, place.execution.input, place.variables))


def lacking_of(
    program: Program, node: TaskNode, readings: Sequence[Reading], sample: Sample
) -> Sequence[str]:
    """Names of what expressions of a task read and a sample lacks; of an input that is there, of what it must have."""
    found = {*names_read(node, readings, sample)}
    asked = program.definition.input
    schema = None if asked is None or asked.schema_ is None else asked.schema_.document
    if is_object(schema) and is_object(sample.input):
        required = {*schema.get("required", ())} - sample.input.keys()
        of_input = [
            name
            for name in names_read(node, readings, replace(sample, input=None))
            if name.startswith(("input.", "input[", ".")) and name != "."
        ]
        found.update(name for name in of_input if segments_of(name.removeprefix("input"))[0] in required)
    return sorted(found)


def names_read(node: TaskNode, readings: Iterable[Reading], sample: Sample) -> Sequence[str]:
    """Names of what expressions of a task read and a sample lacks.

    Args:
        node: the task.
        readings: of its expressions, from a sample.
        sample: what is there. Of a task's output or an input that is there nothing is asked for.
    """
    lacking: Mapping[str | None, Callable[[Path], bool]] = {
        "tasks": lambda path: bool(path) and path[0] not in sample.outputs,
        "workflow": lambda path: path[:1] == ("input",) and sample.input is None,
        "context": lambda _: sample.context is None and sample.input is None,
        "input": lambda _: sample.task_input is None and sample.input is None,
        None: lambda _: sample.task_input is None and sample.input is None,
    }
    found: set[tuple[str, ...]] = set()
    for reading in readings:
        keys = _keys(reading.path)
        if reading.variable in node.variables:
            if reading.variable not in sample.variables:
                found.add((str(reading.variable), *keys))
        elif reading.variable in lacking and lacking[reading.variable](reading.path):
            hidden = reading.variable == "tasks" and keys[0] in (*_FIXED, *node.variables)
            found.add((("tasks",) if hidden else _PREFIXES[reading.variable]) + keys)
    whole = {path for path in found if not any(path[:end] in found for end in range(1, len(path)))}
    return sorted(map(_name, whole))


_PREFIXES: Final[Mapping[str | None, tuple[str, ...]]] = {
    "tasks": (),
    "workflow": (),
    "context": ("context",),
    "input": ("",),
    None: ("",),
}


def reads_input(node: TaskNode, readings: Iterable[Reading]) -> bool:
    """Whether expressions of a task read anything that comes of the workflow's input."""
    names = names_read(node, readings, Sample())
    return any(name.partition(".")[0] in ("", *_FIXED) for name in names)


def _keys(path: Path) -> tuple[str, ...]:
    """Those before the first item of a list, which nothing tells of."""
    keys: list[str] = []
    for key in path:
        if key is None:
            break
        keys.append(key)
    return tuple(keys)


def _name(path: Sequence[str]) -> str:
    name = path[0] if _PLAIN.fullmatch(path[0]) or not path[0] else f"tasks[{json.dumps(path[0])}]"
    for key in path[1:]:
        name += f".{key}" if _PLAIN.fullmatch(key) else f"[{json.dumps(key)}]"
    return name or "."


def segments_of(name: str) -> list[str | int]:
    """The keys and items that a name leads through: `input.rows[0]`; none for `.`.

    Raises:
        NotTestable: it is no name.
    """
    found: list[str | int] = []
    text, at = name.removeprefix("$"), 0
    while text != "." and at < len(text):
        segment = _SEGMENT.match(text, at)
        if segment is None:
            break
        at = segment.end()
        if segment["index"] is not None:
            found.append(int(segment["index"]))
        else:
            found.append(segment["key"] or json.loads(segment["quoted"]))
    else:
        if found or text == ".":
            return found
    raise NotTestable(f'{name}: not a name; write it as fetch.body.id, fetch.rows[0] or tasks["a.b"].id')


def _put(whole: Any, path: Sequence[str | int], value: Any, name: str) -> Any:
    """A value with another one at a place in it; objects on the way are made."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(key, str) and (whole is None or is_object(whole)):
        members = dict(whole or {})
        return {**members, key: _put(members.get(key), rest, value, name)}
    items: Any = [] if whole is None else whole
    if isinstance(key, int) and is_array(items) and key <= len(items):
        item = items[key] if key < len(items) else None
        return [*items[:key], _put(item, rest, value, name), *items[key + 1 :]]
    raise NotTestable(f"{name}: {json.dumps(key)} has no place in what is given around it")
