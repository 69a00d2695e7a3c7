"""Slips of the keyboard in names: every one is found and its cure named."""

import random

import pytest

from httptask.dsl.compile import compile_definition
from httptask.dsl.yaml import read_yaml
from support.definitions import DEFINITION

WORDS = [
    ("{}:", "document"),
    (", {}:", "namespace"),
    (", {}:", "version"),
    ("use: {{ {}:", "secrets"),
    ("call: {}", "httpRequest"),
    ("call: {}", "chatCompletion"),
    ("{}:", "messages"),
    ("      {}:", "output"),
    ("      {}:", "switch"),
    ("{}:", "when"),
    ("then: {}", "notifyTeam"),
    ("then: {}", "finishQuietly"),
    ("$tasks.{}.priority", "classifyTicket"),
    ("$tasks.{}.summary", "classifyTicket"),
    ("$tasks.classifyTicket.{} ==", "priority"),
    ("$tasks.classifyTicket.{}", "summary"),
    ("$secrets.{}", "SLACK_WEBHOOK"),
    ("{}:", "method"),
    ("{}:", "endpoint"),
    ("{}:", "headers"),
    ("{}:", "timeout"),
    ("after: {{ {}:", "seconds"),
    ("      {}:", "metadata"),
]
"""The text around a word, and the word."""


def slips(word: str, seed: int) -> set[str]:
    """A dropped, a doubled and a pair of swapped letters, the first letter left alone."""
    chance = random.Random(f"{word}{seed}")
    at = chance.randrange(1, len(word) - 1)
    dropped = word[:at] + word[at + 1 :]
    doubled = word[:at] + word[at] + word[at:]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return {dropped, doubled, swapped} - {word}


CASES = [
    pytest.param(around.format(word), around.format(slip), word, id=f"{word}-{slip}")
    for seed, (around, word) in enumerate(WORDS)
    for slip in sorted(slips(word, seed))
]


def test_the_definition_is_sound() -> None:
    compiled = compile_definition(read_yaml(DEFINITION).data)
    assert compiled.faults == []
    assert compiled.program is not None


@pytest.mark.parametrize(("right", "wrong", "word"), CASES)
def test_a_slip_is_found_and_its_cure_named(right: str, wrong: str, word: str) -> None:
    assert right in DEFINITION
    compiled = compile_definition(read_yaml(DEFINITION.replace(right, wrong, 1)).data)
    assert compiled.program is None
    assert any(
        word in (fault.hint or "") and "did you mean" in (fault.hint or "") for fault in compiled.faults
    )
    assert len(compiled.faults) == 1, "one slip, one fault"
