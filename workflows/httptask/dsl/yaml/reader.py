"""Text to plain data: bounded before anything is built, and read on after a fault wherever that is safe."""

from dataclasses import dataclass
from typing import Any, Final

from httptask.diagnostics.fault import Fault
from httptask.dsl.bounds import MAX_BYTES
from httptask.dsl.yaml.builder import Builder, LocatedFault, StopReadingError, place_at
from httptask.dsl.yaml.positions import Place, Positions
from httptask.dsl.yaml.syntax import UnquotedExpression, explain, find_unquoted_expression
from httptask.dsl.yaml.tokens import YamlSyntaxError, read_tokens

__all__ = ["Document", "read_yaml"]

_MAX_MISREAD: Final = 20


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says.

    Attributes:
        data: what could be read.
        complete: whether that is the whole text; if not, what is missing in `data` means nothing.
    """

    data: Any
    positions: Positions
    faults: tuple[LocatedFault, ...]
    complete: bool


def read_yaml(text: str) -> Document:
    """Read one YAML 1.2 document, JSON included, into plain data. Faults are returned, never raised."""
    text = text.removeprefix("\ufeff")
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        message = f"the text has {size / MAX_BYTES:.1f} MiB; at most {MAX_BYTES >> 20} MiB is read"
        fault = Fault("", "too-large", message, "pass large data as the workflow's input")
        return Document(None, Positions(), (LocatedFault(fault, Place(1, 1)),), complete=False)
    misread: list[UnquotedExpression] = []
    while True:
        builder = Builder(text, misread)
        complete = False
        try:
            _feed(builder, _with_filler(text, misread))
            complete = True
        except StopReadingError as stop:
            builder.faults.append(stop.located)
        except YamlSyntaxError as error:
            found = find_unquoted_expression(text, error.index)
            if found is not None and found not in misread and len(misread) < _MAX_MISREAD:
                misread.append(found)
                continue
            fault = Fault("", "syntax", *explain(error))
            builder.faults.append(LocatedFault(fault, place_at(text, error.index)))
        return Document(builder.data, builder.positions, tuple(builder.faults), complete)


def _feed(builder: Builder, text: str) -> None:
    documents = 0
    for token in read_tokens(text):
        documents += token.kind == "document"
        if documents > 1:
            fault = Fault(
                "", "several-documents", "`---` begins a second document", "one definition per file"
            )
            raise StopReadingError(LocatedFault(fault, token.place))
        builder.take(token)


def _with_filler(text: str, misread: list[UnquotedExpression]) -> str:
    """The text with misread expressions overwritten, so that everything else keeps its place."""
    for found in misread:
        text = text[: found.start] + "x" * (found.end - found.start) + text[found.end :]
    return text
