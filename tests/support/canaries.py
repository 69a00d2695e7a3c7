"""Canaries in every credential, and servers that send them back in every way."""

import base64
import gzip
import json
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote_plus

from httptask.testing import Reply, ServedRequest
from support.encodings import ENCODINGS

__all__ = ["CANARIES", "MODES", "Mode", "encoded"]

_LETTERS = string.ascii_letters + string.digits
_random = random.Random(3)

CANARIES = {
    "CANARY": 'cn/5f1c+9d=2&<7>"e0%b4 z',
    "SAFE": "canary-5f1c9d27e0b4zq1w7",
    "MIXED": "".join(_random.choices(_LETTERS, k=242)),
    "SHORT": 'k/+=&<"%',
    "LONG": "".join(_random.choices(_LETTERS + '/+=&<>"%', k=242)),
    "APART": 'apart-/8e2b+4a61"c7<% =y',
}
"""Keys of 8, 24 and 242 characters. `SAFE` and `MIXED` are for headers and URLs of answers, where not every character can
stand. `APART` is in no request: proxies and token endpoints alone see it."""

CANARY, SAFE, MIXED, SHORT, LONG, APART = CANARIES.values()

Script = Reply | Callable[[ServedRequest], Reply]


@dataclass(frozen=True)
class Mode:
    """One way in which a call goes wrong, or right.

    Attributes:
        script: what the server answers.
        peer: what its server is: one that speaks http, one whose certificate nobody knows, a proxy that makes no
            tunnel, or a closed port.
        connection: fields of its connection beside the usual ones; `{peer}` stands for the URL of its server.
        arguments: of the call, beside the usual ones.
        fails: whether the call ends in an error.
        silent: whether its server is sent no canary.
        then: an expression on its result, for a task behind it.
    """

    script: Script = field(default_factory=Reply)
    peer: Literal["http", "tls", "tunnel", "closed"] = "http"
    connection: Mapping[str, Any] = field(default_factory=dict[str, Any])
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    call: str = "httpRequest"
    fails: bool = True
    silent: bool = False
    then: str | None = None


def encoded(*canaries: str) -> list[str]:
    """Canaries in the encodings that servers use."""
    return [encode(canary) for canary in canaries for encode in ENCODINGS.values()]


ALL = " ".join((SAFE, MIXED, *encoded(CANARY), *encoded(SHORT)[::3], *encoded(LONG)[1::3]))
WITH_APART = " ".join((ALL, *encoded(APART)))


def _echo(status: int, **headers: str) -> Reply:
    body = {"error": {"message": f"bad key {CANARY}", "code": MIXED}, CANARY: encoded(CANARY)}
    return Reply.json(body, status=status, headers={"X-Request-Id": SAFE, **headers})


def _text(body: str, content_type: str, status: int = 200) -> Reply:
    return Reply.of(body.encode(), status=status, headers={"Content-Type": content_type})


def _wide(text: str, status: int) -> Reply:
    return Reply.of(text.encode("utf-16-le"), status=status, headers={"Content-Type": "text/plain"})


def _mirror(served: ServedRequest) -> Reply:
    """All that came, as it came, and decoded."""
    lines = [served.target, *(f"{name}: {value}" for name, value in served.headers.items())]
    credentials = [value[6:] for value in served.headers.values() if value.startswith("Basic ")]
    decoded = [base64.b64decode(pair).decode() for pair in credentials]
    body = served.body.decode()
    return _text("\n".join([*lines, *decoded, *map(unquote_plus, decoded), body]), "text/plain", 418)


def _events(*events: str, cut: bool = False) -> Reply:
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    length = len(body) + 100 * cut
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {length}\r\n\r\n"
    return Reply(head.encode() + body, close=cut)


def _to(location: str, status: int = 302) -> Mode:
    return Mode(_echo(status, Location=location), connection={"redirects": 3})


def _token(reply: Script, policy: str = "oauth2", *, silent: bool = False, **client: str) -> Mode:
    """The server is one that gives tokens, or doesn't."""
    settings = {
        "authority": "{peer}",
        "grant": "client_credentials",
        "client": {"id": "shop", "secret": "$secrets.APART", **client},
    }
    connection = {"base_url": "http://127.0.0.1:1", "authentication": {policy: settings}}
    return Mode(reply, connection=connection, silent=silent)


