"""Definitions that are changed in place: all that was there stays, byte for byte."""

from pathlib import Path
from typing import Any

import pytest

from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.editing import EditRefused, declare_secrets, insert_tasks

ROOT = Path(__file__).parents[3]
TASKS = {"new": {"call": "httpRequest", "with": {"method": "get", "endpoint": "https://a.example/"}}}

COMMENTED = """\
# a definition
document: { dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }   # head

do:
  - one:       # first
      set: { a: 'x' }

      # of one

  # of two
  - two:
      do:
      - inner:
          set:
            text: |
              several

              lines
      # behind inner
"""

INSERTED = """
  - new:
      call: httpRequest
      with:
        method: get
        endpoint: https://a.example/
"""


def test_behind_a_task_and_its_comments() -> None:
    changed = insert_tasks(COMMENTED, "/do/0/one", TASKS)
    assert changed == COMMENTED.replace("      # of one\n", f"      # of one\n{INSERTED}")


def test_at_the_end() -> None:
    assert insert_tasks(COMMENTED, None, TASKS) == COMMENTED + INSERTED


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        pytest.param("a: 1\n", "a: 1\ndo:\nNEW", id="no do"),
        pytest.param("a: 1 # x\n# y\n", "a: 1 # x\ndo:\nNEW# y\n", id="no do, and comments"),
        pytest.param("a: 1", "a: 1\ndo:\nNEW", id="no line end"),
        pytest.param("do:\n# y\na: 1\n", "do:\nNEW# y\na: 1\n", id="nothing behind do"),
        pytest.param("do: ~  # x\na: 1\n", "do:  # x\nNEWa: 1\n", id="null"),
        pytest.param("a: 1\ndo: []", "a: 1\ndo:\nNEW", id="an empty list"),
        pytest.param("do:\n  [\n  ]\na: 1\n", "do:\nNEW\na: 1\n", id="an empty list on lines of its own"),
    ],
)
def test_the_first_task(text: str, changed: str) -> None:
    assert insert_tasks(text, None, TASKS) == changed.replace("NEW", INSERTED.removeprefix("\n"))


@pytest.mark.parametrize("text", ["", "{}", "do: later\n", "do: &x []\n", "do: {}\n", "{ a: 1, do: [] }"])
def test_no_first_task_where_something_else_stands(text: str) -> None:
    with pytest.raises(EditRefused):
        insert_tasks(text, None, TASKS)


def test_behind_a_task_in_another_one_with_its_indentation() -> None:
    changed = insert_tasks(COMMENTED, "/do/1/two/do/0/inner", TASKS)
    deeper = INSERTED.removeprefix("\n").replace("\n  ", "\n      ").replace("  - new", "      - new", 1)
    assert changed == COMMENTED.replace("lines\n", f"lines\n{deeper}")


