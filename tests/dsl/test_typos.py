"""Slips of the keyboard in names: every one is found and its cure named."""

import pytest

from httptask.dsl.compile import compile_definition
from httptask.dsl.yaml import read_yaml
from support.definitions import DEFINITION
from support.typos import KEYS, NAMES_AND_FIELDS, typos


def test_the_definition_is_sound() -> None:
    compiled = compile_definition(read_yaml(DEFINITION).data)
    assert compiled.faults == []
    assert compiled.program is not None


@pytest.mark.parametrize(("right", "wrong", "word"), typos([*NAMES_AND_FIELDS, *KEYS]))
def test_a_slip_is_found_and_its_cure_named(right: str, wrong: str, word: str) -> None:
    assert right in DEFINITION
    compiled = compile_definition(read_yaml(DEFINITION.replace(right, wrong, 1)).data)
    assert compiled.program is None
    assert any(
        word in (fault.hint or "") and "did you mean" in (fault.hint or "") for fault in compiled.faults
    )
    assert len(compiled.faults) == 1, "one slip, one fault"
