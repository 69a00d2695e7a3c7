"""The spelling that hashes are taken of."""

import pytest

from httptask.dsl.canonical import canonical_json, packed, sha256, unpacked


def test_keys_keep_their_order() -> None:
    assert canonical_json({"b": 1, "a": [1.5, None, True]}) == '{"b":1,"a":[1.5,null,true]}'
    assert sha256({"a": 1, "b": 2}) != sha256({"b": 2, "a": 1})


def test_text_is_utf_8() -> None:
    assert canonical_json({"é": "😀\n"}) == '{"é":"😀\\n"}'
    assert sha256("é") == "f2886017e9c7abacf804b54d64787dce2b611c9544ba21f3affdd126a6e50086"


def test_what_is_packed_is_small_and_comes_out_again() -> None:
    text = canonical_json([{"text": f"é {number}"} for number in range(100)])
    assert unpacked(packed(text)) == text
    assert len(packed(text)) < len(text) / 3


def test_what_json_can_not_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))
