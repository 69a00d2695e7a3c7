"""Values that are changed in a text: what is meant, in the form that it has, and no byte beside."""

import os
import random
import re
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.editing import EditRefused
from httptask.dsl.yaml.value_edits import insert_item, move_item, remove_value, rename_key, set_value
from httptask.json.pointer import child_pointer
from httptask.json.types import is_array, is_object

ROOT = Path(__file__).parents[3]

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


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines of both that are not those at the beginning and at the end that both have."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


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


def test_a_task_is_renamed_with_what_names_it() -> None:
    renamed = rename_key(TEXT, "/do/0/ask", "look")
    assert "  - look:\n" in renamed
    assert "if: ${ $tasks.look.status == 200 }" in renamed
    assert 'content: "${ $tasks.look }"' in renamed
    assert "then: look\n" in renamed
    assert len(changed_lines(TEXT, renamed)[1]) == len(changed_lines(TEXT, renamed)[0])
    with pytest.raises(EditRefused, match="there is nothing"):
        remove_value(TEXT, "/do/0/nothing")


def test_a_case_is_renamed_alone_though_a_task_has_its_name() -> None:
    text = "do:\n  - s:\n      switch:\n        - good: { then: good } # on\n  - good: { set: { a: 1 } }\n"
    renamed = text.replace("- good: { then", "- fine: { then")
    assert rename_key(text, "/do/0/s/switch/0/good", "fine") == renamed
    assert "then: fine" in rename_key(text, "/do/1/good", "fine")


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


@lru_cache(maxsize=500)
def read(text: str) -> Any:
    """What a text says, as nobody changes it."""
    document = read_yaml(text)
    assert not document.faults
    return document.data


def variants(text: str) -> list[str]:
    """A text in the forms that editors leave behind."""
    unindented = re.sub(r"(?m)^  (?=- |    )", "", text) if "\ndo:\n  - " in text else text
    return [
        text,
        text.replace("\n", "\r\n"),
        "\ufeff" + text,
        text.rstrip("\n"),
        unindented,
        f"--- # begins\n{text}",
        re.sub(r"(?m)^( *- [\w-]+:)$", r"\1   # said of it", text),
        ANCHORS + text.replace("\ndo:", "\n# said of all\n\ndo:") if text.startswith("document:") else text,
    ]


ANCHORS = "metadata: { shared: &shared { retries: 3 }, same: *shared }\n"
FOLDERS = os.environ.get("HTTPTASK_DEFINITIONS", "").split()
"""Further definitions that are edited: the specification's examples, or those of a kit."""


@lru_cache
def corpus() -> list[str]:
    """Texts of definitions: ours, and those of the conformance kit, in the forms that there are."""
    files = [*ROOT.glob("examples/*/*.yaml"), *ROOT.glob("tests/histories/**/*.yaml")]
    texts = [TEXT, *(file.read_text() for file in sorted(files))]
    kits = [
        *ROOT.glob("tests/ctk/*.feature"),
        *(file for name in FOLDERS for file in Path(name).rglob("*.feature")),
    ]
    blocks = [
        block
        for file in sorted(kits)
        for block in re.findall(r'"""(?:yaml)?\n(.*?)"""', file.read_text(), re.DOTALL)
    ]
    texts += [dedent(block) for block in blocks if re.search("^ *document:", block, re.MULTILINE)]
    further = [file for name in FOLDERS for file in Path(name).rglob("*.y*ml")]
    texts += [text for text in (file.read_text() for file in sorted(further)) if re.search("(?m)^do:", text)]
    return [form for text in texts for form in variants(text)]


def at(data: Any, pointer: str) -> Any:
    for key in pointer.split("/")[1:]:
        data = data[int(key)] if is_array(data) else data[key.replace("~1", "/").replace("~0", "~")]
    return data


def pointers(data: Any, pointer: str = "") -> list[str]:
    pairs: Any = data.items() if is_object(data) else enumerate(data) if is_array(data) else ()
    found = [pointer] if pointer else []
    for key, value in pairs:
        found += pointers(value, child_pointer(pointer, key))
    return found


TRIES = int(os.environ.get("HTTPTASK_EDITS", "30"))
"""Edits of texts that are tried."""

VALUES: tuple[Any, ...] = (
    "text", "two words", "it's", 'say "x"', "${ .a }", "a: b", "# no comment", "yes", "1.0", "", " lead", "l1\nl2\n",
    "l1\n\n  l2", "é€😀", 7, -1.5, True, None, {}, [], {"a": 1, "b": {"c": [1, "x"]}}, [1, {"a": "b"}], "\t", "null", "- x", "{a}", "[b", "&x", "*y", "!z", "%", "@", "`", "|",
)  # fmt: skip


def test_any_value_takes_the_place_of_any_other() -> None:
    texts = corpus()
    assert len(texts) >= 300
    chance = random.Random(7)
    refused: list[tuple[Any, ...]] = []
    for number in range(TRIES):
        text = texts[number * len(texts) // TRIES]
        if read_yaml(text).faults:  # a form that is none of this text
            continue
        data = read(text)
        pointer = chance.choice(pointers(data))
        value = chance.choice(VALUES)
        try:
            assert set_value(text, pointer, at(data, pointer)) == text
            changed = set_value(text, pointer, value)
        except EditRefused as error:
            refused.append((pointer, value, error.message, text[:40]))
            continue
        assert at(read_yaml(changed).data, pointer) == value
        old, new = changed_lines(text, changed)
        written = len(str(value).split("\n")) + 12
        assert len(new) <= max(len(old), 1) + written
        assert changed.startswith("\ufeff") == text.startswith("\ufeff")
        if "\r\n" in text:
            assert "\n" not in changed.replace("\r\n", "")
    assert len(refused) <= TRIES // 25, refused


def test_what_is_removed_and_inserted_leaves_the_rest() -> None:
    texts = corpus()
    chance = random.Random(11)
    refused: list[tuple[Any, ...]] = []
    for number in range(TRIES):
        text = texts[number * len(texts) // TRIES]
        if read_yaml(text).faults:
            continue
        data = read(text)
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
    assert len(refused) <= TRIES // 25, refused
