"""Where secrets may stand."""

import pytest
from support.definitions import faults_of

SECRET = '"${ $secrets.TOKEN }"'
CALL = "use: { secrets: [TOKEN] }\ndo:\n  - a: { call: httpRequest, with: { method: get, endpoint: https://example.com, %s } }"
CHAT = "use: { secrets: [TOKEN] }\ndo:\n  - a: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: x }], %s } }"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (CALL % f"headers: {{ x: {SECRET} }}", []),
        (CALL % f"query: {{ x: {SECRET} }}", []),
        (CALL % f"body: {{ x: [{SECRET}, 'Bearer ${{ $secrets.TOKEN.key }}!'] }}", []),
        (CALL.replace("https://example.com", f"'https://${{ $secrets.TOKEN }}/x'") % "redirect: false", []),
        (CALL.replace("https://example.com", f"{{ uri: https://example.com, authentication: {{ bearer: {{ token: {SECRET} }} }} }}") % "redirect: false", []),
        (CALL.replace("get,", f"{SECRET},") % "redirect: false", ["secret-outside-request"]),
        (CALL.replace("endpoint", "connection: c, path") % "redirect: false", []),
        (CHAT % f"user: {SECRET}", []),
        ("use: { secrets: [TOKEN] }\ndo:\n  - a: { set: { x: %s } }" % SECRET, ["secret-outside-request"]),
        ("use: { secrets: [TOKEN] }\ndo:\n  - a: { wait: %s }" % SECRET, ["secret-outside-request"]),
        ("use: { secrets: [TOKEN] }\ndo:\n  - a: { raise: { error: { type: t, status: 400, detail: %s } } }" % SECRET, ["secret-outside-request"]),
        ("use: { secrets: [TOKEN] }\ndo:\n  - a: { set: { x: 1 }, output: { as: { x: %s } } }" % SECRET, ["secret-outside-request"]),
        ("use: { secrets: [TOKEN] }\ndo:\n  - a: { set: { x: 1 } }\noutput: { as: { x: %s } }" % SECRET, ["secret-outside-request"]),
        ("use: { secrets: [TOKEN] }\ndo:\n  - a: { if: $secrets.TOKEN == 1, set: { x: 1 } }", ["secret-in-expression"]),
        (CALL % "headers: { x: '${ $secrets.TOKEN | length }' }", ["secret-in-expression"]),
        (CALL % "headers: { x: '${ $secrets.TOKN }' }", ["unknown-secret"]),
        (CALL.replace("use: { secrets: [TOKEN] }\n", "") % f"headers: {{ x: {SECRET} }}", ["unknown-secret"]),
    ],
)  # fmt: skip
def test_places(text: str, codes: list[str]) -> None:
    assert [fault.code for fault in faults_of(text)] == codes


def test_a_named_policy_may_hold_secrets() -> None:
    policy = "use: { secrets: [TOKEN], authentications: { api: { basic: { username: me, password: %s } } } }\n" % SECRET
    task = "do:\n  - a: { call: http, with: { method: get, endpoint: { uri: https://example.com, authentication: { use: api } } } }"
    assert faults_of(policy + task) == []


def test_a_message_never_asks_to_declare_what_is_there() -> None:
    (fault,) = faults_of(CALL.replace("[TOKEN]", "[]") % f"headers: {{ x: {SECRET} }}")
    assert fault.hint == "declare it: use: { secrets: [TOKEN] }"
