"""What functions call: none may come back to itself, and unfolded they have the bounds of a definition."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.bounds import MAX_DEPTH, MAX_TASKS
from httptask.dsl.locate import Token
from httptask.dsl.structure.tasks import FUNCTIONS, RawTask, raw_functions, raw_tasks
from httptask.json.pointer import json_pointer

__all__ = ["calls_in_circle", "uncalled_functions", "unfolds_too_far"]

_ITSELF = "go through a list with `for` or `map`, or come back to a task with `then`"
_TOO_MANY = (
    f"the definition has more than {MAX_TASKS} tasks, those of a function counted at each call of it",
    "loop over data with `for` or `map`",
)
_TOO_DEEP = (
    f"calls of functions inside each other nest deeper than {MAX_DEPTH} levels",
    "have one task call them in turn",
)


class _Function(NamedTuple):
    """A function: its tasks, its own first, and those of them that call others."""

    tasks: Sequence[RawTask]
    calls: Sequence[RawTask]


class _Size(NamedTuple):
    tasks: int
    depth: int


def calls_in_circle(data: dict[str, Any]) -> Iterator[tuple[tuple[Token, ...], Fault]]:
    """The calls by which functions come back to themselves, each with its fault; without them none does."""
    for call, names in _ordered(_functions(data))[1]:
        first, *others = (f"`{name}`" for name in names)
        through = f" through {', '.join(others)}" if others else ""
        message = f"the function {first} calls itself{through}"
        yield call.tokens, Fault(json_pointer((*call.tokens, "call")), "recursion", message, _ITSELF)


def unfolds_too_far(data: dict[str, Any]) -> Fault | None:
    """What is wrong with the size of a definition whose functions, in no circle, stand where they are called."""
    functions = _functions(data)
    sizes: dict[str, _Size] = {}
    for name in _ordered(functions)[0]:
        sizes[name] = _unfolded(functions[name], sizes)
    rest = [task for task in raw_tasks(data) if task.tokens[:2] != FUNCTIONS]
    whole = _unfolded(_Function(rest, _calls(rest, functions)), sizes)
    whole = whole._replace(tasks=whole.tasks + sum(sizes[name].tasks for name in uncalled_functions(data)))
    if whole.tasks <= MAX_TASKS and all(size.depth <= MAX_DEPTH for size in (whole, *sizes.values())):
        return None
    message, hint = _TOO_MANY if whole.tasks > MAX_TASKS else _TOO_DEEP
    return TextFault("/use/functions", "too-many-tasks", message, hint, at_key=True)


def uncalled_functions(data: dict[str, Any]) -> list[str]:
    """Names of the functions that no task calls."""
    called = {call for task in raw_tasks(data) if isinstance(call := task.body.get("call"), str)}
    return [
        name for name in map(str, (task.tokens[-1] for task in raw_functions(data))) if name not in called
    ]


def _unfolded(function: _Function, sizes: Mapping[str, _Size]) -> _Size:
    inside = [(len(call.tokens), sizes[str(call.body["call"])]) for call in function.calls]
    return _Size(
        len(function.tasks) + sum(size.tasks for _, size in inside),
        max([0, *(depth + size.depth for depth, size in inside)]),
    )


def _functions(data: dict[str, Any]) -> dict[str, _Function]:
    """Those of a definition by name."""
    tasks = {
        str(function.tokens[-1]): [function, *raw_tasks(function.body, function.tokens)]
        for function in raw_functions(data)
    }
    return {name: _Function(own, _calls(own, tasks)) for name, own in tasks.items()}


def _calls(tasks: Sequence[RawTask], functions: Mapping[str, object]) -> list[RawTask]:
    return [task for task in tasks if isinstance(name := task.body.get("call"), str) and name in functions]


def _ordered(functions: Mapping[str, _Function]) -> tuple[list[str], list[tuple[RawTask, Sequence[str]]]]:
    """Their names, each behind those that it calls; and the calls that lead back, each with the names on the circle."""
    order: list[str] = []
    circles: list[tuple[RawTask, Sequence[str]]] = []
    seen: set[str] = set()
    for start in functions:
        if start in seen:
            continue
        path, pending = [start], [iter(functions[start].calls)]
        seen.add(start)
        while path:
            call = next(pending[-1], None)
            if call is None:
                order.append(path.pop())
                pending.pop()
                continue
            name = str(call.body["call"])
            if name in path:
                circles.append((call, path[path.index(name) :]))
            elif name not in seen:
                seen.add(name)
                path.append(name)
                pending.append(iter(functions[name].calls))
    return order, circles
