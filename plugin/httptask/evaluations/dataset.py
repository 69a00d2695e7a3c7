"""Data sets: JSON Lines, CSV with a header, or a JSON array, each row with the line that it stands at."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from httptask.activities.storage import MAX_INLINE_BYTES
from httptask.calls.problem import TaskFault
from httptask.dsl.program import Program
from httptask.http.files import open_file
from httptask.interpreter.schemas import check_input
from httptask.json.tree import finite_number, refuse_constant
from httptask.json.types import is_object

__all__ = ["DataRow", "DatasetInvalid", "check_rows", "read_rows"]

_LARGEST_ROW: Final = MAX_INLINE_BYTES // 2
_MOST_FAULTS: Final = 20
_IN_JSON: Final = frozenset({"number", "integer", "boolean", "array", "object", "null"})
_LINES: Final = (".jsonl", ".ndjson")
"""Suffixes of JSON Lines, whose rows may be arrays."""
_DECODER: Final = json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite_number)


class DatasetInvalid(Exception):
    """A data set can't be used.

    Attributes:
        faults: what is wrong, each with its place: `data.jsonl:3: …`.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class DataRow:
    """One input, and the line of the file that it begins at."""

    line: int
    input: Any


def read_rows(path: Path, program: Program, limit: int | None = None) -> list[DataRow]:
    """Read a data set: `*.csv` with a header, a JSON array, or JSON Lines; empty lines are none.

    A cell of CSV is text, unless the definition's `input.schema` says otherwise of its column.

    Args:
        path: of the file.
        program: that the rows are for.
        limit: how many rows are taken.

    Raises:
        DatasetInvalid: it can't be read, or has no row.
        OSError: the file can't be read.
    """
    with open_file(path) as file:
        content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetInvalid([f"{path}: byte {error.start + 1} is not UTF-8"]) from None
    if path.suffix.lower() == ".csv":
        found = _of_csv(text, _columns(program))
    elif text.lstrip().startswith("[") and path.suffix.lower() not in _LINES:
        found = _of_array(text)
    else:
        found = _of_lines(text)
    rows: list[DataRow] = []
    try:
        for row in found:
            if limit is not None and len(rows) == limit:
                break
            rows.append(row)
    except _Fault as fault:
        raise DatasetInvalid([f"{path}:{fault.line}: {fault}"]) from None
    if not rows:
        raise DatasetInvalid([f"{path}: there is no row in it"])
    return rows


def check_rows(rows: Iterable[DataRow], program: Program, name: str) -> None:
    """Hold every row against the definition's `input.schema`.

    Raises:
        DatasetInvalid: some don't fit, or are too large; it names the first twenty.
    """
    faults: list[str] = []
    for row in rows:
        try:
            size = len(json.dumps(row.input, ensure_ascii=False).encode())
        except UnicodeEncodeError:
            faults.append(f"{name}:{row.line}: half of a surrogate pair, which is no text")
            continue
        if size > _LARGEST_ROW:
            faults.append(f"{name}:{row.line}: {size:,} bytes, more than the {_LARGEST_ROW:,} of a row")
        try:
            check_input(program.definition.input, row.input, "the row")
        except TaskFault as fault:
            faults.append(f"{name}:{row.line}: {fault.problem.detail}")
    if len(faults) > _MOST_FAULTS:
        faults[_MOST_FAULTS:] = [f"{name}: and {len(faults) - _MOST_FAULTS} more"]
    if faults:
        raise DatasetInvalid(faults)


class _Fault(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _of_lines(text: str) -> Iterator[DataRow]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield DataRow(number, _DECODER.decode(line.strip()))
            except (ValueError, RecursionError) as error:
                raise _Fault(number, f"not JSON: {_reason(error)}") from None


def _of_array(text: str) -> Iterator[DataRow]:
    at, line = text.index("[") + 1, 1 + text[: text.index("[")].count("\n")
    while True:
        begin = _after_blanks(text, at)
        line += text.count("\n", at, begin)
        if text[begin : begin + 1] == "]":
            break
        try:
            value, end = _DECODER.raw_decode(text, begin)
        except (ValueError, RecursionError) as error:
            raise _Fault(line, f"not JSON: {_reason(error)}") from None
        yield DataRow(line, value)
        at = _after_blanks(text, end)
        line += text.count("\n", begin, at)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "]":
            raise _Fault(line, "not JSON: a comma or ] is missing")
    behind = _after_blanks(text, begin + 1)
    if behind < len(text):
        line += text.count("\n", begin, behind)
        raise _Fault(line, "something follows the array; name the file *.jsonl if each line is a row")


def _of_csv(text: str, columns: Mapping[str, Any]) -> Iterator[DataRow]:
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names: list[str] = next(reader, list[str]())
        if len(set(names)) < len(names) or not all(names):
            raise _Fault(1, "the first line names the columns, each by a name of its own")
        if len(names) == 1 and (other := next((one for one in ";\t" if one in names[0]), None)):
            raise _Fault(
                1, f"there is one column, {names[0]!r}: cells are separated by commas, not by {other!r}"
            )
        last = reader.line_num
        for cells in reader:
            line, last = last + 1, reader.line_num
            if not cells:
                continue
            if len(cells) != len(names):
                raise _Fault(line, f"{len(cells)} cells, where the header has {len(names)}")
            yield DataRow(
                line, {name: _cell(cell, columns.get(name)) for name, cell in zip(names, cells, strict=True)}
            )
    except csv.Error as error:
        raise _Fault(reader.line_num, f"not CSV: {error}") from None


def _columns(program: Program) -> Mapping[str, Any]:
    """What the definition's schema says of the members of its input, by name."""
    source = program.definition.input
    document = None if source is None or source.schema_ is None else source.schema_.document
    members = document.get("properties") if is_object(document) else None
    return members if is_object(members) else {}


def _cell(text: str, schema: Any) -> Any:
    """The value of a cell: JSON where its column is to be something else than text, and it is JSON."""
    if is_object(schema) and schema.get("type") in _IN_JSON:
        with suppress(ValueError, RecursionError):
            return _DECODER.decode(text)
    return text


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"{error.msg}, at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
