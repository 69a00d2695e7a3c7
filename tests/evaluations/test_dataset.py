"""Data sets: each row with its line, and what is wrong with it before anything is sent."""

from pathlib import Path

import pytest

from httptask.dsl.compile import compile_definition
from httptask.dsl.program import Program
from httptask.evaluations import DatasetInvalid, check_rows, read_rows
from support.definitions import parse

TYPES = "n: { type: integer }, deep: { type: array }, text: { type: string }"


@pytest.fixture
def program() -> Program:
    text = "input: { schema: { document: { type: object, required: [n], properties: { %s } } } }\ndo: [{ a: { set: { b: 1 } } }]"
    found = compile_definition(parse(text % TYPES)).program
    assert found is not None
    return found


FILES = {
    "lines": ("d.jsonl", '{"n": 1}\r\n\n  {"n": 2}\n', [(1, {"n": 1}), (3, {"n": 2})]),
    "an array": ("d.json", ' [\n{"n": 1},\n\n{"n":\n2}\n,3]', [(2, {"n": 1}), (4, {"n": 2}), (6, 3)]),
    "lines that are arrays": ("d.jsonl", "[1]\n[2, 3]\n", [(1, [1]), (2, [2, 3])]),
    "a large cell": ("d.csv", f"n,text\n1,{'x' * 200_000}\n", [(2, {"n": 1, "text": "x" * 200_000})]),
    "cells by the schema": (
        "d.csv",
        'n,deep,text\n1,"[1, 2]",12\n"x","\ny",z\n3,,\n',
        [
            (2, {"n": 1, "deep": [1, 2], "text": "12"}),
            (3, {"n": "x", "deep": "\ny", "text": "z"}),
            (5, {"n": 3, "deep": "", "text": ""}),
        ],
    ),
}


@pytest.mark.parametrize(("name", "text", "expected"), FILES.values(), ids=FILES)
def test_rows_know_their_lines(
    tmp_path: Path, program: Program, name: str, text: str, expected: list[tuple[int, object]]
) -> None:
    path = tmp_path / name
    path.write_text(text, newline="")
    assert [(row.line, row.input) for row in read_rows(path, program)] == expected
    assert len(read_rows(path, program, limit=1)) == 1


BROKEN = {
    "a line": ("d.jsonl", '{"n": 1}\n{"n" 2}\n', ":2: not JSON"),
    "a number that JSON lacks": ("d.jsonl", '{"n": NaN}', ":1: not JSON: NaN is not JSON"),
    "an array without end": ("d.json", "[1,\n2", ":2: not JSON: a comma or ] is missing"),
    "an array without comma": ("d.json", "[1\n2]", ":2: not JSON: a comma"),
    "an item": ("d.json", "[1,\nx]", ":2: not JSON"),
    "a cell too many": ("d.csv", "a,b\n1,2\n1,2,3\n", ":3: 3 cells, where the header has 2"),
    "something behind an array": ("d.json", "[1]\n[2]\n", ":2: something follows the array"),
    "semicolons": ("d.csv", "a;b\n1;2\n", ":1: there is one column, 'a;b': cells are separated by commas"),
    "a name twice": ("d.csv", "a,a\n1,2\n", ":1: the first line names the columns"),
    "a quote": ("d.csv", 'a,b\n"1"2,3\n', ":2: not CSV"),
    "nothing": ("d.jsonl", "\n", ": there is no row in it"),
    "no text": ("d.jsonl", "\udcff", ": byte 1 is not UTF-8"),
}


@pytest.mark.parametrize(("name", "text", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_data_set(
    tmp_path: Path, program: Program, name: str, text: str, expected: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DatasetInvalid) as invalid:
        read_rows(path, program)
    assert f"{path}{expected}" in str(invalid.value)


def test_rows_that_do_not_fit_are_told_by_their_lines(tmp_path: Path, program: Program) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"n": 1}\n{"n": "1"}\n' + "{}\n" * 21 + f'{{"n": 1, "text": "{"x" * 1_000_000}"}}\n')
    with pytest.raises(DatasetInvalid) as invalid:
        check_rows(read_rows(path, program), program, "d.jsonl")
    first, second, *_, last = invalid.value.faults
    assert first == 'd.jsonl:2: the row does not fit its schema: /n: "1" is not of type "integer"'
    assert second == 'd.jsonl:3: the row does not fit its schema: /: "n" is a required property'
    assert (len(invalid.value.faults), last) == (21, "d.jsonl: and 3 more")
