"""Credentials become names of secrets, wherever they stand, and their values stand in nothing that is shown."""

import json
from pathlib import Path

import pytest

from httptask.catalog.curl import import_curl
from httptask.dsl.compile import compile_definition
from support.curl import definition_of

KEY = "geheim-0123456789abcdef"
TOKEN = "ghp_" + "0123456789abcdefghijABCDEFGHIJ"
PRIVATE = f"-----BEGIN RSA {'PRIVATE'} KEY-----\\n{KEY}\\n-----END RSA {'PRIVATE'} KEY-----"
URL = "https://api.example.com/"
FOUND = {
    "bearer": (f"{URL} -H 'Authorization: Bearer {KEY}'", {"EXAMPLE_TOKEN": KEY}),
    "a scheme of its own": (f"{URL} -H 'authorization: Token {KEY}'", {"EXAMPLE_TOKEN": KEY}),
    "no scheme": (f"{URL} -H 'Authorization: {KEY}'", {"EXAMPLE_AUTHORIZATION": KEY}),
    "oauth2": (f"{URL} --oauth2-bearer {KEY}", {"EXAMPLE_TOKEN": KEY}),
    "user": (f"{URL} -u ann:{KEY}", {"EXAMPLE_PASSWORD": KEY}),
    "digest": (f"{URL} --digest -u ann:{KEY}", {"EXAMPLE_PASSWORD": KEY}),
    "a key as a user": (f"{URL} -u {KEY}:", {"EXAMPLE_KEY": KEY}),
    "user in the URL": (f"https://ann:{KEY}@api.example.com/", {"EXAMPLE_PASSWORD": KEY}),
    "cookie": (f"{URL} -b 'sid={KEY}; a=b'", {"EXAMPLE_COOKIE": f"sid={KEY}; a=b"}),
    "cookie header": (f"{URL} -H 'cookie: s={KEY}'", {"EXAMPLE_COOKIE": f"s={KEY}"}),
    "header": (f"{URL} -H 'X-Api-Key: {KEY}'", {"EXAMPLE_API_KEY": KEY}),
    "header that says little": (f"{URL} -H 'key: {KEY}'", {"EXAMPLE_KEY": KEY}),
    "query": (f"'{URL}?a=b&apiKey={KEY}'", {"EXAMPLE_API_KEY": KEY}),
    "query that says little": (f"'{URL}?key={KEY}'", {"EXAMPLE_KEY": KEY}),
    "query of -G": (f"{URL} -G -d access_token={KEY}", {"EXAMPLE_ACCESS_TOKEN": KEY}),
    "form": (f"{URL} -d client_id=a -d client_secret={KEY}", {"EXAMPLE_CLIENT_SECRET": KEY}),
    "raw form": (f"{URL} -d 'a=/&client_secret={KEY}'", {"EXAMPLE_CLIENT_SECRET": KEY}),
    "parts": (f"{URL} -F a=b -F password={KEY}", {"EXAMPLE_PASSWORD": KEY}),
    "json": (f"""{URL} --json '{{"a":{{"password":"{KEY}"}}}}'""", {"EXAMPLE_PASSWORD": KEY}),
    "json with spaces": (f"""{URL} -d '{{"refresh_token" : "{KEY}"}}'""", {"EXAMPLE_REFRESH_TOKEN": KEY}),
    "a token in a path": (f"{URL}bot/{TOKEN}/x", {"EXAMPLE_TOKEN": TOKEN}),
    "a token in a text": (f"{URL} -H 'Content-Type: text/plain' -d 'a {TOKEN} b'", {"EXAMPLE_TOKEN": TOKEN}),
    "a token in a header": (f"{URL} -H 'X-A: {TOKEN}'", {"EXAMPLE_TOKEN": TOKEN}),
    "a webhook": (
        f"https://hooks.slack.com/services/T0/B0/{KEY}",
        {"SLACK_WEBHOOK": f"https://hooks.slack.com/services/T0/B0/{KEY}"},
    ),
    "json in a part": (
        f"""{URL} -F 'a={{"token": "{KEY}"}};type=application/json'""",
        {"EXAMPLE_TOKEN": KEY},
    ),
    "json in a form": (f"""{URL} --data-urlencode 'payload={{"token":"{KEY}"}}'""", {"EXAMPLE_TOKEN": KEY}),
    "a header in json": (
        f"""{URL} --json '{{"headers":{{"Authorization":"Bearer {KEY}"}}}}'""",
        {"EXAMPLE_AUTHORIZATION": KEY},
    ),
    "a referer": (f"{URL} -e 'https://a.example/?access_token={KEY}'", {"EXAMPLE_ACCESS_TOKEN": KEY}),
    "a user in json": (f"""{URL} --json '{{"a":"https://b:{KEY}@c.example/"}}'""", {"EXAMPLE_PASSWORD": KEY}),
    "a query in json": (
        f"""{URL} --json '{{"a":"https://c.example/?sig={KEY}&x=y"}}'""",
        {"EXAMPLE_SIG": KEY},
    ),
    "a webhook in json": (
        f"""{URL} --json '{{"a":"https://hooks.slack.com/services/T0/B0/{KEY}"}}'""",
        {"EXAMPLE_WEBHOOK": f"https://hooks.slack.com/services/T0/B0/{KEY}"},
    ),
    "a private key": (
        f"{URL} -H 'Content-Type: text/plain' -d 'a {PRIVATE} b'",
        {"EXAMPLE_PRIVATE_KEY": PRIVATE},
    ),
    "a session in a path": (f"'{URL}a;jsessionid={KEY}/b'", {"EXAMPLE_JSESSIONID": KEY}),
    "the same twice": (f"'{URL}?token={KEY}' -H 'Authorization: Bearer {KEY}'", {"EXAMPLE_TOKEN": KEY}),
    "two of a kind": (
        f"'{URL}?token={KEY}' -H 'Authorization: Bearer {KEY}2'",
        {"EXAMPLE_TOKEN": KEY, "EXAMPLE_TOKEN_2": f"{KEY}2"},
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_is_taken_out(name: str) -> None:
    options, expected = FOUND[name]
    made = import_curl(f"curl {options}", Path())
    assert {secret.name: secret.value for secret in made.secrets} == expected
    assert KEY not in f"{made!r}"
    assert TOKEN not in f"{made!r}"
    compiled = compile_definition(definition_of(made))
    assert (compiled.faults, compiled.program is None) == ([], False)
    written = json.dumps(made.tasks)
    assert all(f"${{ $secrets.{secret} }}" in written for secret in expected)


HELD_TWICE = {
    "body": f"{URL} -u ann:{KEY} -H 'Content-Type: text/plain' -d 'my {KEY}!'",
    "user agent": f"{URL} --oauth2-bearer {KEY} -A 'bot {KEY}'",
    "path": f"{URL}keys/{KEY}/x -u ann:{KEY}",
    "query": f"'{URL}?q=x%26{KEY}' -H 'X-Api-Key: {KEY}'",
    "json": f"""{URL} -H 'X-Api-Key: {KEY}' --json '{{"query":"{{ a(b: {KEY}) }}"}}'""",
    "part": f"{URL} -H 'X-Api-Key: {KEY}' -F a=b{KEY}",
}


@pytest.mark.parametrize("name", HELD_TWICE)
def test_is_taken_out_wherever_else_it_stands(name: str) -> None:
    made = import_curl(f"curl {HELD_TWICE[name]}", Path())
    assert KEY not in f"{made!r}"
    assert len(made.secrets) == 1
    [task] = made.tasks.values()
    assert json.dumps(task).count("$secrets.") == 2


NAMED = {
    f"https://hooks.slack.com/services/T0/B0/{KEY}": "postSlack",
    f"hooks.slack.com/services/T0/B0/{KEY}": "postSlack",
    f"https://discord.com/api/webhooks/1/{KEY}": "postDiscord",
    f"{URL}keys/{TOKEN}": "postKeys",
    f"https://api.telegram.org/bot123456789:{KEY}/send": "postSend",
    f"{URL}keys/{KEY} -u ann:{KEY}": "postKeys",
}


@pytest.mark.parametrize("address", NAMED, ids=NAMED.values())
def test_names_of_tasks_have_none(address: str) -> None:
    made = import_curl(f"curl {address} -d x", Path())
    assert list(made.tasks) == [NAMED[address]]
    assert KEY not in f"{made!r}"


NOT_SECRET = {
    "headers": "-H 'Accept: text/csv' -H 'X-Request-Id: 12345678901234567890' -H 'Idempotency-Key: abcdefghijklmnop'",
    "parameters": "-G -d key=one -d max_tokens=5 -d token_type=Bearer -d sort_key=name_of_the_column -d page_token=",
    "json": """--json '{"max_tokens": 12, "token_count": "17", "grant_type": "password", "password": ""}'""",
    "user": "-u :",
}


@pytest.mark.parametrize("name", NOT_SECRET)
def test_what_is_no_credential_stays(name: str) -> None:
    assert import_curl(f"curl {URL} {NOT_SECRET[name]}", Path()).secrets == ()


def test_variables_are_secrets_of_their_names() -> None:
    made = import_curl(f'curl "{URL}$ID" -H "Authorization: Bearer ${{TOKEN}}" -d "a=$ID"', Path())
    assert [(secret.name, secret.value) for secret in made.secrets] == [("ID", None), ("TOKEN", None)]
    [task] = made.tasks.values()
    assert task["with"]["endpoint"] == {
        "uri": f"{URL}${{ $secrets.ID }}",
        "authentication": {"bearer": {"token": "${ $secrets.TOKEN }"}},
    }
    assert task["with"]["body"] == "a=${ $secrets.ID }"


def test_a_password_that_curl_would_ask_for_is_a_secret() -> None:
    made = import_curl(f"curl {URL} -u ann", Path())
    assert [(secret.name, secret.value) for secret in made.secrets] == [("EXAMPLE_PASSWORD", None)]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("api.github.com", "GITHUB_TOKEN"),
        ("www.shop.co.uk", "SHOP_TOKEN"),
        ("localhost:8080", "LOCALHOST_TOKEN"),
        ("127.0.0.1:8080", "LOCALHOST_TOKEN"),
        ("10.0.0.1", "API_TOKEN"),
        ("[2001:db8::1]:8080", "API_TOKEN"),
        ("my-shop.example", "MY_SHOP_TOKEN"),
    ],
)
def test_names_say_whose_they_are(host: str, name: str) -> None:
    made = import_curl(f"curl -g 'http://{host}/' --oauth2-bearer {KEY}", Path())
    assert [secret.name for secret in made.secrets] == [name]


def test_a_name_says_no_word_twice() -> None:
    made = import_curl(f"curl http://10.0.0.1:8081/orders -H 'X-Api-Key: {KEY}'", Path())
    assert [secret.name for secret in made.secrets] == ["API_KEY"]