@pytest.mark.parametrize(
    "form", ["\ufeff{}", "{}\n# the end", "{}"], ids=["with a BOM", "a last comment", "as it is"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_the_file_keeps_its_form(form: str, line_end: str) -> None:
    text = form.replace("{}", COMMENTED.rstrip("\n")).replace("\n", line_end)
    changed = declare_secrets(insert_tasks(text, None, TASKS), ["A"])
    kept = [line for line in changed.split(line_end) if "new" not in line]
    assert changed.count("\n") == changed.count(line_end)
    assert [line for line in text.split(line_end) if line not in kept] == []
    assert changed.startswith(text[:30])


def test_a_text_that_ends_in_a_line_break_at_the_end_of_a_file_that_does_not() -> None:
    text = "do:\n  - one: { set: { a: 1 } }"
    changed = insert_tasks(text, None, {"new": {"set": {"text": "line 1\nline 2\n"}}})
    assert changed == text + "\n  - new:\n      set:\n        text: |\n          line 1\n          line 2\n"


def tasks_in(data: Any, pointer: str = "") -> list[str]:
    """Pointers of all tasks."""
    found: list[str] = []
    for key, value in (
        data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    ):
        at = f"{pointer}/{key}"
        if isinstance(key, str) and pointer.rpartition("/")[0].endswith("/do") and isinstance(value, dict):
            found.append(at)
        found += tasks_in(value, at)
    return found


def test_behind_each_task_of_real_definitions() -> None:
    made, refused = 0, []
    for file in [*ROOT.glob("examples/*/workflow.yaml"), *ROOT.glob("tests/histories/definitions/*.yaml")]:
        text = file.read_text()
        for pointer in tasks_in(read_yaml(text).data):
            try:
                changed = insert_tasks(text, pointer, TASKS)
            except EditRefused as error:
                refused.append((pointer, error.hint))
                continue
            lines = iter(changed.splitlines(keepends=True))
            assert all(line in lines for line in text.splitlines(keepends=True))  # in their order
            made += 1
    assert all(pointer in hint for pointer, hint in refused)
    assert made > 4 * len(refused) > 0


FLOW = "document: { dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }\ndo: [{ one: { set: { a: 1 } } }]\n"
REFUSED = {
    "flow style": (FLOW, "block style"),
    "json": ('{"document": {}, "do": [{"one": {}}]}', "block style"),
    "an anchor": ("do: &tasks\n  - one: { set: 1 }\n", "block style"),
    "a dash alone": ("do:\n  -\n    one: { set: 1 }\n", "another line"),
    "a repeated task": (
        "do:\n  - one: &x\n      do:\n        - two: { set: 1 }\n  - other: *x\n",
        "what is meant",
    ),
    "no yaml": ("do: [", "can't be read"),
    "no tasks": ("do: later\n", "another form"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_says_what_it_can_not_change(name: str) -> None:
    text, message = REFUSED[name]
    after = "/do/0/one/do/0/two" if name == "a repeated task" else None
    with pytest.raises(EditRefused) as refused:
        insert_tasks(text, after, TASKS)
    assert message in refused.value.message
    assert refused.value.hint


HEAD = "document: { dsl: 1.0.3 }\n"
DO = "do:\n  - one: { set: 1 }\n"
SECRETS = {
    "no use": (HEAD + DO, f"{HEAD}use:\n  secrets: [A, B]\n{DO}"),
    "a comment before the tasks": (f"{HEAD}# tasks\n{DO}", f"{HEAD}use:\n  secrets: [A, B]\n# tasks\n{DO}"),
    "a list in brackets": (
        f"use: {{ secrets: [X, B] }} # s\n{DO}",
        f"use: {{ secrets: [X, B, A] }} # s\n{DO}",
    ),
    "empty brackets": (f"use: {{ secrets: [] }}\n{DO}", f"use: {{ secrets: [A, B] }}\n{DO}"),
    "braces": (
        f"use: {{ authentications: {{}} }}\n{DO}",
        f"use: {{ secrets: [A, B], authentications: {{}} }}\n{DO}",
    ),
    "empty braces": (f"use: {{}}\n{DO}", f"use: {{ secrets: [A, B] }}\n{DO}"),
    "lines": (f"use:\n  secrets:\n  - X  # x\n{DO}", f"use:\n  secrets:\n  - X  # x\n  - A\n  - B\n{DO}"),
    "other lines": (f"use:\n    # a\n    x: 1\n{DO}", f"use:\n    # a\n    secrets: [A, B]\n    x: 1\n{DO}"),
    "all there": (f"use: {{ secrets: [B, A] }}\n{DO}", f"use: {{ secrets: [B, A] }}\n{DO}"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_declared_where_others_are(name: str) -> None:
    text, expected = SECRETS[name]
    assert declare_secrets(text, ["A", "B"]) == expected


@pytest.mark.parametrize("use", ["use:\n", "use: *x\n", "use: 1\n", "use: { secrets: &s [X], also: *s }\n"])
def test_secrets_that_can_not_be_declared_by_themselves(use: str) -> None:
    with pytest.raises(EditRefused) as refused:
        declare_secrets(use + DO, ["A"])
    assert refused.value.message
