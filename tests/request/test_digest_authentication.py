"""Digest authentication against a server that checks it by the text of RFC 7616, section 3.4."""

import hashlib
import re
from typing import Any

import pytest

from httptask.http.errors import Unauthorized
from httptask.http.models import HttpRequest, TextBody
from httptask.http.url import Url
from httptask.request.digest_authentication import DigestUser
from httptask.testing import Reply, ScriptedServer, ServedRequest

HASHES: dict[str, Any] = {
    "MD5": hashlib.md5,
    "md5": hashlib.md5,
    "SHA-256": hashlib.sha256,
    "SHA-256-sess": hashlib.sha256,
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data),
}
URL = Url.parse("https://h/a%7Eb{c}?x=[1]&y=%2f<")


def challenge(
    algorithm: str = "SHA-256", qop: str = 'qop="auth", ', realm: str = "shop, inner", more: str = ""
) -> str:
    return f'Digest realm="{realm}", {qop}algorithm={algorithm}, nonce="n0nce", opaque="0paque"{more}'


def fields_of(header: str) -> dict[str, str]:
    assert header.startswith("Digest ")
    found = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,\s]+)', header)
    return {name: re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value for name, value in found}


def expected(header: str, method: str, target: str, username: str, password: str, body: bytes = b"") -> str:
    fields = fields_of(header)
    new = HASHES[fields["algorithm"]]

    def h(*parts: str) -> str:
        return str(new(":".join(parts).encode()).hexdigest())

    a1 = h(username, fields["realm"], password)
    if fields["algorithm"].endswith("-sess"):
        a1 = h(a1, fields["nonce"], fields["cnonce"])
    a2 = h(method, target)
    if fields.get("qop") == "auth-int":
        a2 = h(method, target, str(new(body).hexdigest()))
    if "qop" not in fields:
        return h(a1, fields["nonce"], a2)
    return h(a1, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], a2)


def sent_by(served: ServedRequest) -> str | None:
    header = served.headers.get("authorization")
    return None if header is None else header.encode("latin-1").decode()


class DigestServer:
    """Challenges what has no right answer, with a new nonce each time."""

    def __init__(self, *challenges: str) -> None:
        self.challenges = challenges
        self.accepted: list[ServedRequest] = []

    def __call__(self, served: ServedRequest) -> Reply:
        header = sent_by(served)
        if header is not None and fields_of(header)["uri"] == served.target:
            right = expected(header, served.method, served.target, "ann", "correct horse", served.body)
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
    [
        *((name, qop) for name in HASHES for qop in ('qop="auth", ', 'qop="auth-int,auth", ')),
        ("MD5", ""),
        ("SHA-256", 'qop="auth-int", '),
    ],
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


@pytest.mark.parametrize(("stale", "sent"), [(1, 3), (2, 3), (0, 2)])
async def test_a_nonce_that_is_out_of_date_is_replaced_once(make_edge: Any, stale: int, sent: int) -> None:
    script = DigestServer(challenge())
    refusals = [challenge(), *[challenge(more=", stale=TRUE")] * stale]

    def refuse_first(served: ServedRequest) -> Reply:
        if refusals:
            return DigestServer(refusals.pop(0))(ServedRequest("GET", served.target, {}, b"", 1))
        return script(served)

    async with ScriptedServer(refuse_first) as server:
        edge = make_edge(server.url, connection=connection(), secrets=SECRETS)
        sending = edge.send(HttpRequest(method="GET", url="/", connection="local"))
        if stale < 2:
            assert (await sending).content == {"by": "ann"}
        else:
            with pytest.raises(Unauthorized):
                await sending
    assert len(server.requests) == sent


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
    ["Basic realm=x", 'Digest realm="x"', "Digest", challenge("SHA-3"), challenge(qop='qop="token", ')],
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
        [challenge("SHA-3"), challenge("MD5")],
        [f'Basic realm="x", {challenge("SHA-256")}'],
        [f"{challenge('unknown')}, {challenge('MD5')}"],
        ["Negotiate", challenge("SHA-256")],
        [f"NTLM TlRMTVNTUAAB==, {challenge('SHA-256')}"],
        [f'Basic realm="or Digest nonce=1, realm=2", {challenge("MD5")}'],
        [challenge("MD5").replace("realm", "REALM").replace("=", " = ")],
    ],
)
def test_the_first_challenge_that_can_be_answered_is(values: list[str]) -> None:
    header = DigestUser("ann", "correct horse").answer([value.encode() for value in values], "GET", URL)
    assert header is not None
    fields = fields_of(header)
    assert (fields["realm"], fields["uri"]) == ("shop, inner", URL.target)
    assert fields["response"] == expected(header, "GET", URL.target, "ann", "correct horse")


def test_a_name_with_quotes_is_one_quoted_string() -> None:
    header = DigestUser('an"n\\x', "correct horse").answer([challenge().encode()], "GET", URL)
    assert header is not None
    assert header.startswith('Digest username="an\\"n\\\\x", realm=')
    assert fields_of(header)["response"] == expected(header, "GET", URL.target, 'an"n\\x', "correct horse")


@pytest.mark.parametrize("realm", ['Camera \\"hall\\"', "back\\\\slash", "Gerät", "a, Digest b=c"])
async def test_a_realm_goes_back_as_it_came(make_edge: Any, realm: str) -> None:
    script = DigestServer(challenge(realm=realm, more=", charset=UTF-8"))
    async with ScriptedServer(script) as server:
        edge = make_edge(server.url, connection=connection(), secrets=SECRETS)
        await edge.send(HttpRequest(method="GET", url="/", connection="local"))
    assert f'realm="{realm}"' in str(sent_by(script.accepted[0]))


def test_a_realm_in_latin_1_is_hashed_as_it_came() -> None:
    header = DigestUser("ann", "correct horse").answer(
        ['Digest realm="Gerät", nonce="n"'.encode("latin-1")], "GET", URL
    )
    assert header is not None
    secret = hashlib.md5("ann:Gerät:correct horse".encode("latin-1")).hexdigest()
    asked = hashlib.md5(f"GET:{URL.target}".encode()).hexdigest()
    assert fields_of(header)["response"] == hashlib.md5(f"{secret}:n:{asked}".encode()).hexdigest()


def test_a_name_that_is_to_be_hidden_is() -> None:
    header = DigestUser("ann", "correct horse").answer(
        [challenge(more=", userhash=true").encode()], "GET", URL
    )
    assert header is not None
    fields = fields_of(header)
    assert fields["username"] == hashlib.sha256(b"ann:shop, inner").hexdigest()
    assert fields["userhash"] == "true"
    assert fields["response"] == expected(header, "GET", URL.target, "ann", "correct horse")
