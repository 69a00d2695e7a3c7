"""`call: httpRequest`: an address, at most one body, and values that can be sent."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import ValidationError

from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.suggest import closest
from httptask.dsl.tasks.http.arguments import BODY_ARGUMENTS
from httptask.dsl.tasks.http.pages import page_faults
from httptask.http.charset import is_charset
from httptask.http.models import BinaryBody
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["written_faults"]

_CONTENTS: Final = frozenset({"text", "json", "base64"})


def written_faults(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with the arguments of a request beyond their types.

    Args:
        pointer: of the arguments.
        arguments: as they stand in the definition.
    """
    if not _has_address(arguments):
        hint = "add `endpoint`, or `connection` with `path`"
        yield TextFault(pointer, "missing-key", "`call: httpRequest` has no address", hint, at_key=True)
    yield from _stream_faults(pointer, arguments)
    yield from page_faults(pointer, arguments)
    bodies = [key for key in BODY_ARGUMENTS if key in arguments]
    for key in bodies[1:]:
        message = f"the request has a second body, `{key}`"
        yield TextFault(
            child_pointer(pointer, key), "two-bodies", message, f"keep it or `{bodies[0]}`", at_key=True
        )
    yield from _charset_faults(pointer, arguments)
    for key in ("query", "form"):
        yield from _parameter_faults(child_pointer(pointer, key), arguments.get(key))
    yield from _part_faults(child_pointer(pointer, "multipart"), arguments.get("multipart"))
    yield from _base64_faults(child_pointer(pointer, "base64"), arguments.get("base64"))


def _stream_faults(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    if "stream" in arguments and arguments.get("output") == "raw":
        hint = "keep one of them: the events of a stream are data, not a body"
        at = child_pointer(pointer, "output")
        yield Fault(at, "raw-stream", "`output: raw` and `stream` exclude each other", hint)


def _charset_faults(pointer: str, arguments: dict[str, Any]) -> Iterator[Fault]:
    charset, at = arguments.get("charset"), child_pointer(pointer, "charset")
    if isinstance(charset, str) and not is_charset(charset):
        hint = "write one such as `windows-1252` or `iso-8859-1`; it can't be an expression"
        yield Fault(at, "unknown-charset", f"`{shortened(charset, 40)}` is no charset", hint)
    elif charset is not None and (arguments.get("output") == "raw" or "stream" in arguments):
        other = "stream" if "stream" in arguments else "output: raw"
        message = f"`charset` and `{other}` exclude each other"
        hint = "leave `charset` out: bytes have none, and events are UTF-8"
        yield TextFault(at, "raw-charset", message, hint, at_key=True)


def _has_address(arguments: dict[str, Any]) -> bool:
    """Whether there is an address, or a key that misspells one and is reported already."""
    known = ("endpoint", "connection", "path")
    return any(key in arguments for key in known) or any(closest(key, known) for key in arguments)


def _parameter_faults(pointer: str, values: Any) -> Iterator[Fault]:
    for name, value in values.items() if is_object(values) else ():
        for item in value if is_array(value) else [value]:
            if item is None or is_object(item) or is_array(item):
                message = f"`{name}` holds what can't be sent as a parameter"
                hint = "write text, a number, true, false, or a list of them"
                yield Fault(child_pointer(pointer, name), "parameter-value", message, hint)
                break


def _part_faults(pointer: str, parts: Any) -> Iterator[Fault]:
    if parts == []:
        yield TextFault(pointer, "empty", "`multipart` is empty", "write at least one part", at_key=True)
    for index, part in enumerate(parts if is_array(parts) else ()):
        if not is_object(part):
            continue
        at = child_pointer(pointer, index)
        if len(part.keys() & _CONTENTS) != 1:
            hint = "give it one of `text`, `json` and `base64`"
            yield Fault(at, "part-content", "a part has one content", hint)
        yield from _base64_faults(child_pointer(at, "base64"), part.get("base64"))


def _base64_faults(pointer: str, text: Any) -> Iterator[Fault]:
    if not isinstance(text, str) or "${" in text:
        return
    try:
        BinaryBody(base64=text)
    except ValidationError:
        hint = "write RFC 4648's alphabet with `+` and `/`, padded with `=`"
        yield Fault(pointer, "not-base64", "this is not base64", hint)
