import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

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
@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_base64_with_anything_around_it(encode: Any, before: str, after: str) -> None:
    text = encode(f"{before}{KEY}{after}".encode()).decode()
    clean = Redactor({KEY: "KEY"}).text(text)
    assert MARK in clean
    assert len(clean.replace(MARK, "")) <= len(text) - len(KEY)


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


def test_a_value_comes_back_without_the_blanks_at_its_ends() -> None:
    assert Redactor({" sentinel-1 ": "KEY"}).text("seen: 'sentinel-1'") == "seen: '[redacted:KEY]'"


def test_bytes_are_cleaned() -> None:
    redactor = Redactor({"sentinel-1": "KEY"})
    assert redactor.raw(b"\xff sentinel-1 \xfe") == b"\xff [redacted:KEY] \xfe"
    assert redactor.count == 1


def test_the_longest_value_goes_first() -> None:
    redactor = Redactor({"sentinel": "SHORT", "sentinel-and-more": "LONG"})
    assert redactor.text("sentinel-and-more, sentinel") == "[redacted:LONG], [redacted:SHORT]"


def test_short_values_are_left_alone() -> None:
    redactor = Redactor({"1234567": "PIN"})
    assert redactor.text("order 1234567") == "order 1234567"
    assert Redactor({"12345678": "PIN"}).text("order 12345678") == "order [redacted:PIN]"


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
