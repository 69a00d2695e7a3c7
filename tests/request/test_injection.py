"""No character in data makes a second request, another header, or another part.

What can't be sent is refused before the client library has it, though that refuses line breaks too: see
`tests/transport/test_network.py`.
"""

import re
from email import message_from_bytes
from typing import Any

import pytest

from httptask.calls.problem import TaskFault
from httptask.dsl.compile import compile_definition
from httptask.http.errors import RequestInvalid
from httptask.testing import Reply, ScriptedServer, ServedRequest
from httptask.testrequest import Sample, plan_request
from support.definitions import document

CHARACTERS = [
    *(character for character in map(chr, range(128)) if not character.isalnum()),
    *"aZ0ßÿ²",  # for all letters and digits: no syntax tells one of them from another
    "\u2028",
    "€",
    "\U0001f600",
    "\r\nX-Evil: 1\r\n\r\n",
    "\r\n--",
    "%0d%0aX: y",
]
UPPER = [character for character in map(chr, range(128, 256)) if not character.isalnum()]
SOME_UPPER = "\x80\x85\x9f\xa0\xad÷"
"""The first and the last controls of them, those that break a line or the space between words, and a sign."""
POSITIONS: dict[str, dict[str, Any]] = {
    "path": {"path": "/a/${ .x }/b"},
    "template": {"path": "/a/{x}/b"},
    "reserved template": {"path": "/a/{+x}/b"},
    "whole path": {"path": "${ .x }"},
    "query value": {"query": {"k": "v${ .x }"}},
    "query name": {"query": "${ { (.x): 1 } }"},
    "header value": {"headers": {"X-K": "v${ .x }v"}},
    "header name": {"headers": '${ { (.x): "1" } }'},
    "text": {"body": "${ .x }"},
    "JSON": {"body": {"k": "${ .x }"}},
    "form value": {"form": {"k": "v${ .x }"}},
    "form name": {"form": "${ { (.x): 1 } }"},
    "part": {"multipart": [{"name": "k", "text": "v${ .x }"}]},
    "name of a part": {"multipart": [{"name": "k${ .x }", "text": "v"}]},
    "filename": {"multipart": [{"name": "k", "text": "v", "filename": "f${ .x }"}]},
    "type of a part": {"multipart": [{"name": "k", "text": "v", "contentType": "text/x${ .x }"}]},
    "key": {"idempotencyKey": "k${ .x }"},
    "method": {"method": "GET${ .x }"},
}
OF_THE_LIBRARY = "can't be sent ("
"""Words of a refusal by the client library, whose own guards stand behind ours."""
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
ALWAYS = {
    "host",
    "accept",
    "accept-encoding",
    "user-agent",
    "content-type",
    "content-length",
    "idempotency-key",
}


@pytest.mark.parametrize("position", POSITIONS)
async def test_one_request_and_its_own_headers(
    make_edge: Any, position: str, pytestconfig: pytest.Config
) -> None:
    upper = UPPER if pytestconfig.getoption("thorough") else SOME_UPPER
    arguments = {"method": "post", "connection": "local", "path": "/", **POSITIONS[position]}
    program = compile_definition(document(do=[{"task": {"call": "httpRequest", "with": arguments}}])).program
    assert program is not None
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(server.url + "/base")
        for sent, character in enumerate([*CHARACTERS, *upper]):
            before = len(server.requests)
            refusal = None
            try:
                request = plan_request(program, "task", Sample(input={"x": character})).request
                await edge.send(request)
            except (RequestInvalid, TaskFault) as refused:
                refusal = str(refused)
            if refusal is not None:
                assert len(server.requests) == before, f"{sent}: {character!r}"
                assert OF_THE_LIBRARY not in refusal, f"{sent}: {character!r}"
                continue
            [served] = server.requests[before:]
            check(served, position, character)
    assert server.requests, "some characters can be sent everywhere"


def check(served: ServedRequest, position: str, character: str) -> None:
    own = {"header value": {"x-k"}, "header name": {character.lower()}}.get(position, set())
    assert served.headers.keys() <= ALWAYS | own, repr(character)
    assert not any(map(CONTROL.search, served.headers.values())), repr(character)
    assert served.target.startswith("/base"), repr(character)
    if position in ("path", "template"):
        assert served.target.count("/") == 4, repr(character)
    if "multipart" in POSITIONS[position]:
        head = b"Content-Type: " + served.headers["content-type"].encode() + b"\r\n\r\n"
        parts: Any = message_from_bytes(head + served.body).get_payload()
        assert len(parts) == 1
        assert set(parts[0].keys()) <= {"Content-Disposition", "Content-Type"}, repr(character)
