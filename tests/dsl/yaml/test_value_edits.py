"""Values that are changed in a text: what is meant, in the form that it has, and no byte beside."""

import random
from typing import Any

import pytest

from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.editing import EditRefused
from httptask.dsl.yaml.value_edits import insert_item, move_item, remove_value, rename_key, set_value
from httptask.json.types import is_array
from support.definition_texts import TRIES, VALUES, at, changed_lines, pointers, spread

TEXT = """\
# the head
document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }   # one line
use:
  secrets: [A, B]
do:
  # first
  - ask:
      call: httpRequest   # of the shop
      with:
        method: get
        endpoint: "https://example.com/${ .id }"
        headers: { Accept: text/plain, X-One: '1' }

  # second
  - tell:
      if: ${ $tasks.ask.status == 200 }
      call: chatCompletion
      with:
        model: m
        messages:
          - role: system
            content: |
              Be brief.
              And kind.
          - { role: user, content: "${ $tasks.ask }" }
      then: ask
"""


@pytest.mark.parametrize(
    ("pointer", "value", "lines"),
    [
        ("/do/0/ask/with/method", "post", ["        method: post"]),
        ("/do/0/ask/call", "http", ["      call: http   # of the shop"]),
        ("/do/0/ask/with/endpoint", "https://e.com", ['        endpoint: "https://e.com"']),
        ("/do/0/ask/with/headers/X-One", "it's", ["        headers: { Accept: text/plain, X-One: 'it''s' }"]),
        (
            "/do/0/ask/with/headers/X-Two",
            2,
            ["        headers: { Accept: text/plain, X-One: '1', X-Two: 2 }"],
        ),
        (
            "/do/0/ask/with/headers",
            {"Accept": "a/b", "X-One": "1"},
            ["        headers: { Accept: a/b, X-One: '1' }"],
        ),
        ("/do/0/ask/with/body/id", 7, ["        body:", "          id: 7"]),
        ("/do/1/tell/with/messages/0/content", "Hi.", ["            content: Hi."]),
        (
            "/do/1/tell/with/messages/0/content",
            "Be brief.\nAnd quick.\n",
            ["              And quick."],
        ),
        (
            "/do/1/tell/with/messages/1/role",
            "assistant",
            ['          - { role: assistant, content: "${ $tasks.ask }" }'],
        ),
        (
            "/do/1/tell/with/messages/-",
            {"role": "user", "content": "x"},
            ["          - role: user", "            content: x"],
        ),
        ("/do/1/tell/with/stop", ["a", "b"], ["        stop:", "          - a", "          - b"]),
        ("/use/secrets/-", "C", ["  secrets: [A, B, C]"]),
        (
            "/document/title",
            "A title",
            ["document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0, title: A title }   # one line"],
        ),
        (
            "/input/schema/document/type",
            "object",
            ["input:", "  schema:", "    document:", "      type: object"],
        ),
    ],
)
def test_a_value_changes_its_lines_alone(pointer: str, value: Any, lines: list[str]) -> None:
    assert changed_lines(TEXT, set_value(TEXT, pointer, value))[1] == lines


def test_what_is_there_already_changes_nothing() -> None:
    data = read_yaml(TEXT).data
    for pointer in ("/do/0/ask", "/do/1/tell/with", "/use", "/do"):
        assert set_value(TEXT, pointer, at(data, pointer)) == TEXT


def test_an_alias_stays_as_long_as_it_stands_for_what_is_meant() -> None:
    text = "a: &x { n: 1 }\nb: { c: *x, d: 2 }\ne: [*x]\n"
    same = {"n": 1}
    assert set_value(text, "/b", {"c": same, "d": 2}) == text
    assert set_value(text, "/e", [same]) == text
    assert set_value(text, "/b/c/n", 1) == text
    assert set_value("x: { a: &x { n: 1 }, b: *x, c: 2 }\n", "/x", {"a": same, "b": same, "c": 3}) == (
        "x: { a: &x { n: 1 }, b: *x, c: 3 }\n"
    )
    assert set_value(text, "/b", {"c": same, "d": 3}) == text.replace("d: 2", "d: 3")
    assert set_value(text, "/b/c", {"n": True}) == text.replace("c: *x", "c: { n: true }")


