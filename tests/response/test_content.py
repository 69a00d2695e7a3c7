import base64
from typing import Any

import pytest

from httptask.http.charset import is_charset
from httptask.http.errors import ResponseInvalid
from httptask.json.tree import MAX_DEPTH
from httptask.response.content import read_content, read_leniently
from httptask.secrets.redaction import Redactor

JSON = "application/json"
CLEAN = Redactor({})


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'\n\n\r\n {"a": 1} \n', {"a": 1}),
        (b'"text"', "text"),
        (b"null", None),
        (b"  ", None),
        (b"9007199254740993", 9007199254740993),
        (b"1.0", 1.0),
        (b"1e3", 1000.0),
        (b"-0.0", 0.0),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"cut \\ud83d"', "cut \ufffd"),
        (b'{"\\uDE00": ["\\uDE00"]}', {"\ufffd": ["\ufffd"]}),
        (b'"\\u0000"', "\0"),
        ('"é"'.encode(), "é"),
    ],
)
def test_json(body: bytes, value: Any) -> None:
    content = read_content(body, JSON, CLEAN)
    assert (content.value, content.kind) == (value, "json")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": 1}{"b": 2}',
        b"<html></html>",
        b'"\xff"',
        '"é"'.encode("latin-1"),
        b'"tab\tin text"',
    ],
)
def test_what_claims_to_be_json_and_is_not(body: bytes) -> None:
    with pytest.raises(ResponseInvalid, match="says it is application/json, and is "):
        read_content(body, JSON, CLEAN)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a": 1e400}', "a number is out of range"),
        (b"[-1e400]", "a number is out of range"),
        (b"1e999", "a number is out of range"),
        (b"9" * 5000, "a number is out of range"),
        (b"NaN", "NaN is not JSON"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (nested(MAX_DEPTH + 2), "it is nested too deeply"),
        (nested(100_000), "it is nested too deeply"),
    ],
)
def test_json_that_nothing_could_hold(body: bytes, why: str) -> None:
    with pytest.raises(
        ResponseInvalid, match=f"says it is application/json, and is not JSON that can be read: {why}"
    ):
        read_content(body, JSON, CLEAN)


def test_the_deepest_json_accepted() -> None:
    assert read_content(nested(MAX_DEPTH), JSON, CLEAN).kind == "json"


@pytest.mark.parametrize(
    ("content_type", "body", "value", "kind"),
    [
        ("application/json; charset=utf-8", b"{}", {}, "json"),
        ("Application/Problem+JSON", b"{}", {}, "json"),
        ("application/vnd.api+json", b"[1]", [1], "json"),
        ("text/plain", "é".encode(), "é", "text"),
        ("text/plain; charset=iso-8859-1", "é".encode("latin-1"), "é", "text"),
        ('text/html; charset="windows-1252"', b"\x80", "€", "text"),
        ("text/json", b"{}", {}, "json"),
        ("application/x-amz-json-1.1", b"{}", {}, "json"),
        ("application/json, application/json", b"{}", {}, "json"),
        ("text/html, application/json; charset=utf-8", b"{}", {}, "json"),
        ("application/json charset=utf-8", b"{}", {}, "json"),
        ('"application/json"; charset=utf-8', b"{}", {}, "json"),
        ("application/stream+json", b"{}\n{}", "{}\n{}", "text"),
        ("application/x-jsonlines", b"{}\n{}", "{}\n{}", "text"),
        ("application/json-seq", b"\x1e{}\n", "\x1e{}\n", "text"),
        ("text/plain charset=iso-8859-1", b"\xe9", "é", "text"),
        pytest.param(
            "text/html",
            b'<?xml version="1.0" encoding="ISO-8859-1"?>\xe9',
            '<?xml version="1.0" encoding="ISO-8859-1"?>é',
            "text",
            id="declaration of XML in a page",
        ),
        ("text/plain; charset=iso-8859-1, text/plain", b"\xe9", "é", "text"),
        ('text/plain; a="x, y/z"', b"x", "x", "text"),
        ("image/png; charset=utf-8", b"\x89PNG", "iVBORw==", "base64"),
        ("application/openapi+yaml", b"a: 1", "a: 1", "text"),
        ("text/event-stream", b"data: 1\n\n", "data: 1\n\n", "text"),
        ("application/xml", b"<a/>", "<a/>", "text"),
        ("image/svg+xml", b"<svg/>", "<svg/>", "text"),
        ("application/x-ndjson", b"{}\n{}", "{}\n{}", "text"),
        ("image/png", b"\x89PNG", "iVBORw==", "base64"),
        ("application/octet-stream", b"text", "dGV4dA==", "base64"),
        ("", b"plain", "plain", "text"),
        ("", b"\xff\xfe", "//4=", "base64"),
        (";;;", b"x", "x", "text"),
        ("json", b"\xff\xfe", "//4=", "base64"),
        (JSON, b"", None, "none"),
        ("", b"", None, "none"),
    ],
)
def test_media_types(content_type: str, body: bytes, value: Any, kind: str) -> None:
    content = read_content(body, content_type, CLEAN)
    assert (content.value, content.kind) == (value, kind)


