"""What an expression can see at its place."""

import pytest

from httptask.diagnostics.fault import TextFault
from support.definitions import faults_of

PLACES = {
    "workflow-input": "input: { from: '{ x: $%s }' }\ndo:\n  - a: { set: { x: 1 } }",
    "if": "do:\n  - a: { if: '$%s == 1', set: { x: 1 } }",
    "input": "do:\n  - a: { input: { from: $%s }, set: { x: 1 } }",
    "definition": "do:\n  - a: { set: { x: '${ $%s }' } }",
    "output": "do:\n  - a: { set: { x: 1 }, output: { as: $%s } }",
    "export": "do:\n  - a: { set: { x: 1 }, export: { as: $%s } }",
    "workflow-output": "do:\n  - a: { set: { x: 1 } }\noutput: { as: $%s }",
}
# dsl.md, "Runtime expression arguments", the table at its end.
TABLE = {
    "context": {"if", "input", "definition", "output", "export", "workflow-output"},
    "input": {"definition", "output", "export"},
    "output": {"export"},
    "task": {"if", "input", "definition", "output", "export"},
    "workflow": set(PLACES),
    "runtime": set(PLACES),
    "authorization": {"definition", "output", "export"},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("argument", TABLE)
def test_arguments_are_visible_where_the_standard_says(argument: str, place: str) -> None:
    codes = [fault.code for fault in faults_of(PLACES[place].replace("%s", argument))]
    assert codes == ([] if place in TABLE[argument] else [codes[0]])
    assert not codes or codes[0] in ("variable-not-here", "unknown-variable")


@pytest.mark.parametrize("place", PLACES)
def test_tasks_are_visible_but_before_the_first(place: str) -> None:
    codes = [fault.code for fault in faults_of(PLACES[place].replace("%s", "tasks.a"))]
    assert codes == (["variable-not-here"] if place == "workflow-input" else [])


LOOP = """
do:
  - outer: { set: { x: 1, colors: [red] } }
  - loop:
      for: { each: color, in: .colors, at: number }
      while: $number < 3 and $color != "red"
      do:
        - inner: { set: { x: "${ $color + $tasks.outer.x }" } }
        - nested:
            call: map
            with:
              in: $tasks.inner.x
              each: shade
              do: [{ deep: { set: { y: "${ [$color, $shade, $index, $tasks.inner] }" } } }]
  - after: { set: { x: "${ %s }" } }
"""


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("$tasks.loop", None),
        ("$tasks.outer", None),
        ("$color", "variable-not-here"),
        ("$shade", "variable-not-here"),
        ("$tasks.inner", "task-not-visible"),
        ("$tasks.deep", "task-not-visible"),
        ("$tasks.otuer", "unknown-task"),
        ("$colour", "unknown-variable"),
        ("[.[] as $x | $x]", None),
        ("reduce .[] as $x (0; . + $x)", None),
        ('$tasks["outer"]', None),
    ],
)
def test_loops_keep_their_variables_and_tasks(expression: str, code: str | None) -> None:
    text = LOOP.replace("%s", expression.replace('"', '\\"'))
    assert [fault.code for fault in faults_of(text)] == ([code] if code else [])


def test_a_name_in_two_visible_lists_is_ambiguous_only_when_it_is_read() -> None:
    tasks = "do:\n  - a: { do: [{ x: { set: { y: 1 } } }] }\n  - x: { set: { y: 1 } }\n"
    assert faults_of(tasks) == []
    (fault,) = faults_of(tasks + "  - b: { set: { y: '${ $tasks.x }' } }")
    assert fault.code == "ambiguous-task"


def test_a_name_in_a_loop_hides_the_one_outside() -> None:
    body = "[{ x: { set: { q: 1 } } }, { u: { set: { r: '${ $tasks.x.q }' } } }]"
    tasks = f"do:\n  - x: {{ set: {{ y: [1] }} }}\n  - l: {{ for: {{ in: .y }}, do: {body} }}"
    assert faults_of(tasks) == []


def test_the_place_is_that_of_the_variable() -> None:
    (fault,) = faults_of('do:\n  - a: { set: { x: "abc ${ .x + $itm }" } }')
    assert isinstance(fault, TextFault)
    assert fault.offset == len("abc ${ .x + ")
