"""Builds plain data and positions from YAML events, without recursion and within bounds."""

from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from httptask.diagnostics.fault import Fault
from httptask.dsl.bounds import MAX_DEPTH
from httptask.dsl.yaml.positions import Place, Positions, Spot
from httptask.dsl.yaml.scalars import NotJsonError, not_text, read_plain, read_text
from httptask.dsl.yaml.syntax import UnquotedExpression, comment_in_expression, explain_unquoted
from httptask.dsl.yaml.tokens import Token
from httptask.json.pointer import child_pointer

__all__ = ["Builder", "LocatedFault", "StopReadingError", "place_at"]

_MAX_REPEATED: Final = 1 << 20
"""What aliases may repeat in all, in characters and 16 per value."""
_VALUE_WEIGHT: Final = 16


class LocatedFault(NamedTuple):
    """A fault found while reading text, where positions by pointer can't say the place."""

    fault: Fault
    place: Place


class StopReadingError(Exception):
    """A fault that makes the rest of the text not worth reading."""

    def __init__(self, located: LocatedFault) -> None:
        super().__init__(located.fault.message)
        self.located = located


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end hasn't been read.

    Attributes:
        weight: size of what has been read of it, in characters and `_VALUE_WEIGHT` per value.
        key: the key whose value comes next.
        keys: where each key of a mapping was first seen.
        dropped: whether it belongs to a refused key and is read for its faults only.
    """

    container: dict[str, Any] | list[Any]
    pointer: str
    anchor: str | None
    dropped: bool
    weight: int = _VALUE_WEIGHT
    key: str | None = None
    keys: dict[str, Place] = field(default_factory=dict[str, Place])
    key_place: Place | None = None
    drops_next: bool = False

    @property
    def expects_key(self) -> bool:
        return isinstance(self.container, dict) and self.key is None


@dataclass(slots=True)
class Builder:
    """The state of reading one document.

    Attributes:
        text: the document.
        misread: expressions that YAML would not read as they are meant; the parser was given filler for them.
    """

    text: str
    misread: list[UnquotedExpression]
    data: Any = None
    positions: Positions = field(default_factory=Positions)
    faults: list[LocatedFault] = field(default_factory=list[LocatedFault])
    _stack: list[_Open] = field(default_factory=list[_Open])
    _anchors: dict[str, tuple[Any, int]] = field(default_factory=dict[str, tuple[Any, int]])
    _repeated: int = 0

    def take(self, token: Token) -> None:
        """Take the next token of the document.

        Raises:
            StopReadingError: at a bound, and where no key can stand.
        """
        if token.tag is not None:
            tag = token.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "definitions are plain data: remove the tag, and quote the value if it is to be text"
            self._fault("tag", f"the tag `{tag}` is not allowed", hint, token.place)
        match token.kind:
            case "scalar":
                self._key(token) if self._expects_key() else self._scalar(token)
            case "mapping" | "list":
                self._open(token)
            case "alias":
                self._alias(token)
            case "end":
                self._close()
            case "document":
                pass

    def _expects_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].expects_key

    def _key(self, token: Token) -> None:
        frame = self._stack[-1]
        key = self._as_meant(token) or token.text
        frame.key, frame.key_place, frame.drops_next = key, token.place, False
        if token.plain and (kind := not_text(key)):
            self._fault(
                "key-not-text",
                f"the key `{key}` is {kind} to YAML",
                f'keys are text: write "{key}"',
                token.place,
            )
        if key == "<<" and token.plain:
            frame.drops_next = True
            self._fault(
                "merge-key", "YAML 1.2 has no merge key `<<`", "write the merged keys out", token.place
            )
        elif key in frame.keys:
            frame.drops_next = True
            message = f"the key `{key}` stands twice, first in line {frame.keys[key].line}"
            self._fault(
                "duplicate-key",
                message,
                "keep one of the two",
                token.place,
                child_pointer(frame.pointer, key),
            )
        frame.keys.setdefault(key, token.place)

    def _scalar(self, token: Token) -> None:
        content: Any = self._as_meant(token)
        if content is None:
            try:
                content = read_plain(token.text) if token.plain else read_text(token.text)
            except NotJsonError as error:
                self._fault("not-json", f"JSON can't hold {error}", 'make it text: "..."', token.place)
        if token.plain and (comment := comment_in_expression(self.text, token.end, content)):
            self._fault(comment.code, comment.message, comment.hint, token.place)
            content = comment.neutral
        source = self.text[token.start : token.end]
        spelled = content if isinstance(content, str) else None
        self._add(content, Spot(token.place, source=source, content=spelled))
        self._grow(token.anchor, content, _VALUE_WEIGHT + len(token.text))

    def _as_meant(self, token: Token) -> str | None:
        """The text of a scalar that holds misread expressions, with the expressions in it."""
        start, end = token.start, token.end
        inside = [found for found in self.misread if start <= found.start < end]
        if not inside:
            return None
        text = self.text[start:end]
        for found in sorted(inside, key=lambda found: -found.start):
            message, hint = explain_unquoted(self.text, found)
            self._fault("unquoted-expression", message, hint, place_at(self.text, found.start))
            text = text[: found.start - start] + found.text + text[found.end - start :]
        return text

    def _open(self, token: Token) -> None:
        if self._expects_key():
            hint = 'quote text that begins with `{` or `[`, above all an expression: "${ .x }"'
            raise self._stop("key-not-text", "an object or list can't be a key", hint, token.place)
        if len(self._stack) >= MAX_DEPTH:
            raise self._stop(
                "too-deep", f"nested deeper than {MAX_DEPTH} levels", "flatten this part", token.place
            )
        container: dict[str, Any] | list[Any] = {} if token.kind == "mapping" else []
        dropped = bool(self._stack) and (self._stack[-1].dropped or self._stack[-1].drops_next)
        pointer = self._add(container, Spot(token.place))
        self._stack.append(_Open(container, pointer, token.anchor, dropped))

    def _close(self) -> None:
        frame = self._stack.pop()
        self._grow(frame.anchor, frame.container, frame.weight)

    def _alias(self, token: Token) -> None:
        name = f"`*{token.anchor}`"
        if self._expects_key():
            raise self._stop(
                "key-not-text", f"the alias {name} can't be a key", "write the key out", token.place
            )
        if token.anchor not in self._anchors:
            hint = "write the value out, or quote text that begins with `*`"
            self._fault("unknown-alias", f"{name} repeats nothing that ends before it", hint, token.place)
        content, weight = self._anchors.get(token.anchor or "", (None, 0))
        self._repeated += weight
        if self._repeated > _MAX_REPEATED:
            message = f"aliases up to {name} repeat more than {_MAX_REPEATED >> 20} MiB of content"
            raise self._stop("alias-bomb", message, "write the parts out, or pass them as input", token.place)
        self._add(content, Spot(token.place))
        self._grow(None, content, weight)

    def _add(self, content: Any, spot: Spot) -> str:
        """Put a value into the mapping or list that is open; returns its pointer."""
        if not self._stack:
            self.data = content
            self.positions.spots[""] = spot
            return ""
        frame = self._stack[-1]
        if isinstance(frame.container, list):
            pointer = child_pointer(frame.pointer, len(frame.container))
            frame.container.append(content)
        else:
            key, frame.key = frame.key or "", None
            pointer = child_pointer(frame.pointer, key)
            spot = replace(spot, key=frame.key_place)
            if not frame.drops_next:
                frame.container[key] = content
        if not (frame.dropped or frame.drops_next):
            self.positions.spots[pointer] = spot
        return pointer

    def _grow(self, anchor: str | None, content: Any, weight: int) -> None:
        """Count a value that is complete towards what contains it, and keep it if aliases may repeat it."""
        if anchor is not None:
            self._anchors[anchor] = (content, weight)
        if self._stack:
            self._stack[-1].weight += weight

    def _pointer(self) -> str:
        """Pointer of the place being read."""
        if not self._stack:
            return ""
        frame = self._stack[-1]
        token = len(frame.container) if isinstance(frame.container, list) else frame.key
        return frame.pointer if token is None else child_pointer(frame.pointer, token)

    def _fault(self, code: str, message: str, hint: str, place: Place, pointer: str | None = None) -> None:
        at = self._pointer() if pointer is None else pointer
        self.faults.append(LocatedFault(Fault(at, code, message, hint), place))

    def _stop(self, code: str, message: str, hint: str, place: Place) -> StopReadingError:
        return StopReadingError(LocatedFault(Fault(self._pointer(), code, message, hint), place))


def place_at(text: str, index: int) -> Place:
    """The place of an index into the text."""
    line_start = text.rfind("\n", 0, index) + 1
    return Place(text.count("\n", 0, index) + 1, index - line_start + 1)
