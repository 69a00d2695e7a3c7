"""Whether data is plain JSON within the loader's bounds, for not all of it comes through the loader."""

import math
from typing import Any

from httptask.diagnostics.fault import Fault
from httptask.diagnostics.words import wrong_kind
from httptask.dsl.bounds import MAX_DEPTH
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

__all__ = ["plain_fault"]


def plain_fault(data: Any) -> Fault | None:
    """The reason why data can't be a definition at all, if there is one."""
    if not is_object(data):
        message = wrong_kind("the definition", data, "an object with `document` and `do`")
        return Fault("", "wrong-type", message, "begin with `document:`")
    pending: list[tuple[Any, str, int]] = [(data, "", 1)]
    while pending:
        value, pointer, depth = pending.pop()
        if depth > MAX_DEPTH:
            return Fault(pointer, "too-deep", f"nested deeper than {MAX_DEPTH} levels", "flatten this part")
        if not _is_json(value):
            hint = "write text, numbers, true, false, null, lists and objects"
            return Fault(pointer, "not-json", "JSON can't hold this value", hint)
        children = value.items() if is_object(value) else enumerate(value) if is_array(value) else ()
        pending += [(child, child_pointer(pointer, key), depth + 1) for key, child in children]
    return None


def _is_json(value: Any) -> bool:
    match value:
        case str():
            return _is_unicode(value)
        case float():
            return math.isfinite(value)
        case dict():
            return _has_text_keys(value)
        case _:
            return value is None or isinstance(value, bool | int | list)


def _has_text_keys(mapping: Any) -> bool:
    return all(isinstance(key, str) and _is_unicode(key) for key in mapping)


def _is_unicode(text: str) -> bool:
    """Half a surrogate pair can't be written as UTF-8."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
