"""`call: chatCompletion`: requests that the API would refuse, misspelt arguments, handlers without a tool."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.chat.check import check_body
from httptask.chat.fields.check import UNKNOWN_FIELD
from httptask.chat.fields.unknown import has_unknown, with_unknown
from httptask.chat.models import asks_for_json
from httptask.chat.rules.models import Takes
from httptask.chat.strictness import Level
from httptask.chat.tools import handler_faults
from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import closest, did_you_mean
from httptask.diagnostics.words import quoted
from httptask.dsl.expressions import has_expression
from httptask.dsl.tasks.chat.arguments import EXTRA_ARGUMENTS
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["chat_faults"]

_ANY_MODEL: Final[Mapping[str, Takes]] = {"*": {}}
"""What models and servers take is told by the configuration, which is not at hand here."""


def chat_faults(pointer: str, arguments: dict[str, Any], rules: Level) -> Iterator[Fault]:
    """What is wrong with the arguments of a chat completion beyond their types.

    Args:
        pointer: of the arguments.
        arguments: as they stand in the definition.
        rules: how strictly the request is checked.
    """
    body = {key: value for key, value in arguments.items() if key not in EXTRA_ARGUMENTS}
    misspelt = {key: near for key in body if (near := _meant_argument(key, arguments)) is not None}
    for key, near in misspelt.items():
        place, message = child_pointer(pointer, key), f"unknown key {quoted(key)}"
        yield TextFault(place, "unknown-key", message, did_you_mean(key, near), at_key=True)
    for fault in check_body(body, has_expression, level=rules, model_rules=_ANY_MODEL, provider="any"):
        if fault.pointer[1:] not in (*misspelt, *misspelt.values()):
            at, is_unknown = pointer + fault.pointer, fault.code == UNKNOWN_FIELD
            yield TextFault(at, "chat-request", fault.message, fault.hint, fault.severity, at_key=is_unknown)
    yield from _handler_faults(pointer, arguments)
    yield from _idle_faults(pointer, arguments)


def _handler_faults(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    """Handlers that no call of the model can reach, as far as its tools are written out."""
    handlers, tools = arguments.get("handlers"), arguments.get("tools", [])
    if is_object(handlers) and is_array(tools) and not has_unknown(with_unknown(tools, has_expression)):
        for name, message, hint in handler_faults(tools, handlers):
            place = child_pointer(f"{pointer}/handlers", name)
            yield TextFault(place, "unknown-tool", message, hint, at_key=True)


def _idle_faults(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    """Arguments that bring nothing about without another one."""
    has_handlers = arguments.get("handlers") or _is_misspelt("handlers", arguments)
    if "maxTurns" in arguments and not has_handlers:
        message = "`maxTurns` counts the turns of `handlers`, and there are none"
        yield _idle(pointer, "maxTurns", message, "leave it out, or add `handlers` for the tools")
    response_format = arguments.get("response_format")
    if (
        arguments.get("reask")
        and not has_expression(response_format)
        and not _may_ask_for_json(response_format)
    ):
        message = "`reask` asks again for JSON, and none is asked for"
        yield _idle(
            pointer, "reask", message, "leave it out, or say with `response_format` what the answer has to be"
        )


def _is_misspelt(name: str, arguments: dict[str, Any]) -> bool:
    return name not in arguments and any(closest(key, (name,)) for key in arguments)


def _may_ask_for_json(response_format: Any) -> bool:
    kind = response_format.get("type") if is_object(response_format) else None
    return has_expression(kind) or asks_for_json({"response_format": response_format})


def _idle(pointer: str, key: str, message: str, hint: str) -> Fault:
    return TextFault(
        child_pointer(pointer, key), "without-effect", message, hint, Severity.WARNING, at_key=True
    )


def _meant_argument(key: str, arguments: dict[str, Any]) -> str | None:
    """The argument that a key misspells: the API has fields of its own, so only what is near counts."""
    known = {"model", "messages", *EXTRA_ARGUMENTS}
    near = None if key in known else closest(key, sorted(known))
    return None if near in arguments else near
