"""Digest authentication against a server that checks it by the text of RFC 7616, section 3.4."""

import hashlib
import re
from typing import Any

import pytest

from httptask.http.authentication.digest import DigestUser
from httptask.http.errors import Unauthorized
from httptask.http.models import HttpRequest, TextBody
from httptask.http.url import Url
from httptask.testing import Reply, ScriptedServer, ServedRequest

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256, "SHA-256-sess": hashlib.sha256}
URL = Url.parse("https://h/a%7Eb{c}?x=[1]&y=%2f<")


def challenge(algorithm: str = "SHA-256", qop: str = 'qop="auth", ') -> str:
    return f'Digest realm="shop, inner", {qop}algorithm={algorithm}, nonce="n0nce", opaque="0paque"'


def fields_of(header: str) -> dict[str, str]:
    assert header.startswith("Digest ")
    return {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', header)}


def expected(header: str, method: str, target: str, username: str, password: str) -> str:
    fields = fields_of(header)
    new = HASHES[fields["algorithm"]]

    def h(*parts: str) -> str:
        return new(":".join(parts).encode()).hexdigest()

    a1 = h(username, fields["realm"], password)
    if fields["algorithm"].endswith("-sess"):
        a1 = h(a1, fields["nonce"], fields["cnonce"])
    a2 = h(method, target)
    if "qop" not in fields:
        return h(a1, fields["nonce"], a2)
    return h(a1, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], a2)


class DigestServer:
    """Challenges what has no right answer, with a new nonce each time."""

    def __init__(self, *challenges: str) -> None:
        self.challenges = challenges
        self.accepted: list[ServedRequest] = []

    def __call__(self, served: ServedRequest) -> Reply:
        header = served.headers.get("authorization")
        if header is not None and fields_of(header)["uri"] == served.target:
            right = expected(header, served.method, served.target, "ann", "correct horse")
            if fields_of(header)["response"] == right:
                self.accepted.append(served)
                return Reply.json({"by": fields_of(header)["username"]})
        lines = "".join(f"WWW-Authenticate: {value}\r\n" for value in self.challenges)
        head = f"HTTP/1.1 401 Unauthorized\r\n{lines}Set-Cookie: id=1\r\nContent-Length: 0\r\n\r\n"
        return Reply(head.encode())


def connection(password: str = "$secrets.PASSWORD") -> dict[str, Any]:
    return {"authentication": {"digest": {"username": "ann", "password": password}}}


SECRETS = {"PASSWORD": "correct horse"}


@pytest.mark.parametrize(
    ("algorithm", "qop"),
    [*((name, qop) for name in HASHES for qop in ('qop="auth", ', 'qop="auth-int,auth", ')), ("MD5", "")],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_challenge_is_answered_within_the_attempt(
    make_edge: Any, algorithm: str, qop: str, method: str
) -> None:
    script = DigestServer(challenge(algorithm, qop))
    body = TextBody(text="once") if method == "POST" else None
    async with ScriptedServer(script) as server:
        edge = make_edge(server.url, connection=connection(), secrets=SECRETS)
        response = await edge.send(
            HttpRequest(method=method, url="/a%7Eb?x=[1]&y=%2f", connection="local", body=body)
        )
    assert response.content == {"by": "ann"}
    assert len(server.requests) == 2
    assert [served.body for served in script.accepted] == [b"once" if body else b""]
    assert "cookie" not in server.requests[1].headers
    assert response.request.headers["Authorization"] == "Digest response(ann:$PASSWORD)"


async def test_a_wrong_password_is_told_once(make_edge: Any) -> None:
    async with ScriptedServer(DigestServer(challenge())) as server:
        edge = make_edge(server.url, connection=connection(), secrets={"PASSWORD": "wrong password"})
        with pytest.raises(Unauthorized) as raised:
            await edge.send(HttpRequest(method="GET", url="/", connection="local"))
    assert not raised.value.retryable
    assert "no digest" not in raised.value.message
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "value",
    ["Basic realm=x", 'Digest realm="x"', "Digest", challenge("SHA-3"), challenge(qop='qop="auth-int", ')],
)
async def test_a_challenge_that_cannot_be_answered_is_not(make_edge: Any, value: str) -> None:
    async with ScriptedServer(DigestServer(value)) as server:
        edge = make_edge(server.url, connection=connection(), secrets=SECRETS)
        with pytest.raises(Unauthorized, match="; it offers no digest that can be answered: one of MD5,"):
            await edge.send(HttpRequest(method="GET", url="/", connection="local"))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "values",
    [
        [challenge("SHA-512-256"), challenge("MD5")],
        [f'Basic realm="x", {challenge("SHA-256")}'],
        [f"{challenge('unknown')}, {challenge('MD5')}"],
        ["Negotiate", challenge("SHA-256")],
    ],
)
def test_the_first_challenge_that_can_be_answered_is(values: list[str]) -> None:
    header = DigestUser("ann", "correct horse").answer(values, "GET", URL)
    assert header is not None
    fields = fields_of(header)
    assert (fields["realm"], fields["uri"]) == ("shop, inner", URL.target)
    assert fields["response"] == expected(header, "GET", URL.target, "ann", "correct horse")


def test_a_name_with_quotes_is_one_quoted_string() -> None:
    header = DigestUser('an"n\\x', "correct horse").answer([challenge()], "GET", URL)
    assert header is not None
    assert header.startswith('Digest username="an\\"n\\\\x", realm=')
    assert fields_of(header)["response"] == expected(header, "GET", URL.target, 'an"n\\x', "correct horse")
