"""Where secrets may stand."""

import pytest

from support.definitions import faults_of

SECRET = '"${ $secrets.TOKEN }"'
USE = "use: { secrets: [TOKEN] }\n"


def http(arguments: str) -> str:
    return f"{USE}do:\n  - a: {{ call: httpRequest, with: {{ {arguments} }} }}"


def get(arguments: str) -> str:
    return http(f"method: get, endpoint: https://example.com, {arguments}")


def chat(arguments: str) -> str:
    messages = "[{ role: user, content: Hello }]"
    return f"{USE}do:\n  - a: {{ call: chatCompletion, with: {{ model: m, messages: {messages}, {arguments} }} }}"


def task(text: str) -> str:
    return f"{USE}do:\n  - a: {{ {text} }}"


@pytest.mark.parametrize(
    "text",
    [
        get(f"headers: {{ x: {SECRET} }}"),
        get(f"query: {{ x: {SECRET} }}"),
        get(f"body: {{ x: [{SECRET}, 'Bearer ${{ $secrets.TOKEN.key }}!'] }}"),
        http("method: get, endpoint: 'https://${ $secrets.TOKEN }/x'"),
        http(
            f"method: get, endpoint: {{ uri: {SECRET}, authentication: {{ bearer: {{ token: {SECRET} }} }} }}"
        ),
        chat(f"user: {SECRET}"),
    ],
    ids=["header", "query", "body", "server", "authentication", "chat"],
)
def test_requests_may_hold_them(text: str) -> None:
    assert faults_of(text) == []


@pytest.mark.parametrize(
    "text",
    [
        http(f"method: {SECRET}, endpoint: https://example.com"),
        http(f"method: get, connection: c, path: {SECRET}"),
        task(f"set: {{ x: {SECRET} }}"),
        task(f"wait: {SECRET}"),
        task(f"raise: {{ error: {{ type: https://example.com/t, status: 400, detail: {SECRET} }} }}"),
        task(f"set: {{ x: 1 }}, input: {{ from: {{ x: {SECRET} }} }}"),
        task(f"set: {{ x: 1 }}, output: {{ as: {{ x: {SECRET} }} }}"),
        task(f"set: {{ x: 1 }}, export: {{ as: {{ x: {SECRET} }} }}"),
        task("set: { x: 1 }") + f"\noutput: {{ as: {{ x: {SECRET} }} }}",
    ],
    ids=["method", "path", "set", "wait", "raise", "input", "output", "export", "output of the workflow"],
)
def test_everything_else_may_not(text: str) -> None:
    assert [fault.code for fault in faults_of(text)] == ["secret-outside-request"]


@pytest.mark.parametrize(
    "text",
    [
        task("if: $secrets.TOKEN == 1, set: { x: 1 }"),
        task("set: { x: 1 }, output: { as: $secrets.TOKEN }"),
        get("headers: { x: '${ $secrets.TOKEN | length }' }"),
    ],
    ids=["if", "output", "filter"],
)
def test_no_expression_reads_them(text: str) -> None:
    assert [fault.code for fault in faults_of(text)] == ["secret-in-expression"]


def test_they_must_be_declared() -> None:
    (fault,) = faults_of(get("headers: { x: '${ $secrets.TOKN }' }"))
    assert (fault.code, fault.hint) == ("unknown-secret", "did you mean `TOKEN`?")
    (fault,) = faults_of(get(f"headers: {{ x: {SECRET} }}").replace(USE, ""))
    assert (fault.code, fault.hint) == ("unknown-secret", "declare it: use: { secrets: [TOKEN] }")


def test_a_named_policy_may_hold_them() -> None:
    policy = f"authentications: {{ api: {{ basic: {{ username: me, password: {SECRET} }} }} }}"
    text = get("redirect: true").replace(
        "https://example.com", "{ uri: https://example.com, authentication: { use: api } }"
    )
    assert faults_of(text.replace("[TOKEN]", f"[TOKEN], {policy}")) == []


@pytest.mark.parametrize("expression", ["$authorization.parameter", '$authorization["parameter"]'])
def test_no_expression_reads_a_credential(expression: str) -> None:
    faults = faults_of(f"do:\n  - a: {{ set: {{ x: 1 }}, output: {{ as: '{expression}' }} }}")
    assert [fault.code for fault in faults] == ["secret-outside-request"]


def test_the_scheme_may_be_read() -> None:
    assert faults_of("do:\n  - a: { set: { x: 1 }, output: { as: $authorization.scheme } }") == []