def test_keys_and_items_are_removed() -> None:
    assert "method" not in remove_value(TEXT, "/do/0/ask/with/method")
    assert "headers: { X-One: '1' }" in remove_value(TEXT, "/do/0/ask/with/headers/Accept")
    assert "headers: { Accept: text/plain }" in remove_value(TEXT, "/do/0/ask/with/headers/X-One")
    assert "  secrets: [B]" in remove_value(TEXT, "/use/secrets/0")
    assert "          - content: |" in remove_value(TEXT, "/do/1/tell/with/messages/0/role")
    without = remove_value(TEXT, "/do/0")
    assert "# first" in without
    assert "ask:" not in without
    assert "use: {}" in remove_value(TEXT, "/use/secrets")


LINES = "a: {\n  x: 1, # X\n  # above y\n  y: 2, # Y\n  z: 3 # Z\n}\n"


@pytest.mark.parametrize(
    ("text", "pointer", "expected"),
    [
        (LINES, "/a/x", "a: {\n  # above y\n  y: 2, # Y\n  z: 3 # Z\n}\n"),
        (LINES, "/a/y", "a: {\n  x: 1, # X\n  # above y\n  z: 3 # Z\n}\n"),
        (LINES, "/a/z", "a: {\n  x: 1, # X\n  # above y\n  y: 2 # Y\n}\n"),
        (LINES.replace(" # Z", ", # Z"), "/a/z", "a: {\n  x: 1, # X\n  # above y\n  y: 2, # Y\n}\n"),
        ("a: {\n  x: 1,\n  y: 2 # Y\n}\n", "/a/y", "a: {\n  x: 1\n}\n"),
        ("a: {\n  x: 1,\n  y: 2, # Y\n}\n", "/a/y", "a: {\n  x: 1,\n}\n"),
        ("a: {\n  x: 1, # X\n  y: 2 }\n", "/a/y", "a: {\n  x: 1 # X\n  }\n"),
        ("a: {\n  x: 1 # X\n  , y: 2 }\n", "/a/y", "a: {\n  x: 1 # X\n  , }\n"),
        ("a: {\n  x: 1 # X\n  ,\n  y: 2\n}\n", "/a/y", "a: {\n  x: 1 # X\n  ,\n}\n"),
        ("a: [1, # one\n  2]\n", "/a/1", "a: [1 # one\n  ]\n"),
        ("a: [1,\n  # two\n  2]\n", "/a/0", "a: [\n  # two\n  2]\n"),
        ("a: { x: 1,\n  # above y\n  y: 2 }\n", "/a/x", "a: {\n  # above y\n  y: 2 }\n"),
        ("a: [1, 2, # both\n  3]\n", "/a/1", "a: [1, # both\n  3]\n"),
        ("a: [1, 2 # both\n]\n", "/a/1", "a: [1 # both\n]\n"),
        ("a: [1, 2] # all\n", "/a/1", "a: [1] # all\n"),
        ("a: {x, y, z: 1}\n", "/a/y", "a: {x, z: 1}\n"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_is_removed_from_brackets_leaves_the_comments_of_others(
    text: str, pointer: str, expected: str, line_end: str
) -> None:
    assert remove_value(text.replace("\n", line_end), pointer) == expected.replace("\n", line_end)


def test_tasks_are_inserted_as_the_others_stand() -> None:
    item = {"new": {"set": {"a": 1}}}
    first, last = insert_item(TEXT, "/do", 0, item), insert_item(TEXT, "/do", 2, item)
    assert changed_lines(TEXT, first)[1] == ["  - new:", "      set:", "        a: 1", ""]
    assert last == f"{TEXT}\n  - new:\n      set:\n        a: 1\n"
    assert insert_item("do: []\n", "/do", 0, item) == "do:\n  - new:\n      set:\n        a: 1\n"
    assert insert_item("do:\n- a: { set: {} }", "/do", 1, item).endswith("\n- new:\n    set:\n      a: 1\n")
    assert insert_item("do: [{ a: { set: {} } }]\n", "/do", 1, item) == (
        "do: [{ a: { set: {} } }, { new: { set: { a: 1 } } }]\n"
    )


def test_tasks_are_moved_with_their_comments() -> None:
    moved = move_item(TEXT, "/do/1", "/do", 0)
    assert [*read_yaml(moved).data["do"][0]] == ["tell"]
    assert "              And kind." in moved
    deeper = "do:\n  - a:\n      # why\n      set: { x: 1 }\n  - b:\n      do:\n        - c: { set: {} }\n"
    assert move_item(deeper, "/do/0", "/do/1/b/do", 1) == (
        "do:\n  - b:\n      do:\n        - c: { set: {} }\n        - a:\n            # why\n            set: { x: 1 }\n"
    )
    assert read_yaml(move_item(deeper, "/do/0", "/do", 2)).data["do"][1]["a"] == {"set": {"x": 1}}
    with pytest.raises(EditRefused, match="itself"):
        move_item(deeper, "/do/1", "/do/1/b/do", 0)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("a:\n  t:\n  u: 1\n", "x", "a:\n  t: x\n  u: 1\n"),
        ("a:\n  t:   # why\n  u: 1\n", "x", "a:\n  t: x   # why\n  u: 1\n"),
        ("a:\n  t:", ["x"], "a:\n  t:\n    - x"),
        ("a: {t: , u: 1}\n", "x", "a: {t: x , u: 1}\n"),
        ("a:\n  t:\t1\n", 2, "a:\n  t:\t2\n"),
        ("a:\n  t: 1 # why\n", "x\ny", "a:\n  t: |- # why\n    x\n    y\n"),
        ("a:\r\n  t: # why\r\n  u: 1\r\n", {"x": 1}, "a:\r\n  t: # why\r\n    x: 1\r\n  u: 1\r\n"),
    ],
)
def test_a_value_that_is_missing_is_written_and_a_comment_stays(text: str, value: Any, expected: str) -> None:
    assert set_value(text, "/a/t", value) == expected


COMMENTED = """\
do:
  # Of the list, and apart.

  # Asks.
  # Twice.
  - a: { set: { x: 1 } }
    # Deeper: still of a.

  # Tells.
  - b: { do: [{ d: { set: { x: 2 } } }] }

  # Ends.
  - c:
      do:
        # First.
        - e: { set: { x: 3 } }   # beside
        # Second.
        - f: { set: { x: 4 } }
  # Behind all.
"""


def test_comments_above_a_task_move_along_with_it() -> None:
    a = "  # Asks.\n  # Twice.\n  - a: { set: { x: 1 } }\n    # Deeper: still of a.\n"
    b = "  # Tells.\n  - b: { do: [{ d: { set: { x: 2 } } }] }\n"
    up = move_item(COMMENTED, "/do/1", "/do", 0)
    assert up == COMMENTED.replace(f"{a}\n{b}", f"{b}\n{a}")
    assert move_item(COMMENTED, "/do/0", "/do", 2) == up
    assert move_item(up, "/do/0", "/do", 2) == COMMENTED
    swapped = move_item(COMMENTED, "/do/2/c/do/1", "/do/2/c/do", 0)
    assert "        # Second.\n        - f: { set: { x: 4 } }\n        # First.\n        - e" in swapped
    inner = move_item(COMMENTED, "/do/1", "/do/2/c/do", 2)
    assert inner.endswith(
        "        - f: { set: { x: 4 } }\n        # Tells.\n        - b: { do: [{ d: { set: { x: 2 } } }] }\n  # Behind all.\n"
    )
    assert move_item(inner, "/do/1/c/do/2", "/do", 1) == COMMENTED
    crlf = move_item(COMMENTED.replace("\n", "\r\n"), "/do/1", "/do", 0)
    assert crlf == up.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("pointer", "to", "index", "expected"),
    [
        (
            "/do/0",
            "/do",
            2,
            "do: [{ b: {} }, { a: { x: 1 } }, { c: { do: [{ d: {} }, { e: {} }] } }]   # all\n",
        ),
        (
            "/do/1",
            "/do",
            0,
            "do: [{ b: {} }, { a: { x: 1 } }, { c: { do: [{ d: {} }, { e: {} }] } }]   # all\n",
        ),
        (
            "/do/2/c/do/0",
            "/do",
            0,
            "do: [{ d: {} }, { a: { x: 1 } }, { b: {} }, { c: { do: [{ e: {} }] } }]   # all\n",
        ),
        (
            "/do/0",
            "/do/2/c/do",
            1,
            "do: [{ b: {} }, { c: { do: [{ d: {} }, { a: { x: 1 } }, { e: {} }] } }]   # all\n",
        ),
    ],
)
def test_tasks_are_moved_within_brackets(pointer: str, to: str, index: int, expected: str) -> None:
    text = "do: [{ a: { x: 1 } }, { b: {} }, { c: { do: [{ d: {} }, { e: {} }] } }]   # all\n"
    assert move_item(text, pointer, to, index) == expected