def _stream(reply: Reply) -> Mode:
    return Mode(reply, arguments={"stream": {}, "output": "content"})


def _chat(reply: Reply, **body: Any) -> Mode:
    content = " and ".join(f"${{ $secrets.{name} }}" for name in ("CANARY", "MIXED", "SHORT", "LONG"))
    messages = [{"role": "user", "content": content}]
    return Mode(reply, call="chatCompletion", arguments={"model": "m", "messages": messages, **body})


_CHUNK = json.dumps({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ALL}}]})
_PROXY = {"url": "{peer}", "username": "shop", "password": "$secrets.APART"}

STATUSES: Mapping[str, Mode] = {
    **{f"status-{status}": Mode(_echo(status)) for status in (400, 401, 402, 403, 404, 409, 413, 422, 500)},
    "status-429": Mode(_echo(429, **{"Retry-After": "0.1"})),
    "status-429-quota": Mode(
        Reply.json({"error": {"code": "insufficient_quota", "message": ALL}}, status=429)
    ),
    "status-429-too-long": Mode(_echo(429, **{"Retry-After": "9999"})),
    "status-503": Mode(_echo(503, **{"Retry-After": SAFE})),
    "challenge": Mode(_echo(401, **{"WWW-Authenticate": f'Bearer error="{SAFE}"'})),
    "html": Mode(_text(f"<html>{ALL}</html>", "text/html", 502)),
    "problem": Mode(
        _text(json.dumps({"type": ALL, "detail": ALL, "title": ALL}), "application/problem+json", 400)
    ),
    "mirror": Mode(_mirror),
}
BODIES: Mapping[str, Mode] = {
    "invalid-json": Mode(_text('{"key": "' + ALL, "application/json")),
    "wrong-charset": Mode(_text(ALL, f"text/plain; charset={MIXED}")),
    "wrong-type": Mode(_text(ALL, f"application/json; {MIXED}")),
    "wrong-encoding": Mode(Reply.of(ALL.encode(), headers={"Content-Encoding": f"br, {MIXED}"})),
    "too-large": Mode(_text(ALL * (2_000_000 // len(ALL)), "text/plain")),
    "not-http": Mode(Reply(f"{ALL}\r\n\r\n".encode(), close=True)),
    "cut": Mode(Reply(f"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n{ALL}".encode(), close=True)),
    "cut-error": Mode(
        Reply(f"HTTP/1.1 400 No\r\nContent-Length: 999\r\n\r\nbad {LONG[:200]}".encode(), close=True)
    ),
    "wide-error": Mode(_wide(LONG, 400)),
    "hang-up": Mode(Reply.hang_up()),
    "silence": Mode(Reply.silence(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + ALL.encode())),
}
NETWORK: Mapping[str, Mode] = {
    "refused": Mode(peer="closed", silent=True),
    "unresolvable": Mode(connection={"base_url": "http://nowhere.invalid"}, silent=True),
    "forbidden": Mode(connection={"base_url": "http://10.0.0.1"}, silent=True),
    "certificate": Mode(peer="tls", silent=True),
    "proxy-refusal": Mode(
        peer="tunnel", connection={"base_url": "https://api.example.com", "proxy": _PROXY}, silent=True
    ),
    "proxy-answer": Mode(_mirror, connection={"base_url": "http://api.example.com", "proxy": _PROXY}),
    "proxy-echo": Mode(
        _text(WITH_APART, "text/plain", 407),
        connection={"base_url": "http://api.example.com", "proxy": _PROXY},
    ),
}
REDIRECTS: Mapping[str, Mode] = {
    "redirect": Mode(_echo(302, Location=f"https://elsewhere.example/?key={SAFE}")),
    "redirect-307": Mode(_echo(307, Location=f"/again/{MIXED}")),
    "redirect-elsewhere": _to(f"https://elsewhere.example/{MIXED}?key={SAFE}"),
    "redirect-to-its-host": _to(f"https://{SAFE}.example/", 307),
    "redirect-to-user": _to(f"https://user:{MIXED}@127.0.0.1/", 308),
    "redirect-to-file": _to(f"file:///{SAFE}"),
    "redirect-to-scheme": _to(f"{MIXED}:x"),
    "redirect-loop": _to(f"/loop?key={SAFE}", 307),
}
TOKENS: Mapping[str, Mode] = {
    "token-400": _token(
        Reply.json(
            {"error": "invalid_client", "error_description": WITH_APART, "error_uri": WITH_APART}, status=400
        )
    ),
    "token-error-code": _token(Reply.json({"error": WITH_APART}, status=401)),
    "token-mirror": _token(_mirror),
    "token-mirror-basic": _token(_mirror, authentication="client_secret_basic"),
    "token-500": _token(_text(WITH_APART, "text/plain", 500)),
    "token-html": _token(_text(WITH_APART, "text/html")),
    "token-missing": _token(Reply.json({"token": WITH_APART})),
    "token-type": _token(Reply.json({"access_token": MIXED, "token_type": WITH_APART})),
    "token-redirect": _token(_echo(302, Location=f"https://elsewhere.example/{SAFE}")),
    "token-hang-up": _token(Reply.hang_up()),
    "token-refused": Mode(
        connection={"base_url": "{peer}", "authentication": {"bearer": {"token": "$secrets.MIXED"}}},
        script=_echo(401),
    ),
    "discovery-404": _token(_echo(404), "oidc", silent=True),
    "discovery-issuer": _token(
        Reply.json({"issuer": f"https://{SAFE}.example/{MIXED}"}), "oidc", silent=True
    ),
}
STREAMS: Mapping[str, Mode] = {
    "stream-cut": _stream(_events(json.dumps({"text": ALL}), cut=True)),
    "stream-invalid": _stream(_text(ALL, "text/plain")),
    "stream-status": _stream(_echo(400)),
    "stream-silence": _stream(Reply.silence(_events(json.dumps({"text": ALL}), cut=True).data)),
    "chat-status": _chat(_echo(400)),
    "chat-no-answer": _chat(Reply.json({"text": ALL})),
    "chat-error-in-200": _chat(Reply.json({"error": {"message": ALL, "code": MIXED}})),
    "chat-stream-cut": _chat(_events(_CHUNK, cut=True), stream=True),
    "chat-stream-error": _chat(_events(_CHUNK, json.dumps({"error": {"message": ALL}})), stream=True),
    "chat-stream-unfinished": _chat(_events(_CHUNK, "[DONE]"), stream=True),
    "chat-stream-not-json": _chat(_events(_CHUNK, ALL), stream=True),
}
_SPELLED = [
    json.dumps({"text": f"({key})"[start : start + 5]})
    for key in (CANARY, SHORT, LONG)
    for start in range(0, len(key) + 2, 5)
]
SUCCESSES: Mapping[str, Mode] = {
    "stream-spelled": replace(_stream(_events(*_SPELLED)), fails=False, then="map(.text) | add"),
    "wide": Mode(_wide(LONG, 200), arguments={"output": "raw"}, fails=False),
    **{
        name: Mode(reply, fails=False)
        for name, reply in {
            "status-200": _echo(200),
            "status-201": _echo(201),
            "cookie": _echo(200, **{"Set-Cookie": f"session={SAFE}", "X-Echo": MIXED}),
            "link": _echo(200, Link=f'</next?key={SAFE}>; rel="next"'),
            "text": _text(ALL, "text/plain"),
            "xml": _text(f"<key>{ALL}</key>", "application/xml"),
            "binary": Reply.of(
                b"\xff\xfe" + ALL.encode(), headers={"Content-Type": "application/octet-stream"}
            ),
            "gzip": Reply.of(
                gzip.compress(ALL.encode()),
                headers={"Content-Type": "text/plain", "Content-Encoding": "gzip"},
            ),
        }.items()
    },
}
MODES: Mapping[str, Mode] = {**STATUSES, **BODIES, **NETWORK, **REDIRECTS, **TOKENS, **STREAMS, **SUCCESSES}
