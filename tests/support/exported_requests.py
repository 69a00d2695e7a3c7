"""Requests of every form, for what writes them down for other programs; what arrives of them is to be the same."""

import base64
import re
from typing import Any

from httptask.authentication.models import BasicAuthentication
from httptask.http.models import (
    BinaryBody,
    FormBody,
    HttpRequest,
    JsonBody,
    MultipartBody,
    Part,
    SecretReference,
    TextBody,
)
from httptask.testing import ServedRequest

__all__ = ["BYTES", "REQUESTS", "SECRETS", "secret", "told"]

SECRETS = {
    "KEY": "key 12345/[a]&",
    "PASSWORD": 'pass "word" $1',
    "HOSTILE": 'a"b\\c&d=e%41\n$(id) `f` #g ü',
    "LOGIN": '{"user": "a&b \\"c\\" %41?"}',
}
BYTES = base64.b64encode(bytes(range(256))).decode()
FORM = "application/x-www-form-urlencoded"


def secret(pointer: str, name: str = "KEY", offset: int = 0) -> SecretReference:
    return SecretReference(pointer=pointer, name=name, offset=offset)


def part(content: Any, **described: Any) -> Part:
    return Part(name="p", content=content, **described)


REQUESTS: dict[str, dict[str, Any]] = {
    "get": {},
    "brackets": {"url": "/?filter[name]=x&expand[0]=y"},
    "braces": {"url": '/{a,b}?q={"a":1}'},
    "range": {"url": "/[1-2]"},
    "encoded brackets": {"url": "/%5Ba%5D"},
    "query": {"query": {"q": "a b&c", "list": ["x", 1, True], "ü": "é"}},
    "lists in one parameter": {
        "query": {"a": ["x,y", "z"], "b": ["x", "y"], "c": [1, 2]},
        "separators": {"a": ",", "b": " ", "c": "|"},
    },
    "non-ASCII path": {"url": "/ü/%7E/~?ä=ö"},
    "odd characters": {"url": "/'(*)!$;,:@&=+|^`\"<>"},
    "two slashes": {"url": "//a//"},
    "empty query": {"url": "/a?"},
    "query that ends in a mark": {"url": "/a??b?"},
    "fragment": {"url": "/a#top"},
    "shell": {"url": "/$HOME?`id`=$(id)&it's"},
    "head": {"method": "HEAD"},
    "options": {"method": "OPTIONS"},
    "delete": {"method": "DELETE"},
    "empty post": {"method": "POST"},
    "empty put": {"method": "PUT"},
    "empty patch with a type": {"method": "PATCH", "headers": {"Content-Type": "application/json"}},
    "own method": {"method": "PURGE"},
    "method of odd characters": {"method": "A!B$HOME`id`'"},
    "idempotency key": {"method": "POST", "idempotency_key": "k-1"},
    "empty header": {"headers": {"X-Empty": "", "X-B": "b"}},
    "own headers": {"headers": {"User-Agent": "mine/1", "Accept": "text/csv", "Accept-Encoding": "identity"}},
    "header with quotes": {"headers": {"X-Q": 'it\'s "$HOME" `id` \\ ü'}},
    "cookie": {
        "headers": {"Cookie": "a=1; b="},
        "secrets": (secret("/headers/Cookie", offset=7),),
    },
    "secret header": {"headers": {"X-Key": "v1 "}, "secrets": (secret("/headers/X-Key", offset=3),)},
    "basic": {
        "authentication": BasicAuthentication(username="ann", password=""),
        "secrets": (secret("/authentication/password", "PASSWORD"),),
    },
    "json": {"method": "POST", "body": JsonBody(value={"a": [1, 2.5, None, "ü \U0001f600"], "b": {}})},
    "json text": {"method": "POST", "body": JsonBody(value="it's\n\t$HOME")},
    "json of another type": {
        "method": "PUT",
        "body": JsonBody(value=[1]),
        "headers": {"content-type": "application/merge-patch+json"},
    },
    "json with a secret": {
        "method": "POST",
        "body": JsonBody(value={"key": "-"}),
        "secrets": (secret("/body/value/key", offset=1),),
    },
    "json with a secret that needs escapes": {
        "method": "POST",
        "body": JsonBody(value={"key": "Bearer ", "it's": [1]}),
        "secrets": (secret("/body/value/key", "HOSTILE", offset=7),),
    },
    "query with secrets that need escapes": {
        "query": {"q": "a b", "key": "x ", "user": ""},
        "secrets": (
            secret("/query/key", offset=2),
            SecretReference(pointer="/query/user", name="LOGIN", field="user"),
        ),
    },
    "get with a body": {"body": JsonBody(value={"query": {}})},
    "text": {"method": "POST", "body": TextBody(text="@file\n$HOME 'x' \\\r\n")},
    "empty text": {"method": "POST", "body": TextBody(text="")},
    "text with a zero byte": {"method": "POST", "body": TextBody(text="a\0b")},
    "long text": {"method": "POST", "body": TextBody(text="x'y" * 60_000)},
    "form": {"method": "POST", "body": FormBody(fields={"a b": "c&d=ü~", "list": ["x y", 1], "e": ""})},
    "empty form": {"method": "POST", "body": FormBody(fields={})},
    "form as text": {"method": "POST", "body": TextBody(text="a=1&b=2"), "headers": {"Content-Type": FORM}},
    "bytes": {"method": "POST", "body": BinaryBody(base64=BYTES)},
    "multipart": {
        "method": "POST",
        "body": MultipartBody(
            parts=(
                part(TextBody(text="@note;type=x")),
                part(JsonBody(value={"n": 7, "t": 'say "hi"'})),
                part(BinaryBody(base64=BYTES), filename="a b.bin", content_type="image/png"),
                part(BinaryBody(base64=BYTES)),
                part(TextBody(text="line\n"), filename="log.txt"),
            )
        ),
    },
    "multipart of other names and texts": {
        "method": "POST",
        "body": MultipartBody(
            parts=(
                Part(name="a=b;c", content=TextBody(text="x")),
                Part(name='d\\e"f', content=TextBody(text="a\0b")),
                Part(
                    name="ü", content=TextBody(text="y"), filename='g\\h"i.txt', content_type="a/b; c='d e'"
                ),
                Part(name="long", content=TextBody(text="x'y" * 60_000)),
            )
        ),
    },
    "multipart with secrets that need escapes": {
        "method": "POST",
        "body": MultipartBody(
            parts=(
                part(TextBody(text="k ")),
                part(TextBody(text="t "), content_type="text/csv"),
                part(JsonBody(value={"it's": "Bearer ", "n": 1})),
                part(BinaryBody(base64=BYTES), filename="a.bin"),
            )
        ),
        "secrets": (
            secret("/body/parts/0/content/text", "HOSTILE", offset=2),
            secret("/body/parts/1/content/text", "HOSTILE", offset=2),
            secret("/body/parts/2/content/value/it's", "HOSTILE", offset=7),
        ),
    },
    "multipart with a secret of no type": {
        "method": "POST",
        "body": MultipartBody(parts=(part(TextBody(text="@;")),)),
        "secrets": (secret("/body/parts/0/content/text", "HOSTILE", offset=2),),
    },
    "many bytes": {"method": "POST", "body": BinaryBody(base64="AAAA" * 400_000)},
    "multipart with put": {"method": "PUT", "body": MultipartBody(parts=(part(TextBody(text="x")),))},
}


def told(served: ServedRequest, request: HttpRequest) -> dict[str, Any]:
    """All of a request but who sends it, whether the connection stays, and the boundary of its own."""
    given = {name.lower() for name in request.headers}
    headers = {
        name: value
        for name, value in served.headers.items()
        if name in given or name not in ("user-agent", "accept-encoding", "connection")
    }
    body = served.body
    boundary = re.search(r"boundary=(\S+)", headers.get("content-type", ""))
    if boundary is not None:
        body = body.replace(boundary[1].encode(), b"B")
        headers["content-type"] = headers["content-type"].replace(boundary[1], "B")
        assert headers.pop("content-length") == str(len(served.body))  # which the boundary is a part of
    return {"method": served.method, "target": served.target, "headers": headers, "body": body}
