"""Values of secrets in whatever encoding a server repeats them."""

import base64
import json
import random
import string
from html import escape
from itertools import product
from urllib.parse import quote

import pytest

from httptask.secrets.encodings import encoded, has_escapes, layers
from httptask.secrets.piece_redaction import PieceRedactor
from httptask.secrets.redaction import Redactor
from support.encodings import ENCODINGS

MARK = "[redacted:KEY]"
SIGNS = '/+=&<>"%'
KEYS = {
    "8": 'k/+=&<"%',
    "24": 'sk/proj+Q=7&<x>"%41zB9wM',
    "242": "".join(random.Random(4).choices(string.ascii_letters + string.digits + SIGNS, k=242)),
    "not ASCII": "sk-Zürich-ключ-日本/5%",
    "over two lines": "-----BEGIN\nabc/def+\nEND-----",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_value_is_found_in_every_encoding(encoding: str) -> None:
    for value in KEYS.values():
        redactor = Redactor({value: "KEY"})
        clean = redactor.text(f"it is ({ENCODINGS[encoding](value)}), no more")
        assert MARK in clean
        left = clean.replace(MARK, "").removeprefix("it is (").removesuffix("), no more")
        assert len(left) <= (10 if "base64" in encoding else 1 if "UTF-16" in encoding else 0), left
        assert clean.startswith("it is (")
        assert clean.endswith("), no more")
        assert redactor.count == 1


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16, the other way round", "plain", "every byte percent"])
@pytest.mark.parametrize("key", ["8", "24", "242", "not ASCII"])
def test_bytes_are_read_so_too(key: str, encoding: str) -> None:
    value = KEYS[key]
    form = ENCODINGS[encoding](value)
    data = form.encode("latin-1") if encoding.startswith("UTF-16") else form.encode()
    clean = Redactor({value: "KEY"}).raw(b"\xff" + data + b"\xff")
    assert clean.replace(b"\0", b"") == b"\xff" + MARK.encode() + b"\xff"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_value_in_pieces(encoding: str) -> None:
    for key, size in product(("8", "24", "not ASCII"), (1, 5)):
        redactor = Redactor({KEYS[key]: "KEY"})
        text = f"a {ENCODINGS[encoding](KEYS[key])} b"
        whole = redactor.text(text)
        pieces = PieceRedactor(redactor)
        told = [pieces.feed(text[start : start + size]) for start in range(0, len(text), size)]
        assert "".join([*told, pieces.finish()]) == whole


SIGNED = "k\t1\b2\f\"3'\\4-🔑é/ÿ\r\n\x1f5"
"""Short escapes, a control character, quotes, and characters of one, two and four bytes."""


@pytest.mark.parametrize(
    "form",
    [
        json.dumps(SIGNED)[1:-1],
        json.dumps(SIGNED)[1:-1].replace("\\u", "%u"),
        json.dumps(SIGNED, ensure_ascii=False)[1:-1],
        json.dumps(SIGNED)[1:-1].replace("\\ud83d\\udd11", "\\u{1f511}"),
        json.dumps(SIGNED)[1:-1].replace("\\ud83d\\udd11", "\\x{01F511}"),
        json.dumps(SIGNED)[1:-1].replace("'", "\\'").replace("4", "\\x34").replace("\\u00e9", "\\351"),
        quote(SIGNED, safe=""),
        quote(SIGNED, safe="🔑"),
        quote(SIGNED.replace("🔑", "%"), safe="", encoding="latin-1").replace("%25", "🔑"),
        "".join(f"&#{ord(character)}" for character in SIGNED),
        "".join(f"&#x{ord(character):06X}" for character in SIGNED),
        "".join(f"&#{ord(character)};" for character in SIGNED),
        escape(SIGNED).replace("é", "&eacute").replace("ÿ", "&yuml;"),
        SIGNED.encode().decode("latin-1"),
        SIGNED.encode().hex(" "),
        SIGNED.encode("utf-16-be").hex(),
        SIGNED.encode("utf-16-le").hex(":"),
        "\0".join(SIGNED),
        "\r\n".join(SIGNED),
        quote(quote(quote(quote(quote(SIGNED))))),
    ],
    ids=[
        *(
            "JSON",
            "u of percent",
            "JSON in Unicode",
            "u in braces",
            "x in braces",
            "octal",
            "percent",
            "mixed",
            "latin-1",
        ),
        *(
            "entities unended",
            "hexadecimal entities unended",
            "entities",
            "named",
            "misread",
            "hexadecimal with blanks",
        ),
        *(
            "hexadecimal of UTF-16",
            "hexadecimal of UTF-16 with colons",
            "zeros",
            "lines",
            "percent five times",
        ),
    ],
)
def test_a_value_of_all_kinds_of_characters(form: str) -> None:
    redactor = Redactor({SIGNED: "KEY"})
    assert redactor.text(f"<{form}> {form}.") == f"<{MARK}> {MARK}."
    assert redactor.count == 2


def test_a_blank_may_be_a_plus() -> None:
    redactor = Redactor({"sentinel 1+2": "KEY"})
    for form in ("sentinel+1+2", "sentinel 1 2", "sentinel+1%2B2", "sentinel%201+2"):
        assert redactor.text(form) == MARK


def test_the_letter_that_grows_in_lower_case_moves_nothing() -> None:
    redactor = Redactor({"İzmir-key-1": "KEY"})
    assert redactor.text("İİ İZMIR-KEY-1 İ izmir-key-1 İ") == f"İİ {MARK} İ {MARK} İ"


@pytest.mark.parametrize("shift", range(5))
@pytest.mark.parametrize("rest", range(5))
def test_what_is_far_apart_is_not_read_together(shift: int, rest: int) -> None:
    text = f"%20{'-' * shift}{'senti' * 60}{'-' * 200}{'nel-1' * 60}{'-' * rest}%20"
    assert Redactor({"sentinel-1": "KEY"}).text(text) == text


LONGEST = max(map(len, encoded("sentinel-1")))


@pytest.mark.parametrize("between", [100, *range(2 * LONGEST - 1, 2 * LONGEST + 5), 199])
def test_a_value_is_found_at_any_distance_from_escapes(between: int) -> None:
    filler = "-" * between
    text = f"%20{filler}%73entinel-1{filler}&lt;{filler}{{}}{filler}%20"
    redactor = Redactor({"sentinel-1": "KEY"})
    found = redactor.text(text.format("s&#101;ntinel-1"))
    assert found == f"%20{filler}{MARK}{filler}&lt;{filler}{MARK}{filler}%20"


def test_a_character_beyond_unicode_stays() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    for text in ("\\u{110000}", "\\x{ffffffff}", "\\u{10ffff}", "&#1114112;"):
        assert redactor.text(f"{text}sentinel-1{text}") == f"{text}{MARK}{text}"


def test_only_the_value_goes() -> None:
    redactor = Redactor({KEYS["24"]: "KEY"})
    text = f"50% &amp; more\\n, a%20b &#{ord('x')}; "
    form = ENCODINGS["percent twice"](KEYS["24"])
    assert redactor.text(f"{text}{form}{text}") == f"{text}{MARK}{text}"
    assert redactor.text(text) == text


def test_far_away_from_other_escapes() -> None:
    redactor = Redactor({KEYS["24"]: "KEY"})
    filler = "word " * 1000
    text = f"%20{filler}{{}}{filler}&lt;{filler}{{}}{filler}\\n"
    form = ENCODINGS["decimal entities"](KEYS["24"])
    assert redactor.text(text.format(form, form)) == text.format(MARK, MARK)


def test_a_layer_knows_where_its_characters_come_from() -> None:
    text = "x\n%2525 &amp;lt; y\\u0041z"
    for layer in layers(text, 100):
        for index in range(len(layer.text)):
            start, end = layer.origin(index, index + 1)
            assert 0 <= start < end <= len(text)
    [read] = [layer for layer in layers(text, 100) if layer.text.startswith("x% ")][:1]
    assert text[slice(*read.origin(1, 2))] == "%2525"


@pytest.mark.parametrize(
    "text", ["100% of it", "this & that", "c:\\users"], ids=["percent", "and", "backslash"]
)
def test_a_sign_that_begins_no_escape_makes_no_other_reading(text: str) -> None:
    assert [layer.text for layer in layers(text * 9, 5)] == [text * 9]


def test_each_reading_is_made_once() -> None:
    """Whichever kind of escapes is decoded first."""
    assert [layer.text for layer in layers("%41&lt;", 100)] == ["%41&lt;", "a&lt;", "%41<", "a<"]


def test_escapes_of_escapes_are_read_to_a_depth() -> None:
    assert len(list(layers(f"%{'25' * 40}41", 100))) == 16


def test_which_texts_may_read_otherwise() -> None:
    assert [text for text in ("a%20", "a&lt;", "a\\n", "a+b/c=\n", "") if has_escapes(text)] == [
        "a%20",
        "a&lt;",
        "a\\n",
    ]


def test_what_only_looks_like_an_escape_changes_nothing() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    for text in ("100%", "a&b&", "\\", "%zz%", "&#;", "&#99999999;", "\\u12", "%c3", "&#xd800;", "\\ud800"):
        assert redactor.text(text) == text
        assert redactor.text(f"{text} sentinel-1 {text}") == f"{text} {MARK} {text}"


def test_random_bytes_and_texts_of_escapes_are_searched_in_time() -> None:
    """A bound that holds on a slow machine: decoding each combination anew took minutes."""
    noise = random.Random(1)
    redactor = Redactor({KEYS["24"]: "KEY"})
    text = "".join(noise.choices(["%25", "%20", "&amp;", "&lt;", "\\\\", "\\u0025", "a", "\n"], k=20_000))
    assert redactor.text(text) == text
    data = noise.randbytes(200_000)
    assert redactor.raw(data) == data
    assert base64.b64encode(data) is not None
