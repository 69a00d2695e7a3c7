"""Authentication in definitions, through Temporal: forms, retries, and what is left in the history."""

import json
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.checks.portability import portable_uses
from httptask.dsl.compile import compile_definition
from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.authorization import AuthorizationServer
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.runs import running

CALL = """
use: {{ secrets: [KEY, ALL] }}
do:
  - order:
      call: httpRequest
      with:
        method: post
        connection: shop
        endpoint: {{ uri: "{url}", authentication: {policy} }}
        body: {{ article: 7 }}
        output: response
      output: {{ as: "${{ {{ scheme: $authorization.scheme, shown: .request.headers.Authorization }} }}" }}
"""
CLIENT = '{ id: shop, secret: "${ $secrets.KEY }" }'
SETTINGS = (
    f'{{ authority: "AUTHORITY", grant: client_credentials, client: {CLIENT}, scopes: ["${{ .scope }}", b] }}'
)
POLICIES = {
    "oauth2": f"{{ oauth2: {SETTINGS} }}",
    "oidc": f"{{ oidc: {SETTINGS} }}",
    "stored": "{ oauth2: { use: ALL } }",
}


def definition(url: str, authority: str, policy: str) -> dict[str, Any]:
    return parse(CALL.format(url=url, policy=policy.replace("AUTHORITY", authority)))


@pytest.mark.parametrize("kind", POLICIES)
async def test_a_refused_token_costs_an_attempt_and_no_second_effect(
    temporal: WorkflowEnvironment, kind: str
) -> None:
    """The server has revoked the token that the first run got; the second run's POST is made once."""
    tokens = AuthorizationServer(prefix="access-token-")
    refused: set[str] = set()
    done: list[ServedRequest] = []

    def api(served: ServedRequest) -> Reply:
        if served.headers["authorization"] in refused:
            return Reply.json({"detail": served.headers["authorization"]}, status=401)
        done.append(served)
        return Reply.json({})

    async with ScriptedServer(tokens) as authority, ScriptedServer(api) as server:
        stored = {
            "authority": authority.url,
            "grant": "client_credentials",
            "client": {"id": "shop", "secret": "client-secret-1"},
        }
        secrets = secret_store({"KEY": "client-secret-1", "ALL": json.dumps(stored)})
        shop = local_connection("shop", server.url)
        written = definition(server.url, authority.url, POLICIES[kind])
        async with running(temporal, connections={"shop": shop}, secrets=secrets) as runner:
            first = await runner.run(written, {"scope": "a"})
            refused.add("Bearer access-token-1")
            second = await runner.run(written, {"scope": "a"})
            history = (await second.handle.fetch_history()).to_json()

    expected = "$ALL" if kind == "stored" else authority.url
    assert first.output == second.output == {"scheme": "Bearer", "shown": f"Bearer <token from {expected}>"}
    assert [served.headers["authorization"][-1] for served in server.requests] == ["1", "1", "2"]
    assert server.requests[1].headers["idempotency-key"] == server.requests[2].headers["idempotency-key"]
    assert len(done) == 2
    assert [asked.get("scope") for asked in tokens.asked] == [None if kind == "stored" else "a b"] * 2
    assert "access-token" not in history
    assert "client-secret-1" not in history


async def test_no_token_ends_the_task_by_the_standards_type(temporal: WorkflowEnvironment) -> None:
    refusal = [Reply.json({"error": "invalid_client"}, status=401)]
    async with ScriptedServer(refusal) as authority, ScriptedServer([Reply.json({})]) as server:
        written = definition(server.url, authority.url, POLICIES["oauth2"])
        connections = {"shop": local_connection("shop", server.url)}
        secrets = secret_store({"KEY": "client-secret-1", "ALL": ""})
        async with running(temporal, connections=connections, secrets=secrets) as runner:
            outcome = await runner.run(written, {"scope": "a"})
    assert outcome.problem["type"].endswith("/authentication")
    assert (outcome.problem["error"], outcome.problem["status"]) == ("TokenUnavailable", 401)
    assert len(authority.requests) == 1
    assert server.requests == []


@pytest.mark.parametrize("text", ['"${ .number }"', '"${ .list }"'])
async def test_a_setting_that_is_no_text_ends_the_task(temporal: WorkflowEnvironment, text: str) -> None:
    policy = f'{{ oauth2: {{ authority: "https://id.example.com", grant: client_credentials, client: {{ id: {text}, secret: s }} }} }}'
    async with ScriptedServer([Reply.json({})]) as server:
        connections = {"shop": local_connection("shop", server.url)}
        async with running(temporal, connections=connections, secrets=secret_store({"KEY": "k"})) as runner:
            outcome = await runner.run(definition(server.url, "", policy), {"number": 1, "list": []})
    assert outcome.problem["type"].endswith("/validation")
    assert "oauth2/client/id" in outcome.problem["detail"]


async def test_a_certificate_names_a_connection(temporal: WorkflowEnvironment) -> None:
    written = definition("https://example.com", "", "{ certificate: { use: shop } }")
    program = compile_definition(written).program
    assert program is not None
    found = [fault.pointer for fault in portable_uses(program)]
    assert "/do/0/order/with/endpoint/authentication/certificate" in found
    connections = {"shop": local_connection("shop", "https://example.com")}
    async with running(temporal, connections=connections, secrets=secret_store({})) as runner:
        outcome = await runner.run(written)
    assert "needs a connection with a client certificate" in outcome.problem["detail"]
    other = definition("https://example.com", "", "{ certificate: { use: other } }")
    connections["other"] = local_connection("other", "https://example.com")
    async with running(temporal, connections=connections, secrets=secret_store({})) as runner:
        outcome = await runner.run(other)
    assert "the connection is shop, and the authentication that of other" in outcome.problem["detail"]
