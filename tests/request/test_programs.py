"""The request as other programs send it: what arrives is what the request itself sends."""

import asyncio
import contextlib
import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from httptask.authentication.models import BearerAuthentication, DigestAuthentication
from httptask.http.errors import RequestInvalid
from httptask.http.models import BinaryBody, FormBody, HttpRequest, JsonBody, MultipartBody, Part, TextBody
from httptask.request.curl import curl_command
from httptask.request.draft import draft
from httptask.request.httpie import httpie_command
from httptask.request.httpx_script import httpx_script
from httptask.request.preview import PreparedRequest, prepare
from httptask.testing import Reply, ScriptedServer
from support.curl import run_by_bash
from support.exported_requests import BYTES, REQUESTS, SECRETS, secret, told

URL = "https://api.example.com/a"


async def test_what_curl_and_python_send_is_what_was_prepared(
    make_edge: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert len(REQUESTS) >= 40
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    different: dict[str, Any] = {}
    with httpx.Client() as client:  # one for all: each would read the certificates of the machine
        monkeypatch.setattr(httpx, "request", client.request)
        async with ScriptedServer([Reply.of()]) as server:
            edge = make_edge(server.url, secrets=SECRETS)
            for name, fields in REQUESTS.items():
                request = HttpRequest(**{"method": "GET", "url": "/", "connection": "local", **fields})
                await edge.send(request)
                command = edge.prepare(request).export(curl_command)
                assert await run_by_bash(command, tmp_path, SECRETS) == (0, ""), command[:2000]
                await asyncio.to_thread(run_script, edge.prepare(request).export(httpx_script))
                sent, *arrived = (told(served, request) for served in server.requests[-3:])
                if arrived != [sent, sent]:
                    different[name] = {"sent": sent, "by curl and Python": arrived}
    assert different == {}
    assert len(server.requests) == 3 * len(REQUESTS)  # a URL with braces can be several


def run_script(script: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(script, "<script>", "exec"), {})
    assert printed.getvalue().startswith("200\n")


def prepared(**fields: Any) -> PreparedRequest:
    return prepare(draft(HttpRequest(**{"method": "POST", "url": URL, **fields}), None))


SCRIPT = """\
import json
import os
from urllib.parse import quote

import httpx

with httpx.stream(
    "POST",
    "https://api.example.com/" + quote(os.environ["KEY"], safe="!$&'()*+,;=:@") + "?q=" + quote(json.loads(os.environ["LOGIN"])["user"], safe=""),
    auth=httpx.DigestAuth("ann", os.environ["PASSWORD"]),
    headers={"X-U": ("Token ü " + os.environ["KEY"]).encode()},
    json={
        "stream": True,
        "messages": [{"role": "user", "content": "a long text by which all of this goes beyond a line"}],
        "none": None,
    },
    timeout=30,
) as response:
    print(response.status_code)
    for line in response.iter_lines():
        print(line)"""


def test_a_script_reads_secrets_from_the_environment_and_a_stream_as_it_comes() -> None:
    user = secret("/url", "LOGIN", offset=len("https://api.example.com/?q=")).model_copy(
        update={"field": "user"}
    )
    text = prepared(
        url="https://api.example.com/?q=",
        headers={"X-U": "Token ü "},
        authentication=DigestAuthentication(username="ann", password=""),
        body=JsonBody(
            value={
                "stream": True,
                "messages": [
                    {"role": "user", "content": "a long text by which all of this goes beyond a line"}
                ],
                "none": None,
            }
        ),
        limits={"total": 30},
        secrets=(
            secret("/url", offset=len("https://api.example.com/")),
            user,
            secret("/headers/X-U", offset=len("Token ü ")),
            secret("/authentication/password", "PASSWORD"),
        ),
    ).export(httpx_script)
    assert text == SCRIPT
    compile(text, "<script>", "exec")


ACCEPT = "'Accept:*/*'"
HTTPIE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "get": ({"method": "GET"}, [f"http --ignore-stdin GET {URL}", ACCEPT]),
    "json": (
        {
            "body": JsonBody(value={"a": "it's"}),
            "authentication": BearerAuthentication(token=""),
            "secrets": (secret("/authentication/token"),),
        },
        [
            f'http --ignore-stdin --auth-type=bearer --auth="$KEY" POST {URL}',
            "Content-Type:application/json",
            ACCEPT,
            """--raw='{"a":"it'"'"'s"}'""",
        ],
    ),
    "a stream": (
        {"body": JsonBody(value={"stream": True})},
        [
            f"http --ignore-stdin --stream POST {URL}",
            "Content-Type:application/json",
            ACCEPT,
            """--raw='{"stream":true}'""",
        ],
    ),
    "a user": (
        {
            "method": "GET",
            "authentication": DigestAuthentication(username="ann", password=""),
            "secrets": (secret("/authentication/password", "PASSWORD"),),
        },
        [f'http --ignore-stdin --auth-type=digest --auth="ann:$PASSWORD" GET {URL}', ACCEPT],
    ),
    "headers that look like its own signs": (
        {"method": "GET", "headers": {"X-A": "=a", "X-B": "@b", "X-C": "c\\:d", "X-D": "", "Accept": "x/y"}},
        [
            f"http --ignore-stdin GET {URL}",
            r"'X-A:\=a'",
            r"'X-B:\@b'",
            r"X-C:@<(printf %s 'c\:d')",
            "'X-D;'",
            "Accept:x/y",
        ],
    ),
    "a form with a secret": (
        {"body": FormBody(fields={"a=": "@x", "key": ""}), "secrets": (secret("/body/fields/key"),)},
        [
            f"http --ignore-stdin --form POST {URL}",
            "Content-Type:application/x-www-form-urlencoded",
            ACCEPT,
            r"'a\==\@x'",
            'key=@<(printf %s "$KEY")',
        ],
    ),
    "parts of text": (
        {"body": MultipartBody(parts=(Part(name="a", content=TextBody(text="x")),))},
        [f"http --ignore-stdin --multipart POST {URL}", ACCEPT, "a=x"],
    ),
    "bytes": (
        {"body": BinaryBody(base64=BYTES)},
        [
            f"printf %s {BYTES} | base64 --decode | http POST {URL}",
            "Content-Type:application/octet-stream",
            ACCEPT,
        ],
    ),
}


@pytest.mark.parametrize("name", HTTPIE)
def test_an_httpie_command_has_the_words_that_httpie_reads(name: str) -> None:
    fields, expected = HTTPIE[name]
    assert prepared(**fields).export(httpie_command) == " \\\n  ".join(expected)


def test_httpie_takes_methods_of_letters_alone() -> None:
    with pytest.raises(RequestInvalid, match="none such as M-SEARCH: use curl"):
        prepared(method="M-SEARCH").export(httpie_command)


def test_what_can_not_be_pasted_is_escaped() -> None:
    body = TextBody(text="a\t'\\\r\n\x1b\x85")
    given = secret("/body/text", offset=len(body.text))
    escaped = r"$'a\t\'\\\r" + "\n" + r"\x1b\xc2\x85'"
    assert prepared(body=body).export(curl_command).endswith(f"--data-raw {escaped}")
    assert prepared(body=body, secrets=(given,)).export(httpie_command).endswith(f'--raw={escaped}"$KEY"')
