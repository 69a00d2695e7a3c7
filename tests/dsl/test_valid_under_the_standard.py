"""Whatever is accepted is valid under the standard's schema: each value of a full definition replaced by many others."""

import copy
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from httptask.dsl.compile import compile_definition
from httptask.dsl.yaml import read_yaml
from httptask.json.types import is_array, is_object
from support.definitions import standard

FULL = """
document:
  dsl: 1.0.3
  namespace: tests
  name: full
  version: 1.0.0
  title: Title
  summary: Summary
  tags: { team: a }
  metadata: { free: 1 }
input: { schema: { format: json, document: { type: object } }, from: "${ . }" }
timeout: { after: PT1H }
evaluate: { language: jq, mode: loose }
use:
  secrets: [KEY, LOGIN]
  authentications:
    bearer: { bearer: { token: "${ $secrets.KEY }" } }
    basic: { basic: { username: u, password: "${ $secrets.KEY }" } }
    digest: { digest: { use: LOGIN } }
    oauth2:
      oauth2:
        authority: https://login.example.com
        grant: client_credentials
        client: { id: c, secret: "${ $secrets.KEY }", authentication: client_secret_basic }
        endpoints: { token: /token, revocation: /revoke, introspection: /introspect }
        request: { encoding: application/json }
        scopes: [a]
        audiences: [b]
        issuers: [i]
        username: u
        password: "${ $secrets.KEY }"
        subject: { token: "${ $secrets.KEY }", type: t }
        actor: { token: "${ $secrets.KEY }", type: t }
    oidc: { oidc: { authority: https://login.example.com, grant: client_credentials, client: { id: c, secret: s } } }
  errors: { broken: { type: "https://example.com/e", status: 500, title: T, detail: D, instance: /do/0 } }
  timeouts: { short: { after: { seconds: 5 } } }
  retries:
    often:
      when: .a
      exceptWhen: .b
      delay: { seconds: 1 }
      backoff: { exponential: {} }
      limit: { attempt: { count: 3, duration: PT1M }, duration: PT1H }
      jitter: { from: PT0S, to: PT1S }
do:
  - make:
      if: ${ true }
      input: { schema: { document: {} }, from: . }
      set: { a: 1, b: "${ . }" }
      output: { schema: { document: {} }, as: { x: "${ . }" } }
      export: { schema: { document: {} }, as: "${ . }" }
      timeout: { after: { days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1 } }
      metadata: { free: 1 }
      then: text
  - text: { set: "${ . }", timeout: short }
  - nap: { wait: { seconds: 1 } }
  - rest: { wait: PT1S }
  - pick: { switch: [{ one: { when: .a, then: fail } }, { other: { then: continue } }] }
  - fail: { if: .a, raise: { error: { type: "https://example.com/e", status: 400, title: T, detail: D, instance: /do } } }
  - named: { if: .a, raise: { error: broken } }
  - tried: { try: [{ safe: { set: { a: 1 } } }], catch: { retry: often } }
  - attempt:
      try: [{ risky: { set: { a: 1 } } }]
      catch:
        errors: { with: { type: "https://example.com/e", status: 400, instance: /do/0, title: T, detail: D } }
        as: why
        when: ${ .a }
        exceptWhen: .b
        retry: { delay: PT1S, backoff: { linear: {} }, limit: { attempt: { count: 3 } } }
        do: [{ handle: { set: { a: 1 } } }]
        then: fail
  - group: { do: [{ inner: { set: { a: 1 } } }] }
  - loop: { for: { each: x, in: .list, at: i }, while: "${ true }", do: [{ step: { set: { a: 1 } } }] }
  - literal: { for: { in: [{ a: 1, b: "${ . }" }] }, do: [{ step: { set: { a: 1 } } }] }
  - plain:
      call: http
      with:
        method: get
        endpoint: { uri: "https://example.com/{id}", authentication: { use: bearer } }
        headers: { a: b }
        query: { q: r }
        body: { c: 1 }
        output: content
        redirect: false
  - short: { call: http, with: { method: get, endpoint: "https://example.com", headers: "${ {} }", query: "${ {} }" } }
  - relative: { call: http, with: { method: get, endpoint: { uri: "https://h/", authentication: { use: c } } } }
  - inPlace: { call: http, with: { method: get, endpoint: { uri: "https://h/", authentication: { basic: { use: KEY } } } } }
  - operation:
      call: openapi
      with:
        document: { name: Pets, endpoint: { uri: "https://example.com/{id}", authentication: { use: bearer } } }
        operationId: getPet
        parameters: { id: 1, q: "${ . }", body: { a: 1 } }
        authentication: { use: bearer }
        output: content
        redirect: true
  - pet: { call: openapi, with: { document: { endpoint: "https://example.com" }, operationId: getPet } }
  - request:
      call: httpRequest
      with: { method: get, endpoint: { uri: "https://example.com", authentication: { use: c } }, query: { n: 1 } }
  - many: { call: map, with: { in: .list, each: y, at: j, do: [{ sub: { set: { a: 1 } } }] } }
  - own: { call: "activity:1.0.0@default", with: { type: t, arguments: [1] } }
  - ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: hi }] }, then: end }
output: { schema: { document: {} }, as: "${ . }" }
"""
VALUES: tuple[Any, ...] = (
    None, True, 0, 1.5, "", "x y", "P1DT", "pt1s", "PT1S\n", "1.0", "HTTPS://example.com/{a}", "//h", "/path", "urn:a",
    "a\nb", "${ . }", "${ .\n }", "x ${ . }", "${ . } x", "${ $workflow.input.url\n }", "https://h/${ .a\n}", "https://h/a b",
    "PT${ .n }S", "${ $secrets.KEY }/x", "$${ . }", {}, {"a": 1}, {"use": "KEY"}, {"seconds": 1.5}, {"after": "PT1S"},
    {"certificate": {"use": "c"}}, {"uri": "${ .a\n}"}, {"uri": "/path"}, {"a": {"then": "end"}}, [], [1],
    [{"a": {"set": {}}}], "1.0.3banana", "1.0.3-a..b",
)  # fmt: skip
TEXTS = ("", "x y", "PT1S", "HTTPS://example.com/{a}", "${ . }")
"""What is tried of texts where the standard takes none: one of each sort."""
PARTS = 8
"""Every so many values are tried at a place, the others at those behind it, unless all are asked for."""


