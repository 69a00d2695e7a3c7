"""The YAML parser's events, typed: the one module that knows the library."""

import threading
from collections import OrderedDict
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
from ruamel.yaml.scanner import Scanner, ScannerError

from httptask.dsl.yaml.positions import Place

__all__ = ["Token", "YamlSyntaxError", "keep_tokens", "read_tokens"]

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


_VERSIONS: Final = ((1, 1), (1, 2))
_NO_BREAKS: Final = {"\x85": "\U0010f885", "\u2028": "\U0010f828", "\u2029": "\U0010f829"}
"""What is text like any other since YAML 1.2 (section 5.4), but breaks lines for the library, and what that reads."""
_FOR_LIBRARY: Final = str.maketrans(_NO_BREAKS)
_FROM_LIBRARY: Final = str.maketrans({instead: real for real, instead in _NO_BREAKS.items()})
_ENDS: Final = "#\r\n\0"
"""What may follow the white space of a line that holds nothing else; the reader ends in a NUL."""


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


class _Scanner(Scanner):
    """The library's scanner, with the white space and the versions of YAML 1.2.2."""

    reader: Any

    def scan_to_next_token(self) -> None:
        """Skip tabs as well where they separate (section 6.2) or stand before a comment or the end of a line (6.6)."""
        library: Any = super()
        library.scan_to_next_token()
        while self.reader.peek() == "\t" and not _indents(self.reader):
            while self.reader.peek() in " \t":
                self.reader.forward()
            self.allow_simple_key = False  # no key of a block mapping stands behind a tab
            library.scan_to_next_token()

    def scan_yaml_directive_value(self, start_mark: Any) -> Any:
        """The version that `%YAML` names; the parser asserts that it is a known one."""
        library: Any = super()
        try:
            version = library.scan_yaml_directive_value(start_mark)
        except ValueError:  # more digits than Python reads
            version = None
        if version not in _VERSIONS:
            raise ScannerError(None, None, "found incompatible YAML document", start_mark)
        return version


def _indents(reader: Any) -> bool:
    """Whether the white space here stands between the beginning of a line and what it holds."""
    before: str = reader.buffer[reader.pointer - reader.column : reader.pointer]
    ahead = 0
    while reader.peek(ahead) in " \t":
        ahead += 1
    return not before.strip(" ") and reader.peek(ahead) not in _ENDS


class _Kept:
    """The tokens of the texts that were read last, as a whole and without a fault."""

    def __init__(self) -> None:
        self.most = 0
        self._by_text: OrderedDict[str, tuple[Token, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> tuple[Token, ...] | None:
        with self._lock:
            return self._by_text.get(text)

    def put(self, text: str, tokens: list[Token]) -> None:
        with self._lock:
            self._by_text[text] = tuple(tokens)
            while len(self._by_text) > self.most:
                self._by_text.popitem(last=False)


_kept: Final = _Kept()


def keep_tokens(texts: int) -> None:
    """Keep the tokens of so many texts from now on: for who reads the same ones again and again, as an editor does."""
    _kept.most = texts


def read_tokens(text: str) -> Iterator[Token]:
    """Read a text, token by token: whoever stops in between has read no further.

    Raises:
        YamlSyntaxError: where the text stops being YAML.
    """
    kept = _kept.get(text) if _kept.most else None
    if kept is not None:
        yield from kept
        return
    read: list[Token] = []
    for token in _parsed(text):
        if _kept.most:
            read.append(token)
        yield token
    if _kept.most:
        _kept.put(text, read)


def _parsed(text: str) -> Iterator[Token]:
    parser: Any = YAML(typ="safe", pure=True)
    parser.Scanner = _Scanner
    try:
        for event in parser.parse(text.translate(_FOR_LIBRARY)):
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
        text=event.value.translate(_FROM_LIBRARY) if kind == "scalar" else "",
        plain=kind == "scalar" and event.style is None,
        anchor=getattr(event, "anchor", None),
        tag=None if kind in ("end", "alias", "document") or event.tag is None else str(event.tag),
    )


def _syntax_error(error: Any) -> YamlSyntaxError:
    """For a quote that is never closed the place where it opens says more than the end of the text."""
    never_closed = "quoted scalar" in str(error.context) and "unexpected" in str(error.problem)
    mark = error.context_mark if never_closed else error.problem_mark
    return YamlSyntaxError(str(error.problem), 0 if mark is None else mark.index)
