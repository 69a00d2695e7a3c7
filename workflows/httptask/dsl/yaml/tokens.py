"""The YAML parser's events, typed: the one module that knows the library."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from httptask.dsl.yaml.positions import Place

__all__ = ["Token", "YamlSyntaxError", "read_tokens"]

Kind = Literal["document", "mapping", "list", "end", "scalar", "alias"]
_KINDS: Final[dict[Any, Kind]] = {
    DocumentStartEvent: "document",
    MappingStartEvent: "mapping",
    SequenceStartEvent: "list",
    MappingEndEvent: "end",
    SequenceEndEvent: "end",
    ScalarEvent: "scalar",
    AliasEvent: "alias",
}


@dataclass(frozen=True, slots=True)
class Token:
    """One event of the parser.

    Attributes:
        start: index of its first character in the text; `end` is behind its last.
        text: a scalar's content, "" for everything else.
        plain: whether a scalar is unquoted.
        anchor: the name that it gets (`&x`) or, for an alias, repeats (`*x`).
    """

    kind: Kind
    place: Place
    start: int
    end: int
    text: str
    plain: bool
    anchor: str | None
    tag: str | None


class YamlSyntaxError(Exception):
    """The text is not YAML; `problem` is the parser's own wording, `index` its place in the text."""

    def __init__(self, problem: str, index: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.index = index


def read_tokens(text: str) -> Iterator[Token]:
    """Read a text, token by token.

    Raises:
        YamlSyntaxError: where the text stops being YAML.
    """
    parser: Any = YAML(typ="safe", pure=True)
    try:
        for event in parser.parse(text):
            kind = _KINDS.get(type(event))
            if kind is not None:
                yield _token(kind, event)
    except ReaderError as error:
        unreadable: Any = error
        message = f"the character U+{unreadable.character:04X} is not allowed"
        raise YamlSyntaxError(message, unreadable.position) from None
    except MarkedYAMLError as error:
        raise _syntax_error(error) from None


def _token(kind: Kind, event: Any) -> Token:
    mark = event.start_mark
    return Token(
        kind=kind,
        place=Place(mark.line + 1, mark.column + 1),
        start=mark.index,
        end=event.end_mark.index,
        text=event.value if kind == "scalar" else "",
        plain=kind == "scalar" and event.style is None,
        anchor=getattr(event, "anchor", None),
        tag=None if kind in ("end", "alias", "document") or event.tag is None else str(event.tag),
    )


def _syntax_error(error: Any) -> YamlSyntaxError:
    """For a quote that is never closed the place where it opens says more than the end of the text."""
    never_closed = "quoted scalar" in str(error.context) and "unexpected" in str(error.problem)
    mark = error.context_mark if never_closed else error.problem_mark
    return YamlSyntaxError(str(error.problem), 0 if mark is None else mark.index)