def places(value: Any, tokens: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to each value inside a value."""
    yield tokens
    children: Iterable[tuple[str | int, Any]] = ()
    if is_object(value):
        children = value.items()
    elif is_array(value):
        children = enumerate(value)
    for key, child in children:
        yield from places(child, (*tokens, key))


def with_value(data: Any, tokens: tuple[str | int, ...], value: Any) -> Any:
    """The data with another value at a place; what is not on the way there is shared."""
    if not tokens:
        return value
    changed = copy.copy(data)
    changed[tokens[0]] = with_value(data[tokens[0]], tokens[1:], value)
    return changed


def definitions() -> dict[str, dict[str, Any]]:
    """The full definition in parts that are quick to check: one for each task and each policy, one for the rest."""
    full: dict[str, Any] = read_yaml(FULL).data
    tasks = {name: entry for entry in full["do"] for name in entry}
    use, policies = full["use"], full["use"]["authentications"]
    retries = use.pop("retries")
    some: dict[str, Any] = {
        "document": full["document"],
        "use": {**use, "authentications": {"bearer": policies["bearer"]}},
    }
    parts: dict[str, dict[str, Any]] = {
        "rest": {**full, **some, "do": [tasks["text"], tasks["named"]]},
        "retries": {**some, "use": {"retries": retries}, "do": [tasks.pop("tried")]},
    }
    for name, policy in policies.items():
        parts[f"policy {name}"] = {
            **some,
            "use": {**use, "authentications": {name: policy}},
            "do": [tasks["text"]],
        }
    for name, entry in tasks.items():
        targets = [{other: {"set": {"a": 1}}} for other in ("text", "fail") if other != name]
        parts[f"task {name}"] = {**some, "do": [entry, *targets]}
    return parts


DEFINITIONS = definitions()


def places_of(name: str) -> Iterator[tuple[str | int, ...]]:
    """The places that are checked in a part: those that no other part has as well."""
    kind = name.partition(" ")[0]
    for tokens in places(DEFINITIONS[name]):
        own = {"task": ("do", 0), "policy": ("use", "authentications")}.get(kind, ())
        if tokens and tokens[: len(own)] == own:
            yield tokens


@pytest.mark.parametrize("name", DEFINITIONS)
def test_what_is_not_valid_is_refused(name: str, pytestconfig: pytest.Config) -> None:
    parts = 1 if pytestconfig.getoption("thorough") else PARTS
    definition = DEFINITIONS[name]
    assert compile_definition(definition).program is not None
    assert standard().is_valid(definition)
    accepted: list[tuple[str, Any]] = []
    for number, tokens in enumerate(places_of(name)):

        def is_valid(value: Any, tokens: tuple[str | int, ...] = tokens) -> bool:
            return standard().is_valid(with_value(definition, tokens, value))

        takes_text = any(isinstance(value, str) and is_valid(value) for value in VALUES)
        for value in itertools.filterfalse(is_valid, VALUES[number % parts :: parts]):
            if isinstance(value, str) and not takes_text and value not in TEXTS:
                continue
            if compile_definition(with_value(definition, tokens, value)).program is not None:
                accepted.append(("/".join(map(str, tokens)), value))
    assert accepted == []
