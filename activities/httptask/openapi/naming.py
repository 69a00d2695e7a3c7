"""Names that a person can type, and a task can have: of operations, and of APIs."""

import re
from collections.abc import Container, Iterable, Iterator
from itertools import count
from typing import Final

__all__ = ["api_name", "environment_name", "is_api_name", "operation_names", "unused_name"]

_WORDS: Final = re.compile(r"\w+")
_API: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_API: Final = 200
"""Characters: files are called by it."""
_EMPTY: Final = frozenset(
    {
        *(
            "api",
            "apis",
            "documentation",
            "docs",
            "openapi",
            "public",
            "reference",
            "rest",
            "spec",
            "specification",
        ),
        *("swagger", "the", "v1", "v2", "v3"),
    }
)
"""Words of a title that tell no API from another."""


def operation_names(operations: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """A name for each operation, by its operationId, method and path.

    The name is the operationId. What is neither letter, digit nor `_` is left out of it, and the letter behind becomes
    a capital: `repos/list-for-org` is `reposListForOrg`. Without one the name is made of method and path in the same
    way: `GET /users/{id}` is `getUsersId`. Of operations of one name the second gets a 2 behind it, and so on.
    """
    taken: set[str] = set()
    for operation_id, method, path in operations:
        wanted = _joined(operation_id) or _joined(f"{method.lower()} {path}")
        name = unused_name(wanted, taken)
        taken.add(name)
        yield name


def unused_name(wanted: str, taken: Container[str], separator: str = "") -> str:
    """The name, or where that is taken the first with a number behind it that is not, from 2 on."""
    if wanted not in taken:
        return wanted
    return next(name for number in count(2) if (name := f"{wanted}{separator}{number}") not in taken)


def api_name(title: str, file: str) -> str:
    """A name for an API: the words of its title, or else of its file, such as `star-trek`."""
    for text in (title, file):
        words = re.findall(r"[a-z0-9]+", text.lower().replace("'s", ""))
        telling = [word for word in words if word not in _EMPTY] or words
        if telling:
            return "-".join(telling)
    return "api"


def is_api_name(name: str) -> bool:
    """Whether a name is as `api_name` makes them."""
    return len(name) <= _LONGEST_API and _API.fullmatch(name) is not None


def _joined(text: str) -> str:
    words: list[str] = _WORDS.findall(text) or [""]
    first, *others = words
    return first + "".join(word[0].upper() + word[1:] for word in others)


def environment_name(text: str) -> str:
    """A text as a part of the name of an environment variable: `API_KEY` of `api-key` or `apiKey`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"\W+", "_", spaced, flags=re.ASCII).strip("_").upper() or "KEY"
