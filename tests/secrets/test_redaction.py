import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from httptask.secrets.encodings import encoded
from httptask.secrets.redaction import Redactor

KEY = 'sk-"proj/ä 1+2\\é?&='
MARK = "[redacted:KEY]"


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        quote(KEY),
        quote(KEY, safe=""),
        quote_plus(KEY),
        json.dumps(KEY)[1:-1],
        json.dumps(KEY, ensure_ascii=False)[1:-1],
        json.dumps(KEY)[1:-1].replace("/", "\\/"),
    ],
)
def test_encodings(form: str) -> None:
    redactor = Redactor({KEY: "KEY"})
    assert redactor.text(f"before {form} after {form}.") == f"before {MARK} after {MARK}."
    assert redactor.count == 2


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_base64_with_anything_around_it(encode: Any, charset: str, before: str, after: str) -> None:
    """A digit holds six bits: each that holds those of the value alone goes, and no other."""
    value = KEY.encode(charset)
    text = encode(before.encode() + value + after.encode()).decode()
    first, last = len(before) * 8, (len(before) + len(value)) * 8
    own = [at for at in range(len(text)) if first <= at * 6 and at * 6 + 6 <= last]
    redactor = Redactor({KEY: "KEY"})
    assert redactor.text(f"({text})") == f"({text[: own[0]]}{MARK}{text[own[-1] + 1 :]})"
    assert redactor.count == 1


def test_base64_of_utf_16_the_other_way_round() -> None:
    text = base64.b64encode(b"use" + "sentinel-1".encode("utf-16-be") + b"x").decode()
    assert Redactor({"sentinel-1": "KEY"}).text(text) == f"dXNl{MARK}F4"


def test_json_trees_are_cleaned_in_values_and_keys() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    tree = {"a": ["x sentinel-1", 1, None], "sentinel-1": {"b": "sentinel-1sentinel-1"}}
    assert redactor.tree(tree) == {"a": [f"x {MARK}", 1, None], MARK: {"b": MARK * 2}}
    assert redactor.count == 4


def test_a_value_of_digits_is_found_where_it_comes_back_as_a_number() -> None:
    redactor = Redactor({"12345678": "PIN"})
    assert redactor.tree({"pin": 12345678, "of": [-12345678, 1234567, True, None]}) == {
        "pin": "[redacted:PIN]",
        "of": ["-[redacted:PIN]", 1234567, True, None],
    }
    assert redactor.count == 2


def test_a_value_of_digits_is_found_however_the_number_is_written() -> None:
    redactor = Redactor({"12345678": "PIN"})
    numbers = json.loads("[12345678.0, 1.2345678e7, -12345678.0, 12345678.5, 1e300]")
    mark = "[redacted:PIN]"
    assert redactor.tree(numbers) == [mark, mark, f"-{mark}", 12345678.5, 1e300]


def test_what_holds_no_value_is_itself() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    tree = {"a": ["x", 1.0, {"b": "y"}], "c": ["sentinel-1"]}
    clean = redactor.tree(tree)
    assert clean == {"a": ["x", 1.0, {"b": "y"}], "c": [MARK]}
    assert clean["a"] is tree["a"]
    data = b"\xff nothing"
    assert redactor.raw(data) is data
    assert redactor.count == 1


def test_a_value_is_in_no_two_texts_of_a_tree() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    assert redactor.found_in(["a", "b sentinel-1"])
    assert not redactor.found_in(["senti", "nel-1"])
    assert not redactor.found_in([])
    assert redactor.holds("a%20%73entinel-1")
    assert not redactor.holds("sentinel-")


def test_a_value_comes_back_without_the_blanks_at_its_ends() -> None:
    assert Redactor({" sentinel-1 ": "KEY"}).text("seen: 'sentinel-1'") == "seen: '[redacted:KEY]'"


def test_bytes_are_cleaned() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    assert redactor.raw(b"\xff sentinel-1 \xfe") == b"\xff [redacted:KEY] \xfe"
    assert redactor.count == 1


def test_a_mark_in_bytes_has_the_name_in_ascii_where_bytes_cannot_tell() -> None:
    assert (
        Redactor({"sentinel-1": "ключ"}).raw(b"\xff sentinel-1")
        == b"\xff [redacted:\\u043a\\u043b\\u044e\\u0447]"
    )


def test_bytes_that_are_no_utf_8_are_found_in_a_value() -> None:
    """An environment variable may have them, which Python reads as halves of surrogate pairs."""
    value = b"sentinel-\xff1".decode("utf-8", "surrogateescape")
    redactor = Redactor({value: "KEY"})
    assert redactor.text(f"it is {value}.") == f"it is {MARK}."
    assert redactor.text(json.dumps({"k": value})) == json.dumps({"k": MARK})


