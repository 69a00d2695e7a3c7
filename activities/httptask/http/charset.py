"""Which charset a text is in, and reading it without loss: U+FFFD never stands for a letter unsaid."""

import codecs
import re
from contextlib import suppress

from httptask.http.errors import ResponseInvalid

__all__ = ["CHARSET_CURE", "decode_json", "decode_leniently", "decode_text", "encode_text", "is_charset"]

# The longer marks first: the one of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE_XML = {b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be"}
_DECLARED_WITHIN = 1024
_XML = re.compile(rb"""<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_COMMENT = re.compile(rb"<!--.*?(?:-->|$)", re.DOTALL)
_HTML = re.compile(
    rb"""<meta\s(?:[^>]*?\s)?(?:charset\s*=\s*["']?|(?=[^>]*http-equiv)content\s*=[^>]*?\bcharset\s*=)\s*"""
    rb"""([A-Za-z0-9._:-]+)""",
    re.IGNORECASE,
)
_LARGER = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
"""What is meant by those names (WHATWG Encoding, section 4.2): charsets with the same letters, and more."""
# Python knows these as text encodings; they are none of a web page, and some take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"})
CHARSET_CURE = "name the right one with `charset` of `httpRequest`, or take the bytes with `output: raw`"


def is_charset(name: str) -> bool:
    """Whether texts can be read in a charset of that name."""
    try:
        b"\0".decode(name, "ignore")  # which refuses encodings that are none of texts
        return codecs.lookup(name).name not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def decode_text(body: bytes, media_type: str, charset: str | None) -> str:
    """The text of a body: its byte order mark counts first, then the charset, then what an XML or HTML text declares.

    Args:
        body: all of it.
        media_type: without parameters.
        charset: what the author says of it, or else the server; None for neither.

    Raises:
        ResponseInvalid: the charset is unknown, or the bytes are not of it.
    """
    marked, declared = _marked(body), None if charset is not None else _declared(body, media_type)
    name = marked or charset or declared or "utf-8"
    if not is_charset(name):
        raise ResponseInvalid(
            f"the response claims the charset {name!r}, which is not known", cure=CHARSET_CURE
        )
    try:
        return _decode(body, name)
    except ValueError as error:
        place = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        if marked or charset or declared:
            why = f"can't be read as the charset {name!r} that it claims{place}"
        else:
            why = f"is text that names no charset, and is not UTF-8{place}"
        raise ResponseInvalid(f"the response {why}", cure=CHARSET_CURE) from None


def encode_text(text: str, media_type: str, charset: str | None) -> bytes:
    """UTF-8 that `decode_text` reads as that text; with a byte order mark where it would take another charset."""
    body = text.encode()
    with suppress(ResponseInvalid):
        if decode_text(body, media_type, charset) == text:
            return body
    return codecs.BOM_UTF8 + body


def decode_json(body: bytes, charset: str | None) -> str:
    """The text of JSON, which is UTF-8 (RFC 8259); a byte order mark, or else a charset, tells of older encodings.

    Raises:
        ValueError: it is none of them.
    """
    marked = _marked(body)
    if marked is not None:
        return body.decode(marked)
    usable = charset if charset is not None and is_charset(charset) else None
    if usable is not None and codecs.lookup(usable).name.startswith(("utf-16", "utf-32")):
        return body.decode(usable)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        if usable is None:
            raise
        return _decode(body, usable)


def decode_leniently(body: bytes, media_type: str, charset: str | None) -> str:
    r"""A text that may be cut, as far as it can be read; bytes that can't be are written as `\xf6`."""
    name = _marked(body) or charset or _declared(body, media_type) or "utf-8"
    decoder = codecs.getincrementaldecoder(name if is_charset(name) else "utf-8")("backslashreplace")
    return decoder.decode(body)


def _decode(body: bytes, name: str) -> str:
    larger = _LARGER.get(codecs.lookup(name).name)
    if larger is not None:
        with suppress(UnicodeDecodeError):
            return body.decode(larger)
    return body.decode(name)


def _marked(body: bytes) -> str | None:
    return next((name for mark, name in _MARKS if body.startswith(mark)), None)


def _declared(body: bytes, media_type: str) -> str | None:
    """What an XML text (RFC 7303, section 3) or an HTML page declares in its first bytes."""
    is_xml = media_type.endswith(("/xml", "+xml"))
    if is_xml and body[:4] in _WIDE_XML:
        return _WIDE_XML[body[:4]]
    begins = body[:_DECLARED_WITHIN]
    found = _XML.search(begins) if is_xml else None
    if media_type == "text/html":
        found = _XML.match(begins) or _HTML.search(_COMMENT.sub(b"", begins))
    if found is None:
        return None
    name = found[1].decode("ascii")
    # What is declared in bytes of ASCII is not in UTF-16, whatever it says (WHATWG HTML, section 13.2.3.2).
    return "utf-8" if name.lower().startswith("utf-16") else name
