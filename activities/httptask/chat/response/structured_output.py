"""Structured output: the JSON in an answer's text, checked against what `response_format` asks for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Fault
from httptask.json.pointer import json_pointer
from httptask.json.schema import compile_schema
from httptask.json.tree import parse
from httptask.json.types import is_object

__all__ = ["LONGEST_FAULT", "StructuredOutput", "read_structured", "schema_faults"]

_MOST_FAULTS: Final = 8
LONGEST_FAULT: Final = 200
"""Characters of a message that a model may be told."""
_BYTE_ORDER_MARK: Final = "\ufeff"
_END_OF_THOUGHT: Final = "</think>"
_NO_TEXT: Final = "the answer has no text"
_FENCES: Final = frozenset({"```", "```json", "~~~", "~~~json"})


@dataclass(frozen=True, slots=True)
class StructuredOutput:
    """The parsed answer; with faults, whose pointers lead into it, `value` is not to be used."""

    value: Any
    faults: tuple[Fault, ...] = ()


def read_structured(
    text: str, response_format: Mapping[str, Any], *, reasoning: str | None = None
) -> StructuredOutput:
    """Parse an answer and check it.

    Servers without constrained decoding wrap JSON in a Markdown code fence, and leave what a reasoning model thought
    in front of it. So where the text itself is not JSON, the answer is what follows `</think>`, and its only fence.

    Args:
        text: the whole text of the answer.
        response_format: that field of the request, of type `json_object` or `json_schema`.
        reasoning: what stands beside the text, and in place of it on servers that take the answer for a thought.
    """
    if not text.strip():
        return StructuredOutput(None, (Fault("", "no-text", _no_text(reasoning, response_format)),))
    try:
        value = _parse(text)
    except ValueError as unreadable:
        return StructuredOutput(None, (Fault("", "not-json", str(unreadable)),))
    return StructuredOutput(value, tuple(_faults(value, response_format)))


def schema_faults(value: Any, schema: Any) -> list[Fault]:
    """Where what a model wrote does not fit a schema, as far as it may be told.

    Raises:
        ValueError: it is not a schema.
    """
    errors = islice(compile_schema(schema).iter_errors(value), _MOST_FAULTS)
    return [
        Fault(json_pointer(error.instance_path), "schema", shortened(error.message, LONGEST_FAULT))
        for error in errors
    ]


def _no_text(reasoning: str | None, response_format: Mapping[str, Any]) -> str:
    """Why there is no JSON, where there is not even text."""
    if not (reasoning or "").strip():
        return _NO_TEXT
    if read_structured(reasoning or "", response_format).faults:
        return f"{_NO_TEXT}, only reasoning"
    return f"{_NO_TEXT}; its reasoning is the JSON that was asked for, which the server took for a thought"


def _faults(value: Any, response_format: Mapping[str, Any]) -> Sequence[Fault]:
    if response_format["type"] == "json_object":
        is_fit = is_object(value)
        return () if is_fit else (Fault("", "not-an-object", "the answer is JSON but not an object"),)
    declared = response_format.get("json_schema")
    schema = declared.get("schema") if is_object(declared) else None
    return () if schema is None else schema_faults(value, schema)


def _parse(text: str) -> Any:
    try:
        return _parse_json(text)
    except ValueError:
        _, thought, answer = text.partition(_END_OF_THOUGHT)
        if not thought:
            return _parse_fenced(text)
    if not answer.strip():
        raise ValueError(f"{_NO_TEXT} behind what the model thought ({_END_OF_THOUGHT})")
    try:
        return _parse_json(answer)
    except ValueError:
        return _parse_fenced(answer)


def _parse_fenced(text: str) -> Any:
    blocks = _fenced_blocks(text)
    return _parse_json(blocks[0] if len(blocks) == 1 else text)


def _parse_json(text: str) -> Any:
    try:
        return parse(text.removeprefix(_BYTE_ORDER_MARK))
    except json.JSONDecodeError as invalid:
        raise ValueError(f"not JSON: {invalid.msg} at line {invalid.lineno} column {invalid.colno}") from None


def _fenced_blocks(text: str) -> list[str]:
    """The contents of Markdown fences. A closing fence ends its line, which no JSON string can do."""
    blocks: list[str] = []
    lines: list[str] | None = None
    fence = ""
    for line in text.split("\n"):
        bare = line.strip()
        if lines is None:
            if bare.lower() in _FENCES:
                fence, lines = bare[:3], []
        elif bare.endswith(fence):
            blocks.append("\n".join([*lines, bare.removesuffix(fence)]))
            lines = None
        else:
            lines.append(line)
    return blocks