TEXTS = {
    "CSV with a mark": ("text/csv; charset=utf-8", b"\xef\xbb\xbfid", "id"),
    "UTF-8, not Latin-1": ("text/plain; charset=iso-8859-1", "Größe".encode("utf-8-sig"), "Größe"),
    "UTF-16": ("text/plain", "Größe".encode("utf-16"), "Größe"),
    "UTF-32": ("text/plain", b"\xff\xfe\0\0" + "Größe".encode("utf-32-le"), "Größe"),
    "no type": ("", b"\xef\xbb\xbfid", "id"),
    "euro in Latin-1": ("text/plain; charset=iso-8859-1", b"\x80 5 \x85", "€ 5 …"),
    "control in Latin-1": ("text/plain; charset=latin1", b"\x81", "\x81"),
    "XML": ("text/xml", b'<?xml version="1.0" encoding="ISO-8859-1"?><n>\xf6</n>', None),
    "SVG": ("image/svg+xml", b"<?xml version='1.0' encoding='windows-1252'?><n>\x80</n>", None),
    "XML that claims another": (
        "text/xml; charset=utf-8",
        '<?xml version="1.0" encoding="ISO-8859-1"?><n>ö</n>'.encode(),
        None,
    ),
    "XML that claims nothing": ("text/xml", '<?xml version="1.0"?><n>ö</n>'.encode(), None),
    "XML that claims UTF-16": ("text/xml", '<?xml version="1.0" encoding="UTF-16"?><n>ö</n>'.encode(), None),
    "XML in UTF-16": (
        "application/xml",
        '<?xml version="1.0" encoding="UTF-16"?><n>ö</n>'.encode("utf-16-le"),
        None,
    ),
    "HTML": ("text/html", b'<!doctype html><META name=x><meta charset="iso-8859-2">\xf9', None),
    "HTML by its header": (
        "text/html",
        b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">\xc4',
        None,
    ),
    "HTML, header last": (
        "text/html",
        b'<meta content="text/html;charset=koi8-r" http-equiv=Content-Type>\xc4',
        None,
    ),
    "HTML comment": ("text/html", "<!-- <meta charset=koi8-r> -->ö".encode(), None),
    "HTML note": ("text/html", '<meta name=note content="charset=koi8-r">ö'.encode(), None),
    "HTML data": ("text/html", "<meta data-charset=koi8-r>ö".encode(), None),
    "gb2312": ("text/html; charset=gb2312", "朱镕基 €".encode("gb18030"), "朱镕基 €"),
    "Shift_JIS": ("text/csv; charset=Shift_JIS", "①㈱".encode("cp932"), "①㈱"),
    "Korean": ("text/plain; charset=ks_c_5601-1987", "똠".encode("cp949"), "똠"),
    "Big5": ("text/plain; charset=Big5", "啫".encode("big5hkscs"), "啫"),
    "Turkish": ("text/plain; charset=iso-8859-9", b"\x80 5", "€ 5"),
}


