"""URLs as curl takes them: several in one."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Final

from httptask.catalog.errors import CatalogError

__all__ = ["expand_globs"]

_MOST: Final = 100
_ESCAPED: Final = re.compile(r"\\([\[\]{}])")
_IPV6: Final = re.compile(r"\[[0-9A-Fa-f:.]{2,}(?:%25[\w.-]+)?\]")
_RANGE: Final = re.compile(r"\[(?:(\d+)-(\d+)|([A-Za-z])-([A-Za-z]))(?::(\d+))?\]")
_OWN_GLOB: Final = "add --globoff if the characters `[`, `]`, `{` and `}` of the URL are meant as they are"


def expand_globs(url: str) -> list[str]:
    """The URLs that one with `{a,b}` and `[1-3]` stands for, in the order in which curl asks for them.

    Raises:
        CatalogError: curl would refuse it, or there are too many.
    """
    parts = [list(part) for part in _parts(url)]
    count = 1
    for part in parts:
        count *= len(part)
    if count > _MOST:
        raise CatalogError(
            f"the URL stands for {count} URLs", f"at most {_MOST} become tasks: use `call: map`"
        )
    return ["".join(chosen) for chosen in product(*parts)]


def _parts(url: str) -> Iterator[list[str]]:
    index = 0
    literal = ""
    while index < len(url):
        sign = url[index]
        if (escaped := _ESCAPED.match(url, index)) is not None:
            literal += escaped[1]
            index = escaped.end()
        elif (address := _IPV6.match(url, index)) is not None and ":" in address[0]:
            literal += address[0]
            index = address.end()
        elif sign in "{[":
            yield [literal]
            literal = ""
            chosen, index = _set(url, index) if sign == "{" else _range(url, index)
            yield chosen
        elif sign in "}]":
            raise CatalogError(f"curl refuses the URL for a `{sign}` that nothing opens", _OWN_GLOB)
        else:
            literal += sign
            index += 1
    yield [literal]


def _set(url: str, opened: int) -> tuple[list[str], int]:
    items = [""]
    index = opened + 1
    while index < len(url):
        sign = url[index]
        if sign == "}" and index > opened + 1:
            return items, index + 1
        if sign in "{[]}":
            break
        if sign == "\\" and index + 1 < len(url):
            index += 1
            items[-1] += url[index]
        elif sign == ",":
            items.append("")
        else:
            items[-1] += sign
        index += 1
    raise CatalogError("curl refuses the URL for its `{`", _OWN_GLOB)


def _range(url: str, opened: int) -> tuple[list[str], int]:
    found = _RANGE.match(url, opened)
    if found is None:
        raise CatalogError("curl refuses the URL for its `[`", _OWN_GLOB)
    step = int(found[5] or 1)
    first, last = (int(found[1]), int(found[2])) if found[1] else (ord(found[3]), ord(found[4]))
    if step < 1 or first > last or (not found[1] and last - first > ord("z") - ord("a")):
        raise CatalogError("curl refuses the URL for its `[`", _OWN_GLOB)
    numbers = range(first, last + 1, step)
    if len(numbers) > _MOST:
        raise CatalogError(f"the URL stands for {len(numbers)} URLs", f"at most {_MOST} become tasks")
    width = len(found[1]) if found[1] and found[1].startswith("0") else 0
    return [f"{number:0{width}d}" if found[1] else chr(number) for number in numbers], found.end()
