"""Valid stand-ins for parts that are not, so that one bad task doesn't hide the faults of others."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from httptask.diagnostics.suggest import closest
from httptask.dsl.locate import Token, keys_of, value_at
from httptask.dsl.model import TaskBase
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.tasks import TASK_LIST_KEYS, task_prefix
from httptask.json.types import is_array, is_object

__all__ = ["put_task", "repair"]

_TASK: Final[dict[str, Any]] = {"set": "${ . }"}
_DOCUMENT: Final = {"dsl": "1.0.3", "namespace": "unknown", "name": "unknown", "version": "0.0.0"}
_USED: Final[dict[Token, Any]] = {
    "authentications": {},
    "catalogs": {"endpoint": "file://./catalog"},
    "errors": {"type": "https://example.invalid", "status": 500},
    "retries": {"limit": {"attempt": {"count": 1}}},
    "timeouts": {"after": "PT1S"},
}

_AROUND_TASKS: Final = (("catch",), ("fork",))
"""Keys with settings beside which tasks stand, which are not lost for a setting that is wrong."""


def repair(data: dict[str, Any], found: Found) -> None:
    """Change `data` so that it no longer has this error, touching as little as possible.

    A place that an earlier repair took away is left alone.
    """
    tokens = found.tokens
    task = task_prefix(tokens)
    if found.kind == "extra_forbidden":
        _remove(data, tokens)
        if task is not None and len(tokens) == len(task) + 1 and closest(str(tokens[-1]), ["output"]):
            _forget_output(value_at(data, task))
    elif task is not None:
        _repair_task(data, task, tokens[len(task) :], found)
    elif tokens[:1] == ("do",) and len(tokens) > 1:
        _put(data, tokens[:2], _stand_in_item(tokens[1]))
    elif tokens[:1] == ("document",):
        metadata = value_at(data, ("document", "metadata"))
        data["document"] = {**_DOCUMENT, "metadata": metadata if is_object(metadata) else {}}
    elif tokens[:1] == ("use",) and len(tokens) > 2 and tokens[1] in _USED:
        _put(data, tokens[:3], _USED[tokens[1]])
    elif tokens:
        _remove(data, tokens[:2] if tokens[0] == "use" else tokens[:1])


def put_task(data: dict[str, Any], tokens: tuple[Token, ...]) -> None:
    """Have a task stand there that does nothing."""
    _put(data, tokens, _TASK)


def _repair_task(
    data: dict[str, Any], task: tuple[Token, ...], rest: tuple[Token, ...], found: Found
) -> None:
    body = value_at(data, task)
    if not is_object(body):
        _put(data, task, _TASK)
    elif rest[:1] == ("with",) and len(rest) > 1 and is_object(body.get("with", {})):
        _repair_argument(body.setdefault("with", {}), rest[1:], found)
    elif len(rest) > 1 and rest[-2] in TASK_LIST_KEYS:
        _put(body, rest, _stand_in_item(rest[-1]))
    elif rest[:1] in _AROUND_TASKS and len(rest) > (2 if found.kind == "missing" else 1):
        _remove(body, rest[:2])
    elif rest and rest[0] in keys_of(TaskBase):
        _remove(body, rest[:1])
        _forget_output(body)
    else:
        _put(data, task, {**{key: body[key] for key in keys_of(TaskBase) if key in body}, **_TASK})


def _repair_argument(arguments: dict[str, Any], rest: tuple[Token, ...], found: Found) -> None:
    name, *inner = rest
    required: Mapping[str, Any] = {} if found.called is None else found.called.required
    if name in TASK_LIST_KEYS and len(inner) == 1:
        _put(arguments, rest, _stand_in_item(inner[0]))
    elif inner and found.kind == "string_type":
        _put(arguments, rest, "")
    elif name in required:
        arguments[str(name)] = copy.deepcopy(required[str(name)])
    else:
        _remove(arguments, (name,))


def _forget_output(task: Any) -> None:
    """What was taken away may have shaped the output: then nothing is known of its keys."""
    if is_object(task):
        task.setdefault("output", {"as": "${ [.][0] }"})


def _stand_in_item(index: Token) -> dict[str, Any]:
    return {f"#{index}": _TASK}


def _put(data: Any, tokens: tuple[Token, ...], value: Any) -> None:
    container = value_at(data, tokens[:-1])
    last = tokens[-1]
    if is_object(container):
        container[str(last)] = copy.deepcopy(value)
    elif is_array(container) and isinstance(last, int):
        container[last] = copy.deepcopy(value)


def _remove(data: Any, tokens: tuple[Token, ...]) -> None:
    container = value_at(data, tokens[:-1])
    if is_object(container):
        container.pop(str(tokens[-1]), None)