@pytest.mark.parametrize(("content_type", "body", "text"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_read_without_loss(content_type: str, body: bytes, text: str | None) -> None:
    found = read_content(body, content_type, CLEAN).value
    assert "\ufffd" not in found
    assert "\ufeff" not in found
    if text is None:
        assert any(letter in found for letter in "ö€ůд")
    else:
        assert found == text


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("text/csv", b"Gr\xf6\xdfe;5", r"is text that names no charset, and is not UTF-8 \(byte 2\)"),
        ("text/plain; charset=utf-8", b"\xff\xfa", r"can't be read as the charset 'utf-8' that it claims"),
        ("text/xml", b'<?xml version="1.0" encoding="ascii"?>\xf6', "the charset 'ascii' that it claims"),
        ("text/html", b"<meta charset=klingon>", "claims the charset 'klingon', which is not known"),
        ("text/plain", b"\xff\xfe\0", r"the charset 'utf-16' that it claims"),
    ],
    ids=["CSV", "claimed UTF-8", "claimed ASCII", "unknown charset", "cut UTF-16"],
)
def test_what_cannot_be_read_is_told_with_the_cure(content_type: str, body: bytes, message: str) -> None:
    with pytest.raises(ResponseInvalid, match=message + ".*: name the right one with `charset`"):
        read_content(body, content_type, CLEAN)


def test_the_author_says_the_charset_where_the_server_does_not() -> None:
    body = b"Gr\xf6\xdfe;5"
    assert read_content(body, "text/csv", CLEAN, charset="windows-1252").value == "Größe;5"
    assert read_content(body, "text/csv; charset=utf-8", CLEAN, charset="latin1").value == "Größe;5"
    assert read_content(body, "application/octet-stream", CLEAN, charset="latin1").kind == "text"


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        (None, '{"a": "ö"}'.encode("utf-16")),
        ("utf-16le", '{"a": "ö"}'.encode("utf-16-le")),
        ("iso-8859-1", '{"a": "ö"}'.encode("latin-1")),
        ("iso-8859-1", '{"a": "ö"}'.encode()),
        ("klingon", '{"a": "ö"}'.encode()),
    ],
)
def test_json_in_older_encodings(charset: str | None, body: bytes) -> None:
    parameter = "" if charset is None else f"; charset={charset}"
    assert read_content(body, JSON + parameter, CLEAN).value == {"a": "ö"}


def test_names_that_are_no_charset() -> None:
    names = ["utf-8", "Windows-1252", "latin1", "hex", "rot13", "idna", "utf-7", "no such", "a\0b", ""]
    assert [name for name in names if is_charset(name)] == ["utf-8", "Windows-1252", "latin1"]


@pytest.mark.parametrize(
    "charset", ["klingon", "idna", "unicode_escape", "utf-7", "hex", "us-ascii", "utf-8"]
)
def test_a_charset_that_is_none_or_not_the_bodys(charset: str) -> None:
    with pytest.raises(ResponseInvalid, match="charset"):
        read_content(b"\x00\xff\xfe\x80", f"text/plain; charset={charset}", CLEAN)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"error": "x"}', {"error": "x"}),
        (b'{"error": "cut', '{"error": "cut'),
        (b"oops \xff", r"oops \xff"),
        ("cut ö".encode()[:-1], "cut "),
        (b"[1e999]", "[1e999]"),
        (b" ", None),
        (b"", None),
    ],
)
def test_an_errors_body_is_always_readable(body: bytes, value: Any) -> None:
    assert read_leniently(body, "", CLEAN).value == value


def test_an_errors_body_is_in_its_charset() -> None:
    assert read_leniently(b"Gr\xf6\xdfe", "text/plain; charset=iso-8859-1", CLEAN).value == "Größe"
    assert read_leniently(b'{"a": "\xf6"}', "application/json; charset=latin1", CLEAN).value == {"a": "ö"}


def test_binary_content_is_clean_before_it_is_encoded() -> None:
    content = read_content(b"\xff sentinel-1", "image/png", Redactor({"sentinel-1": "KEY"}))
    assert base64.b64decode(content.value) == b"\xff [redacted:KEY]"
