"""Files and texts to programs or reports."""

import json
from pathlib import Path

import pytest

from httptask.diagnostics.fault import Fault
from httptask.dsl.loader import load_file, load_text
from support.definitions import DEFINITION, HEAD


def test_a_sound_file_becomes_a_program(tmp_path: Path) -> None:
    path = tmp_path / "workflow.yaml"
    path.write_text(DEFINITION)
    loaded = load_file(path)
    assert loaded.reports == []
    assert loaded.program is not None
    assert loaded.program.document == loaded.data
    assert (loaded.name, loaded.text) == (str(path), DEFINITION)


def test_json_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(load_text(DEFINITION, "").data, indent="\t"))
    assert load_file(path).program is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the file can't be read: No such file or directory"),
        (b"a: \xff", "byte 4 of the file is not UTF-8"),
        (b"", "the definition is null, not an object with `document` and `do`"),
        (b"a: " + b"x" * (1 << 20), "the text has 1.0 MiB; at most 1 MiB is read"),
        (b"a: " + "é".encode() * (1 << 20), "the text has 1.0 MiB; at most 1 MiB is read"),
    ],
)
def test_a_file_that_is_no_definition_gets_one_report(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "workflow.yaml"
    if content is not None:
        path.write_bytes(content)
    (report,) = load_file(path).reports
    assert (report.message, report.line, report.column) == (message, 1, 1)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (report,) = load_file(tmp_path).reports
    assert report.code == "unreadable"


def test_behind_a_syntax_error_nothing_is_said_to_be_missing() -> None:
    assert [report.code for report in load_text("document: { dsl: 1.0.3 }\na: b: c", "x.yaml").reports] == [
        "syntax"
    ]


def test_reports_follow_the_text() -> None:
    tasks = ["a: { sett: 1 }", "b: { set: { x: '${ lenght }', y: '${ $z }' } }", "b: { set: { y: 1, y: 2 } }"]
    text = HEAD + "do:\n" + "".join(f"  - {task}\n" for task in tasks)
    reports = load_text(text, "x.yaml").reports
    assert [(report.line, report.code) for report in reports] == [
        (3, "unknown-key"),
        (4, "unknown-function"),
        (4, "unknown-variable"),
        (5, "duplicate-task"),
        (5, "duplicate-key"),
    ]


def test_a_duplicate_key_keeps_a_program_from_running_though_its_data_would_do() -> None:
    loaded = load_text(HEAD + "do:\n  - a: { set: { x: 1 } }\ndo: []", "x.yaml")
    assert [report.code for report in loaded.reports] == ["duplicate-key"]
    assert loaded.program is None
    assert loaded.draft is not None


def test_a_warning_lets_it_run() -> None:
    loaded = load_text(HEAD + "do:\n  - a: { set: { x: 1 }, then: end }\n  - b: { set: { x: 1 } }", "x.yaml")
    assert [(report.code, report.severity) for report in loaded.reports] == [("unreachable", "warning")]
    assert loaded.program is not None


def test_reports_as_json_and_text() -> None:
    (report,) = load_text(HEAD + "do: []", "x.yaml").reports
    assert json.loads(json.dumps(report.as_json())) == {
        "file": "x.yaml",
        "line": 2,
        "column": 1,
        "pointer": "/do",
        "code": "empty",
        "severity": "error",
        "message": "`do` is empty",
        "hint": "write at least one item",
    }
    assert str(report) == "x.yaml:2:1: error[empty]: `do` is empty\n  hint: write at least one item"


def test_further_faults_get_places() -> None:
    loaded = load_text(DEFINITION, "x.yaml")
    (report,) = loaded.report([Fault("/do/0/classifyTicket/call", "code", "message")])
    assert DEFINITION.split("\n")[report.line - 1][report.column - 1 :] == "chatCompletion"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x ${ .a + $itm }", "$itm }"),
        ('"x ${ .a + $itm }"', '$itm }"'),
        ("|\n          text\n          é ${ .a + $itm }", "$itm }"),
        ('"\\ttab ${ .a + $itm }"', '"\\ttab ${ .a + $itm }"'),
    ],
)
def test_columns_are_those_of_the_expression_where_that_is_exact(value: str, shown: str) -> None:
    text = HEAD + f"do:\n  - a:\n      set:\n        b: {value}\n"
    (report,) = load_text(text, "x.yaml").reports
    assert text.split("\n")[report.line - 1][report.column - 1 :] == shown
