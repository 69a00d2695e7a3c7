"""Slips of the keyboard in names: every one is found and its cure named."""

import pytest

from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition
from httptask.dsl.yaml import read_yaml
from support.definitions import DEFINITION, faults_of
from support.typos import FROM_ELSEWHERE, KEYS, NAMES_AND_FIELDS, WARNED, typos


def test_the_definition_is_sound() -> None:
    compiled = compile_definition(read_yaml(DEFINITION).data)
    assert compiled.faults == []
    assert compiled.program is not None


SLIPS = typos([*NAMES_AND_FIELDS, *KEYS])


@pytest.mark.parametrize(("right", "wrong", "word"), SLIPS, ids=[word for *_, word in SLIPS])
def test_a_slip_is_found_and_its_cure_named(right: str, wrong: str, word: str) -> None:
    assert right in DEFINITION
    compiled = compile_definition(read_yaml(DEFINITION.replace(right, wrong, 1)).data)
    assert compiled.program is None
    assert any(
        word in (fault.hint or "") and "did you mean" in (fault.hint or "") for fault in compiled.faults
    )
    assert len(compiled.faults) == 1, "one slip, one fault"


@pytest.mark.parametrize(
    ("text", "code", "cure"), FROM_ELSEWHERE, ids=[code for _, code, _ in FROM_ELSEWHERE]
)
def test_what_is_right_in_other_tools_is_told_once_with_its_cure(text: str, code: str, cure: str) -> None:
    [fault] = faults_of(text)
    assert fault.code == code
    assert cure in (fault.hint or "")
    assert fault.severity == (Severity.WARNING if code in WARNED else Severity.ERROR)


@pytest.mark.parametrize(
    "text",
    [
        "{ method: get, endpoint: 'https://h/$metadata' }",
        "{ method: get, endpoint: 'https://h/x?$filter=a' }",
        "{ method: post, endpoint: 'https://h/v1/models/m:predict' }",
        "{ method: post, endpoint: 'https://h:80/{+a}', body: '{a}' }",
        "{ method: post, endpoint: 'https://h', body: '${ .a }' }",
        "{ method: post, endpoint: 'https://h', body: '{\"a\": 1}', headers: { Content-Type: application/json } }",
    ],
    ids=[
        "path with a dollar",
        "query with a dollar",
        "path with a colon",
        "template",
        "body of an expression",
        "JSON text",
    ],
)
def test_what_is_meant_as_it_stands_is_not_told(text: str) -> None:
    assert faults_of(f"do: [{{ get: {{ call: http, with: {text} }} }}]") == []