def test_a_task_is_moved_into_brackets_and_out_of_them_unless_a_comment_would_be_lost() -> None:
    text = "do:\n  # Asks.\n  - a: { x: 1 }\n  - b: { do: [{ d: { y: 2 } }, { e: {} }] }\n"
    assert move_item(text, "/do/1/b/do/0", "/do", 2) == (
        "do:\n  # Asks.\n  - a: { x: 1 }\n  - b: { do: [{ e: {} }] }\n  - d:\n      y: 2\n"
    )
    with pytest.raises(EditRefused, match="comment"):
        move_item(text, "/do/0", "/do/1/b/do", 0)
    assert move_item(text.replace("  # Asks.\n", ""), "/do/0", "/do/1/b/do", 2) == (
        "do:\n  - b: { do: [{ d: { y: 2 } }, { e: {} }, { a: { x: 1 } }] }\n"
    )
    lines = "do:\n  - b: { do: [\n      { d: {} }, # D\n      { e: {} }, # E\n      { f: {} }\n    ] }\n"
    with pytest.raises(EditRefused, match="comment"):
        move_item(lines, "/do/0/b/do/1", "/do", 0)
    assert move_item(lines, "/do/0/b/do/2", "/do", 1) == (
        "do:\n  - b: { do: [\n      { d: {} }, # D\n      { e: {} } # E\n    ] }\n  - f: {}\n"
    )
    with pytest.raises(EditRefused, match="alone"):
        move_item("do: [{ a: { do: [{ b: {} }] } }]\n", "/do/0/a/do/0", "/do", 0)


