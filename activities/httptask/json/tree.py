"""JSON values as trees: reading them strictly, and changing the texts in them."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NoReturn

from httptask.json.types import is_array, is_object

__all__ = [
    "MAX_DEPTH",
    "UnusableJson",
    "canonical",
    "check_depth",
    "compact",
    "digits_of",
    "finite_number",
    "infinite_numbers",
    "map_texts",
    "objects_in",
    "parse",
    "parse_piece",
    "refuse_constant",
    "text_of",
    "texts_of",
    "whole_characters",
]

MAX_DEPTH = 100
"""Deepest nesting accepted: what stores and serialises results downstream has limits of its own near 250."""

_OUT_OF_RANGE: Final = "a number is out of range"
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class UnusableJson(ValueError):
    """What no program here could hold, though it is written as JSON is; the text says why."""


def parse(text: str) -> Any:
    """Reads JSON as RFC 8259 has it: no NaN, no infinity, no nesting past `MAX_DEPTH`.

    Half of a surrogate pair, which a model's answer cut by a token limit may hold, becomes U+FFFD:
    it has no UTF-8 form and could not be stored.

    Raises:
        JSONDecodeError: it is no such document.
        UnusableJson: it is nested too deeply, or holds a number that is out of range or none.
    """
    value = parse_piece(text)
    return whole_characters(value) if _SURROGATE_ESCAPE.search(text) else value


def parse_piece(text: str) -> Any:
    """Reads JSON as `parse` does, with halves of surrogate pairs left for whoever joins the pieces.

    Raises:
        JSONDecodeError: it is no such document.
        UnusableJson: as `parse` does.
    """
    try:
        value = _decoder.decode(text)
    except RecursionError:
        raise UnusableJson("it is nested too deeply") from None
    except (json.JSONDecodeError, UnusableJson):
        raise
    except ValueError:  # a whole number of more digits than Python reads
        raise UnusableJson(_OUT_OF_RANGE) from None
    check_depth(value, text)
    return value


def check_depth(value: Any, text: str) -> None:
    """Refuses what is nested past `MAX_DEPTH`: how deep Python's own decoder goes differs by its version.

    Args:
        value: what was read.
        text: the JSON that it was read from.

    Raises:
        UnusableJson: it is nested too deeply.
    """
    # What opens at most so often is no deeper; events of a stream are told so without a walk through each.
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth_exceeds(value, MAX_DEPTH):
        raise UnusableJson("it is nested too deeply")


def whole_characters(value: Any) -> Any:
    """The same tree with halves of surrogate pairs joined, or replaced by U+FFFD where the other half is missing."""
    return map_texts(value, _pair_surrogates)


def refuse_constant(name: str) -> NoReturn:
    """`parse_constant` for the json module: no NaN, no infinity.

    Raises:
        UnusableJson: always.
    """
    raise UnusableJson(f"{name} is not JSON")


def finite_number(digits: str) -> float:
    """`parse_float` for the json module: no number too large for a double.

    Raises:
        UnusableJson: it is too large.
    """
    number = float(digits)
    if not math.isfinite(number):
        raise UnusableJson(_OUT_OF_RANGE)
    return number


def infinite_numbers(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where in a tree there are numbers that JSON does not have: NaN and the infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        yield at
    elif is_array(value):
        for index, item in enumerate(value):
            yield from infinite_numbers(item, (*at, index))
    elif is_object(value):
        for key, item in value.items():
            yield from infinite_numbers(item, (*at, key))


_decoder = json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite_number)


def canonical(value: Any) -> str:
    """One text for values that are equal as JSON: sorted keys, no spaces, 1.0 as 1."""
    return json.dumps(_whole_numbers(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def compact(value: Any) -> str:
    """JSON without white space, in the order and with the letters that the value has."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The same tree with every text in it, keys included, passed through `change`."""
    if isinstance(value, str):
        return change(value)
    if is_array(value):
        return [map_texts(item, change) for item in value]
    if is_object(value):
        return {change(key): map_texts(item, change) for key, item in value.items()}
    return value


def texts_of(value: Any) -> list[str]:
    """Every text of a tree, keys and the digits of whole numbers included, in no order that means anything."""
    rest, texts = [value], list[str]()
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, list):  # told here and not by `is_array`: every answer is walked through
            rest += one
        elif isinstance(one, dict):
            texts += one
            rest += one.values()
        elif (digits := digits_of(one)) is not None:
            texts.append(digits)
    return texts


def digits_of(value: Any) -> str | None:
    """The digits of a whole number, which servers may write as 12345678.0 or 1.2345678e7; None for anything else."""
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return str(int(value)) if is_whole else None


def _depth_exceeds(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [child for container in level for child in _children(container)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if is_object(value):
        return value.values()
    return value if is_array(value) else ()


def _pair_surrogates(text: str) -> str:
    return (
        text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    )


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if is_array(value):
        return [_whole_numbers(item) for item in value]
    return {key: _whole_numbers(item) for key, item in value.items()} if is_object(value) else value


def text_of(value: Any) -> str:
    """A value if it is text, else an empty text."""
    return value if isinstance(value, str) else ""


def objects_in(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list, with their index; nothing when it is no list."""
    for index, item in enumerate(value if is_array(value) else ()):
        if is_object(item):
            yield index, item
