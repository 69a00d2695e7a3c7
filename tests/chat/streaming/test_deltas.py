from copy import deepcopy
from typing import Any

import pytest

from httptask.chat.streaming.deltas import extend, index_of, joined_base64, merge, same_type


@pytest.mark.parametrize(
    ("told", "index"),
    [
        (0, 0),
        (7, 7),
        ("7", 7),
        ("123456789", 123456789),
        ("1234567890", None),
        ("-1", None),
        ("x", None),
        ("", None),
        (2.0, 2),
        (1.5, None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ([0], None),
    ],
)
def test_an_index_is_a_whole_number_or_the_text_of_one(told: Any, index: int | None) -> None:
    read = index_of(told)
    assert (read, type(read)) == (index, type(index))


def test_pieces_of_an_object_are_put_together() -> None:
    into: dict[str, Any] = {
        "id": "",
        "type": "a",
        "text": "H",
        "map": {"text": "x"},
        "list": [1],
        "n": 1,
        "old": "o",
    }
    merge(
        into,
        {"old": None, "id": "i", "type": "b", "text": "i", "map": {"text": "y", "n": 2}, "list": [2], "n": 2},
    )
    merge(into, {"new": "n", "text": {"a": 1}, "map": "m", "list": {}})
    assert into == {
        "id": "i", "type": "a", "text": {"a": 1}, "map": "m", "list": {}, "n": 2, "old": "o", "new": "n"
    }  # fmt: skip
    merge(into, {"new": "m", "old": ["x"]})
    assert (into["new"], into["old"]) == ("nm", ["x"])


def test_objects_in_objects_grow() -> None:
    into: dict[str, Any] = {"map": {"text": "x", "list": [1]}}
    merge(into, {"map": {"text": "y", "list": [2], "n": 2}})
    assert into == {"map": {"text": "xy", "list": [1, 2], "n": 2}}


@pytest.mark.parametrize("key", ["format", "id", "name", "role", "type"])
def test_what_servers_repeat_is_said_once(key: str) -> None:
    into = {key: "a"}
    merge(into, {key: "a"})
    merge(into, {key: "b"})
    assert into == {key: "a"}


@pytest.mark.parametrize(
    ("first", "second", "items"),
    [
        ({"index": 0, "text": "a"}, {"index": 0, "text": "b"}, [{"index": 0, "text": "ab"}]),
        ({"index": "0", "text": "a"}, {"index": 0, "text": "b"}, [{"index": 0, "text": "ab"}]),
        ({"index": 0, "text": "a"}, {"index": 1, "text": "b"}, None),
        ({"text": "a"}, {"text": "b"}, None),
        ({"index": 0, "type": "x", "text": "a"}, {"index": 0, "type": "y", "text": "b"}, None),
        ({"index": 0, "text": "a"}, "b", None),
        ("a", {"index": 0, "text": "b"}, None),
    ],
    ids=["same", "index as text", "other index", "no index", "other type", "text behind", "text before"],
)
def test_an_item_of_the_same_index_and_type_is_a_piece(
    first: Any, second: Any, items: list[Any] | None
) -> None:
    into = [deepcopy(first)]
    extend(into, [second])
    assert into == (items or [first, second])


def test_of_parts_only_the_last_one_grows() -> None:
    parts: list[Any] = []
    for piece in ({"type": "a", "text": "1"}, {"type": "a", "text": "2"}, {"type": "b", "text": "3"}):
        extend(parts, [piece], same_type)
    extend(parts, [{"type": "a", "text": "4"}], same_type)
    assert parts == [{"type": "a", "text": "12"}, {"type": "b", "text": "3"}, {"type": "a", "text": "4"}]


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["AQ==", "AgM="], "AQID"),
        (["AQ", "ID"], "AQID"),
        (["AQ==", "A!gI="], "AQ==A!gI="),
        (["é", "AQ=="], "éAQ=="),
        ([], ""),
    ],
    ids=["each encoded", "cut", "not base64", "not ASCII", "none"],
)
def test_data_that_came_in_pieces(pieces: list[str], whole: str) -> None:
    assert joined_base64(pieces) == whole