def test_what_is_not_there_is_not_removed() -> None:
    with pytest.raises(EditRefused, match="there is nothing"):
        remove_value(TEXT, "/do/0/nothing")


@pytest.mark.parametrize(
    ("text", "pointer", "value"),
    [
        ("a: &x 1\nb: *x\n", "/a", 2),  # which would change b, too
        ("a: [1, 2]\n", "/a/7", 1),
        ("a: [", "/a", 1),
        ("", "/a", 1),
        ("a: text\n", "/a/b", 1),
        ("a: 1\n", "", 1),
    ],
)
def test_what_would_mean_something_else_is_refused(text: str, pointer: str, value: Any) -> None:
    with pytest.raises(EditRefused):
        set_value(text, pointer, value)


def test_any_value_takes_the_place_of_any_other() -> None:
    chance = random.Random(7)
    refused: list[tuple[Any, ...]] = []
    for text in spread(chance):
        data = read_yaml(text).data
        pointer = chance.choice(pointers(data))
        value = chance.choice(VALUES)
        try:
            assert set_value(text, pointer, at(data, pointer)) == text
            changed = set_value(text, pointer, value)
        except EditRefused as error:
            refused.append((pointer, value, error.message, text[:40]))
            continue
        assert at(read_yaml(changed).data, pointer) == value
        assert changed.startswith("\ufeff") == text.startswith("\ufeff")
        if "\r\n" in text:
            assert "\n" not in changed.replace("\r\n", "")
    assert len(refused) <= max(TRIES // 25, 1), refused


def test_what_is_removed_and_inserted_leaves_the_rest() -> None:
    chance = random.Random(11)
    refused: list[tuple[Any, ...]] = []
    for number, text in enumerate(spread(chance)):
        data = read_yaml(text).data
        lists = [one for one in pointers(data) if is_array(at(data, one)) and at(data, one)]
        place = chance.choice(lists)
        index = chance.randrange(len(at(data, place)) + 1)
        item = {"added": {"set": {"n": number}}}
        try:
            changed = insert_item(text, place, index, item)
            assert at(read_yaml(changed).data, f"{place}/{index}") == item
            assert remove_value(changed, f"{place}/{index}").rstrip() == text.rstrip()
        except EditRefused as error:
            refused.append((place, index, error.message, text[:40]))
    assert len(refused) <= max(TRIES // 25, 1), refused


def test_a_key_is_renamed_in_its_place() -> None:
    text = "input: # of people\n  schema: { document: { properties: { a: { type: string }, b: {} } } }\n"
    properties = "/input/schema/document/properties"
    assert rename_key(text, f"{properties}/a", "c") == text.replace("{ a: {", "{ c: {")
    assert rename_key(text, f"{properties}/b", "1") == text.replace(", b: {}", ', "1": {}')
    assert rename_key(text, "/input", "output") == text.replace("input: # of", "output: # of")
    for pointer, name, told in (
        (f"{properties}/a", "b", "there is a b already"),
        (f"{properties}/a", " ", "can be seen"),
        (f"{properties}/x", "c", "nothing at|no key at"),
        ("", "c", "nothing at|no key at"),
    ):
        with pytest.raises(EditRefused, match=told):
            rename_key(text, pointer, name)