def test_values_across_each_other_are_one_with_the_name_of_the_longer() -> None:
    redactor = Redactor({"first-and-": "FIRST", "and-second-one": "SECOND", "and-others": "OTHERS"})
    assert redactor.text("(first-and-second-one)") == "([redacted:SECOND])"
    assert redactor.text("(first-and-others)") == "([redacted:FIRST])"  # of the same length
    assert redactor.count == 2


def test_values_beside_each_other_are_two() -> None:
    redactor = Redactor({"sentinel-1": "ONE", "sentinel-2": "TWO"})
    assert redactor.text("sentinel-1sentinel-2sentinel-1") == "[redacted:ONE][redacted:TWO][redacted:ONE]"
    assert redactor.count == 3


def test_a_value_within_another_is_no_other() -> None:
    redactor = Redactor({"sentinel-and-more": "LONG", "and-more": "END", "sentinel-and": "BEGINNING"})
    assert redactor.text("sentinel-and-more") == "[redacted:LONG]"
    assert redactor.count == 1


def test_values_are_added_and_keep_their_first_name() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    redactor.add({"sentinel-1": "OTHER", "token-0123456789": "TOKEN"})
    assert redactor.text("sentinel-1, token-0123456789") == f"{MARK}, [redacted:TOKEN]"
    assert redactor.beginning("and token-01234567") == "and "


@pytest.mark.parametrize(
    ("texts", "clean", "count"),
    [
        (["a sen", "tin", "", "el-1 b"], ["a [redacted:KEY]", "", "", " b"], 1),
        (["sentinel-1", "x"], [MARK, "x"], 1),
        (["x", "sentinel-1"], ["x", MARK], 1),
        (["sentinel-1sen", "tinel-1"], [MARK * 2, ""], 2),
        (["sentinel-1 senti", "nel-1 sentinel-1"], [f"{MARK} {MARK}", f" {MARK}"], 3),
        (["%73entinel%2", "d1", "!"], [MARK, "", "!"], 1),
        (["senti", "nel-2"], ["senti", "nel-2"], 0),
        ([], [], 0),
    ],
    ids=["over four", "first", "last", "beside", "three", "in escapes", "none", "no text"],
)
def test_the_mark_stands_where_the_value_begins(texts: list[str], clean: list[str], count: int) -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    assert redactor.pieces(texts) == clean
    assert redactor.count == count
    assert redactor.pieces(["sentinel-1"]) == [MARK]
    assert redactor.count == count + 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seen sentinel-1 and sent", f"seen {MARK} and "),
        ("seen sentinel-", "seen "),
        ("seen sentinel-1", f"seen {MARK}"),
        ("seen SENTINEL", "seen "),
        ("s", ""),
        ("seen s%65nt", "seen "),
        ("seen s%65nt%6", "seen "),
        ("seen 5x%", "seen 5x"),
        ("seen %25", "seen "),
        ("seen %c3", "seen "),
        ("seen &am", "seen "),
        ("seen &#115", "seen "),
        ("seen \\u00", "seen "),
        ("seen \\", "seen "),
        ("seen &amp; 50% of it", "seen &amp; 50% of it"),
        ("", ""),
    ],
)
def test_the_beginning_of_a_cut_text(text: str, told: str) -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    assert redactor.beginning(text) == told
    assert redactor.settled(text) <= len(text)
    assert Redactor({}).beginning(text) == text


def test_a_value_but_for_its_last_character_is_not_shown_in_any_encoding() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    assert {redactor.beginning(f"seen {form[:-1]}") for form in encoded("sentinel-1")} == {"seen "}


def test_no_value_is_cut_where_another_may_begin_in_it() -> None:
    redactor = Redactor({"abababab": "KEY"})
    assert redactor.settled("xx abababab") == 3
    assert redactor.beginning("abababab xx abababab") == f"{MARK} xx "
    assert redactor.beginning("xx abababab.") == f"xx {MARK}."


def test_the_longest_value_goes_first() -> None:
    redactor = Redactor({"sentinel": "SHORT", "sentinel-and-more": "LONG"})
    assert redactor.text("sentinel-and-more, sentinel") == "[redacted:LONG], [redacted:SHORT]"


def test_short_values_are_left_alone() -> None:
    redactor = Redactor({"1234567": "PIN"})
    for form in ("1234567", "31323334353637", "MTIzNDU2Nw=="):
        assert redactor.text(f"order {form}") == f"order {form}"
    assert redactor.count == 0
    assert Redactor({"12345678": "PIN"}).text("order 12345678") == "order [redacted:PIN]"
    assert Redactor({"12345678": "PIN"}).text("12345678") == "[redacted:PIN]"
    assert Redactor({" 1234567 ": "PIN"}).text("order 1234567.") == "order 1234567."


