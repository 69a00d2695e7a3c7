"""Values of secrets in texts that come in pieces."""

import base64
import random
from urllib.parse import quote

import pytest

from httptask.secrets.piece_redaction import PieceRedactor
from httptask.secrets.redaction import Redactor

KEY = "sk-proj/aaab+aaab?1"
LONGER = f"{KEY}-and-more"
FORMS = [KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode())[:25].decode()]


def told(redactor: Redactor, *pieces: str) -> list[str]:
    clean = PieceRedactor(redactor)
    return [*(clean.feed(piece) for piece in pieces), clean.finish()]


@pytest.mark.parametrize("form", FORMS)
def test_value_split_at_every_position(form: str) -> None:
    redactor = Redactor({KEY: "KEY"})
    text = f"before sk-{form} sk-proj {form[:-1]}! after"
    for at in range(len(text) + 1):
        pieces = told(redactor, text[:at], text[at:])
        assert "".join(pieces) == redactor.text(text)
        assert form not in "".join(pieces)


@pytest.mark.parametrize("form", FORMS)
def test_value_spelled_out(form: str) -> None:
    pieces = told(Redactor({KEY: "KEY"}), *f"a {form} b")
    assert "".join(pieces) == "a [redacted:KEY] b"
    assert pieces[2 : len(form) + 1] == [""] * (len(form) - 1)


def test_only_what_may_be_a_value_is_held_back() -> None:
    redactor = Redactor({KEY: "KEY"})
    assert told(redactor, "Hello ", "wor", "ld s", "k", "y") == ["Hello ", "wor", "ld ", "", "sky", ""]
    assert told(redactor, "ends with sk-") == ["ends with ", "sk-"]
    assert told(Redactor({}), "sk-", "proj", "50%") == ["sk-", "proj", "50%", ""]


def test_a_long_text_of_escapes_is_not_held_back_to_its_end() -> None:
    clean = PieceRedactor(Redactor({KEY: "KEY"}))
    text = quote("ä" * 400, encoding="latin-1")
    shown = clean.feed(text)
    assert len(shown) > len(text) / 2
    assert shown + clean.finish() == text


def test_what_was_held_back_is_given_once() -> None:
    clean = PieceRedactor(redactor := Redactor({KEY: "KEY"}))
    assert [clean.feed(f"a {KEY[:9]}"), clean.finish(), clean.finish()] == ["a ", KEY[:9], ""]
    assert [clean.feed(KEY[9:]), clean.finish()] == [KEY[9:], ""]
    assert redactor.count == 0


def test_a_value_over_pieces_counts_once() -> None:
    redactor = Redactor({KEY: "KEY"})
    assert "".join(told(redactor, *f"{KEY}, {KEY}")) == "[redacted:KEY], [redacted:KEY]"
    assert redactor.count == 2


def test_value_that_begins_like_another() -> None:
    redactor = Redactor({KEY: "KEY", LONGER: "LONGER"})
    assert "".join(told(redactor, *f"{KEY}-and-less {LONGER}")) == "[redacted:KEY]-and-less [redacted:LONGER]"


def test_any_pieces_give_what_the_whole_gives() -> None:
    redactor = Redactor({KEY: "KEY", LONGER: "LONGER", "aaabaaab": "SHORT", "abaaabaa": "OVERLAPPING"})
    seeded = random.Random(7)
    for _ in range(300):
        parts = seeded.choices([KEY, LONGER, "aaab", "ab", "sk-", "/", *FORMS], k=12)
        text = "".join(parts)
        cuts = sorted(seeded.choices(range(len(text) + 1), k=8))
        pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert "".join(told(redactor, *pieces)) == redactor.text(text)
