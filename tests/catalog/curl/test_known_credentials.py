"""A credential that one place of a request tells stands in nothing that is written or shown, in whatever encoding."""

import base64
import json
import random
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from httptask.catalog.curl import import_curl
from httptask.catalog.errors import CatalogError
from httptask.catalog.importing import Imported
from httptask.dsl.compile import compile_definition
from httptask.http.headers import has_control_character
from httptask.request.draft import draft
from httptask.request.wire import wire_request
from httptask.secrets.redaction import Redactor
from httptask.testrequest import Sample, plan_request
from support.connections import secret_store
from support.curl import definition_of
from support.encodings import ENCODINGS

TOKENS = ["geheim/0123+45=67&89", 'pass "word" %41 {x}', "314159265358979323", "Zürich-2026-€-geheim"]
URL = "https://api.example.com"
TELLING = {
    "header": ("-H", "X-Api-Key: {}"),
    "bearer": ("--oauth2-bearer", "{}"),
    "password": ("-u", "ann:{}"),
    "cookie": ("-b", "theme=dark; sid={}; lang=en"),
    "form": ("-d", "client_secret={}"),
}


def places(token: str, text: str, source: random.Random) -> list[str]:
    """Options that have a text in places whose names tell nothing."""
    whole = json.dumps(text, ensure_ascii=source.random() < 0.5)
    data = {
        "plain": text,
        "form": f"a={quote(text, safe='')}&b=c",
        "form name": f"{quote(text, safe='')}=a",
        "json": f'{{"a": {whole}, "b": 1}}',
        "compact json": f'{{"a":[{whole}]}}',
        "json name": f'{{{whole}:"b"}}',
        "json in json": json.dumps({"a": json.dumps({"b": text, "password": "other-secret-77"})}),
        "number": f'{{"a":{token if token.isdecimal() else 1}}}',
    }
    kind, body = source.choice(list(data.items()))
    given: list[list[str]] = [["-d", body], ["--data-urlencode", f"x={text}"]]
    if "json" in kind or kind == "number":
        given = [["-H", "Content-Type: application/json", "-d", body]]
    if source.random() < 0.3:
        given = [["-F", f"a=x{json.dumps(text)}"], ["--form-string", f"b={text}"]]
        given[0] = ["--form-string", f"{''.join(c for c in text if c.isalnum())}=x"]
    chosen = source.sample(given, source.randrange(len(given) + 1))
    if not has_control_character(text) and text.isascii():
        headers = [["-H", f"X-A: b {text}"], ["-A", f"bot {text}"], ["-e", f"https://a.example/?q={text}"]]
        chosen += source.sample(headers, source.randrange(2))
    return [word for option in chosen for word in option]


def address(text: str, source: random.Random) -> str:
    component = quote(text, safe="")
    return URL + source.choice(
        [
            "/",
            f"/a/{component}/b",
            f"/?q={component}",
            f"/?{component}",
            f"/?{component}=1&a=b",
            f"/a;{component}",
        ]
    )


def sent(made: Imported) -> dict[str, Any]:
    program = compile_definition(definition_of(made)).program
    assert program is not None
    [name] = made.tasks
    request = plan_request(program, name, Sample()).request
    store = secret_store({secret.name: secret.value or "" for secret in made.secrets})
    wire = wire_request(draft(request.model_copy(update={"idempotency_key": None}), None), store).wire
    headers = {name.lower(): value for name, value in wire.headers}
    boundary = headers.get("content-type", "").partition("boundary=")[2]
    body = wire.body.replace(boundary.encode(), b"B") if boundary else wire.body
    told = {"authorization", "content-length", "content-type", "cookie", "x-api-key"}
    kept = {name: value for name, value in headers.items() if name not in told}
    return {"method": wire.method, "url": unquote(str(wire.url)), "headers": kept, "body": body}