def test_the_telling_part_of_a_secret_url() -> None:
    hook = (
        "https://hooks.example.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX?sig=0123456789abcdef"
    )
    redactor = Redactor({hook: "HOOK"})
    assert redactor.text("no service at /services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX") == (
        "no service at [redacted:HOOK]"
    )
    assert (
        redactor.text("no B00000000, no XXXXXXXXXXXXXXXXXXXXXXXX") == "no [redacted:HOOK], no [redacted:HOOK]"
    )
    assert redactor.text("bad 0123456789abcdef") == "bad [redacted:HOOK]"


@pytest.mark.parametrize(
    ("url", "echoed"),
    [
        ("http://a.example/services/T000/B000/sekritpath99XYZ", "404 /services/T000/B000/sekritpath99XYZ"),
        ("http://a.example/services/T000/B000/sekritpath99XYZ", "no channel sekritpath99XYZ"),
        ("HTTPS://A.example/hooks/sekritX9", "no hook sekritX9"),
        ("http://a.example/x/ab%2Fcd%2Fef", "no ab/cd/ef"),
        ("http://a.example/x?k=sekrit99", "at /x?k=sekrit99"),
    ],
)
def test_a_server_quotes_a_secret_url_in_part(url: str, echoed: str) -> None:
    clean = Redactor({url: "HOOK"}).text(echoed)
    assert "[redacted:HOOK]" in clean
    assert "sekrit" not in clean
    assert "ab/cd" not in clean


@pytest.mark.parametrize(
    "url", ["https://[/hooks/sekritX9", "https://h\u2100.example/hooks/sekritX9#sekrit-end"]
)
def test_a_value_that_is_a_url_to_nobody_is_taken_out_too(url: str) -> None:
    redactor = Redactor({url: "HOOK"})
    assert redactor.text(f"no {url}, nor sekritX9") == "no [redacted:HOOK], nor [redacted:HOOK]"


@pytest.mark.parametrize(
    ("url", "echoed", "clean"),
    [
        ("https://a.example/b?key=sekrit99#top", "at /b?key=sekrit99, sekrit99", f"at {MARK}, {MARK}"),
        ("https://a.example?key=sekrit99", "?key=sekrit99 or key=sekrit99", f"{MARK} or key={MARK}"),
        ("https://a.example/x?a=sekrit99&b=sekrit98", "sekrit98, sekrit99", f"{MARK}, {MARK}"),
        ("https://a.example/abcdefghijklmnop", "no abcdefghijklmnop", f"no {MARK}"),
        ("https://a.example/abcdefghijklmno/x", "no abcdefghijklmno", "no abcdefghijklmno"),
        ("https://a.example/getUserMessages/x", "no getUserMessages", "no getUserMessages"),
        ("https://a.example/web-Hooks_of.us/x", "no web-Hooks_of.us", "no web-Hooks_of.us"),
        ("https://a.example/webhooks9/x", "no webhooks9", f"no {MARK}"),
        ("https://a.example/sekrit%2D99", "no sekrit-99, no sekrit%2d99", f"no {MARK}, no {MARK}"),
        ("not-https://a.example/sekrit99", "no sekrit99", "no sekrit99"),
    ],
    ids=[
        *("query", "no path", "two values", "no word is so long", "a word", "words", "words with signs"),
        *("a word and a digit", "encoded", "no URL"),
    ],
)
def test_the_parts_of_a_secret_url(url: str, echoed: str, clean: str) -> None:
    assert Redactor({url: "KEY"}).text(echoed) == clean


@pytest.mark.parametrize("word", ["messages", "sendMessage", "in-webhook", "services", "a.example"])
def test_the_ordinary_words_of_a_secret_url_stay(word: str) -> None:
    redactor = Redactor({f"https://a.example/messages/sendMessage/services/in-webhook/{'9' * 20}": "HOOK"})
    assert redactor.text(f"the {word} failed") == f"the {word} failed"


def test_a_secret_in_the_name_of_a_host_goes_out_in_lower_case() -> None:
    assert Redactor({"AbCdEf99": "TENANT"}).text("404 from abcdef99.example.com") == (
        "404 from [redacted:TENANT].example.com"
    )


def test_without_secrets_nothing_changes() -> None:
    redactor = Redactor({})
    assert (redactor.text("a"), redactor.raw(b"a"), redactor.tree(["a"])) == ("a", b"a", ["a"])
