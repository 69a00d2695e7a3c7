"""Damaged definitions: no exception, every report with a place, none slow, none accepted that is not valid.

    PYTHONPATH=tests uv run python tests/dsl/test_fuzz.py 10000

looks at as many, others each time; the tests at 700, and before a release at 2,000.
"""

import random
import sys
import time
from collections.abc import Callable

import pytest

from httptask.diagnostics.fault import Severity
from httptask.dsl.loader import Loaded, load_text
from support.definitions import HEAD, standard

BATCHES, ROUNDS = 8, 250
DEFINITION = (
    HEAD
    + """use: { secrets: [KEY] }
do:
  - ask:
      call: chatCompletion
      with:
        model: m
        messages: [{ role: user, content: "Hi ${ $workflow.input.text }" }]
  - route:
      switch: [{ done: { when: .text == "x", then: end } }, { other: { then: loop } }]
  - loop:
      for: { each: todo, in: $tasks.ask.json }
      do:
        - post:
            call: http
            with: { method: post, endpoint: https://example.com, headers: { a: "${ $secrets.KEY }" } }
        - keep: { set: { x: "${ $todo }" }, export: { as: "${ $output.x }" } }
  - colors: { for: { in: [{ name: red }, { name: "${ .x }" }] }, do: [{ color: { set: { x: "${ $item.name }" } } }] }
  - both:
      fork:
        branches:
          - nap: { wait: PT1S, timeout: { after: { seconds: 5 } } }
          - stop: { if: .x == "y", raise: { error: { type: "https://example.com/e", status: 409, title: T } } }
"""
)
PIECES = (
    "\t", "\n", " ", ":", ": ", "- ", "{", "}", "[", "]", '"', "'", "${", "${ .x }", "#", "&a ", "*a", "!!x ", "|", ">",
    "?", "null", "1", "true", "\u2028", "é", "$secrets.X", "$tasks.x", "/~", "\\", "%", "\x00", "\n---\n", "\n    ",
    "do:", "set: ", "call: http", "then: end", "for: {}", "with: ", "try: ", "fork: ", "branches: ", "in: [{}]", "${ def f: 1; f }", "[[[[", "{a: {a: ",
)  # fmt: skip


def damaged(chance: random.Random) -> str:
    text = DEFINITION
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(text)), chance.randint(0, 12)
        match chance.randrange(5):
            case 0:
                text = text[:at] + text[at + length :]
            case 1:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + chance.choice(PIECES) + text[at + length :]
            case 3:
                text = text[:at] + text[at : at + length] + text[at:]
            case _:
                lines = text.split("\n")
                line = chance.randrange(len(lines))
                lines[line] = chance.choice(["", "  " + lines[line], lines[line][2:], chance.choice(lines)])
                text = "\n".join(lines)
    return text


def check(loaded: Loaded) -> None:
    lines = loaded.text.split("\n")
    failed = False
    for report in loaded.reports:
        failed = failed or report.severity is Severity.ERROR
        assert 1 <= report.line <= len(lines) + 1
        assert report.column >= 1
        assert report.message
        assert report.pointer == "" or report.pointer.startswith("/")
    assert (loaded.program is None) == failed
    assert failed or standard().is_valid(loaded.data), loaded.text


def test_the_undamaged_definition_is_sound() -> None:
    assert load_text(DEFINITION, "sound.yaml").reports == []


@pytest.mark.parametrize("seed", range(BATCHES))
def test_damaged_definitions(seed: int, fewer: Callable[[int], int]) -> None:
    chance = random.Random(seed)
    assert max(look_at(damaged(chance)) for _ in range(fewer(ROUNDS))) < 1


def look_at(text: str) -> float:
    """Load a text, and hold what is told of it; returns how many seconds of the processor that took."""
    started = time.process_time()  # other processes of this machine are no fault of the text's
    loaded = load_text(text, "damaged.yaml")
    seconds = time.process_time() - started
    assert seconds < 1, text
    check(loaded)
    return seconds


if __name__ == "__main__":
    chance = random.Random()
    slowest = max(look_at(damaged(chance)) for _ in range(int(sys.argv[1])))
    print(f"{sys.argv[1]} damaged definitions; the slowest took {slowest:.3f} s")
