"""The name that somebody meant."""

import pytest

from httptask.diagnostics.suggest import closest, hint_for_unknown


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("clasify", ["classify", "answer"], "classify"),
        ("fi", ["if", "do"], "if"),
        ("st", ["set"], "set"),
        ("on_error", ["onError"], "onError"),
        ("Call", ["call"], "call"),
        ("inptu", ["output", "input"], "input"),
        ("a", ["b", "c"], None),
        ("in", ["if"], None),
        ("retry", ["set", "then"], None),
        ("body", ["bodies", "query"], None),
        ("x", [], None),
        ("", ["if"], None),
        ("secs", ["minutes", "seconds", "milliseconds"], "seconds"),
        ("millis", ["minutes", "seconds", "milliseconds"], "milliseconds"),
        ("mi", ["minutes", "milliseconds"], None),
        ("exp", ["export", "expiry"], None),
    ],
)
def test_near_means_a_slip(word: str, known: list[str], meant: str | None) -> None:
    assert closest(word, known) == meant


def test_where_none_is_near_all_are_named() -> None:
    assert hint_for_unknown("x", ["input", "output"], "keys") == "keys: `input`, `output`"
    assert hint_for_unknown("x", [], "keys") == "there are no keys"
    assert hint_for_unknown("x", [f"name{index}" for index in range(99)], "keys").endswith("`name15`, ...")