def test_what_is_known_to_be_a_credential_stands_nowhere_and_is_sent_the_same() -> None:
    source = random.Random(11)
    refused = 0
    for _ in range(100):
        token = source.choice(TOKENS)
        telling = source.choice([name for name in TELLING if token.isascii() or name == "form"])
        text = ENCODINGS[source.choice(list(ENCODINGS))](token)
        words = places(token, text, source)
        if "\0" in text or (telling == "form" and ("--form-string" in words or "-H" in words)):
            continue
        option, value = TELLING[telling]
        told = [option, value.format(quote(token, safe="") if telling == "form" else token)]
        command = ["curl", "-g", address(text, source), *words]
        whole = shlex.join([*command, *told])
        try:
            made = import_curl(whole, Path())
        except CatalogError as error:
            refused += 1
            shown = f"{error.message} {error.hint}"
            assert "where no secret can" in shown, whole
        else:
            shown = json.dumps([made.as_json(), repr(made)], ensure_ascii=False)
            if telling != "form":
                assert sent(made) == sent(import_curl(shlex.join(command), Path())), whole
        assert not Redactor({token: "T"}).holds(shown), f"{whole}\n{shown}"
    assert 0 < refused < 10


BASIC = base64.b64encode(f"ann:{TOKENS[0]}".encode()).decode()
LEFT: dict[str, tuple[str, set[str]]] = {
    "one cookie of several": (
        f"""-b 'theme=dark-mode; sid={TOKENS[2]}' --json '{{"a":"dark-mode {TOKENS[2]}"}}'""",
        {"EXAMPLE_COOKIE", "EXAMPLE_SID"},
    ),
    "the password of Basic": (
        f"-H 'Authorization: Basic {BASIC}' --data-urlencode 'a={TOKENS[0]}'",
        {"EXAMPLE_TOKEN", "EXAMPLE_PASSWORD"},
    ),
    "an escaped address": (
        f"""--json '{{"a":"https://b.example/?c=d\\u0026access_token={TOKENS[2]}"}}'""",
        {"EXAMPLE_ACCESS_TOKEN"},
    ),
    "json in json": (f"""--json '{{"a":"{{\\"password\\":\\"{TOKENS[2]}\\"}}"}}'""", {"EXAMPLE_PASSWORD"}),
    "a number": (f"""--json '{{"password":{TOKENS[2]}}}'""", {"EXAMPLE_PASSWORD"}),
    "another request": (
        f"{URL}/{TOKENS[2]} --next https://other.example/ --oauth2-bearer {TOKENS[2]}",
        {"OTHER_TOKEN"},
    ),
    "the name of a server": (
        f"https://{TOKENS[2]}.example.com/ -u ann:{TOKENS[2]}",
        {"EXAMPLE_PASSWORD", "EXAMPLE_ADDRESS"},
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_only_one_of_several_readings_tells(name: str) -> None:
    options, secrets = LEFT[name]
    made = import_curl(f"curl {options if 'https' in options[:10] else f'{URL}/ {options}'}", Path())
    assert {secret.name for secret in made.secrets} == secrets
    assert not any(token in f"{made!r}" for token in TOKENS)
    assert compile_definition(definition_of(made)).faults == []


REFUSED = {
    "the name of a header": (f"-H 'X-{TOKENS[2]}: a'", "in the name of a header, where no secret can"),
    "the name of a part": (f"-F {TOKENS[2]}=a", "in the name or the type of a part, where no secret can"),
    "bytes": ("--data-binary @bytes", "in a body that is no text in UTF-8, where no secret can"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_no_secret_can_stand_a_request_is_refused(name: str, tmp_path: Path) -> None:
    option, message = REFUSED[name]
    (tmp_path / "bytes").write_bytes(b"\xff" + TOKENS[2].encode())
    with pytest.raises(CatalogError, match=message):
        import_curl(f"curl {URL} {option} -H 'X-Api-Key: {TOKENS[2]}'", tmp_path)
