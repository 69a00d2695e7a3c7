"""The forms in which a secret may turn up."""

import base64
import html
import json
import urllib.parse
from collections.abc import Callable, Mapping

__all__ = ["ENCODINGS", "forms_of"]


def _percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def _numeric(text: str, form: str) -> str:
    return "".join(f"&#{format(ord(character), form)};" for character in text)


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def _named(text: str) -> str:
    names = {
        "/": "sol",
        "+": "plus",
        "=": "equals",
        "&": "amp",
        "<": "lt",
        ">": "gt",
        '"': "quot",
        "%": "percnt",
    }
    return "".join(f"&{names[character]};" if character in names else character for character in text)


def _swapped(text: str) -> str:
    return text.swapcase()


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "case swapped": _swapped,
    "json": lambda text: json.dumps(text)[1:-1],
    "json, slashes too": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json in json": lambda text: json.dumps(json.dumps(text))[3:-3],
    "percent": urllib.parse.quote,
    "percent, slashes too": lambda text: urllib.parse.quote(text, safe=""),
    "percent in lower case": lambda text: urllib.parse.quote(text, safe="").lower(),
    "percent as encodeURI does": lambda text: urllib.parse.quote(text, safe=";,/?:@&=+$#"),
    "form": urllib.parse.quote_plus,
    "every byte percent": _percent,
    "percent twice": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "every byte percent twice": lambda text: _percent(text).replace("%", "%25"),
    "entities": html.escape,
    "entities twice": lambda text: html.escape(html.escape(text)),
    "named entities": _named,
    "decimal entities": lambda text: _numeric(text, "d"),
    "hexadecimal entities": lambda text: _numeric(text, "x").replace("#", "#x"),
    "hexadecimal entities in upper case": lambda text: _numeric(text, "04X").replace("#", "#X"),
    "\\u": _escaped,
    "\\u in upper case": lambda text: _escaped(text).upper().replace("\\U", "\\u"),
    "\\u of signs": lambda text: "".join(
        character if character.isalnum() else _escaped(character) for character in text
    ),
    "\\x": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "decimal entities with zeros": lambda text: _numeric(text, "010d"),
    "\\u of JavaScript": lambda text: "".join(f"\\u{{{ord(character):x}}}" for character in text),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "%u": lambda text: _escaped(text).replace("\\", "%"),
    "entities of percent": lambda text: html.escape(urllib.parse.quote(text, safe="&")),
    "json of entities": lambda text: json.dumps(html.escape(text))[1:-1],
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in upper case": lambda text: text.encode().hex().upper(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "hexadecimal with hyphens": lambda text: text.encode().hex("-"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 behind a user": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"u:{text}".encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "UTF-16, the other way round": lambda text: text.encode("utf-16-be").decode("latin-1"),
    "hexadecimal of UTF-16": lambda text: text.encode("utf-16-le").hex(),
}
"""What servers, proxies and log files make of a text, by name."""


def forms_of(secret: str) -> set[bytes]:
    """The secret as it would be found in bytes: in each encoding, and in base64 at each of its three alignments."""
    found = {encode(secret).encode() for name, encode in ENCODINGS.items() if not name.startswith("base64")}
    for data in (secret.encode(), secret.encode("utf-16-le")):
        for shift in range(3):
            own = slice(-(-shift * 8 // 6), (shift + len(data)) * 8 // 6)
            digits = base64.b64encode(b"x" * shift + data)[own]
            found |= {digits, digits.translate(bytes.maketrans(b"+/", b"-_"))}
    return found | set(base64.encodebytes(secret.encode()).split(b"\n")[:-2])
