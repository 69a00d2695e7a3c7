"""`$authorization`: the scheme of the task's own policy (dsl.md, Authorization Descriptor), never the credential."""

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.compile import compile_definition
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import Sample, plan_request, send_once
from support.connections import local_connection, secret_store
from support.definitions import parse
from support.runs import running

DEFINITION = """
use: {{ secrets: [TOKEN], authentications: {{ named: {{ basic: {{ username: me, password: "${{ $secrets.TOKEN }}" }} }} }} }}
do:
  - fetch:
      call: httpRequest
      with:
        method: get
        connection: shop
        endpoint: {endpoint}
        headers: {{ x-scheme: '${{ $authorization.scheme // "none" }}' }}
      output: {{ as: $authorization }}
"""
POLICIES = {
    "basic": ('{{ uri: "{url}", authentication: {{ use: named }} }}', {"scheme": "Basic"}),
    "bearer": (
        '{{ uri: "{url}", authentication: {{ bearer: {{ token: "${{ $secrets.TOKEN }}" }} }} }}',
        {"scheme": "Bearer"},
    ),
    "none": ('"{url}"', None),
}


@pytest.mark.parametrize("policy", POLICIES)
async def test_run_and_test_request_see_the_scheme(temporal: WorkflowEnvironment, policy: str) -> None:
    endpoint, expected = POLICIES[policy]
    async with ScriptedServer([Reply.json({})]) as server:
        definition = parse(DEFINITION.format(endpoint=endpoint.format(url=server.url)))
        shop = local_connection("shop", server.url)
        async with running(
            temporal, connections={"shop": shop}, secrets=secret_store({"TOKEN": "tok-123456"})
        ) as runner:
            outcome = await runner.run(definition)
            program = compile_definition(definition).program
            assert program is not None
            tested = await send_once(
                runner.client, runner.task_queue, plan_request(program, "fetch", Sample())
            )

    assert outcome.output == tested.downstream == expected
    scheme = expected["scheme"] if expected else "none"
    assert [request.headers["x-scheme"] for request in server.requests] == [scheme] * 2
    authorizations = [request.headers.get("authorization", "none ").split()[0] for request in server.requests]
    assert authorizations == [scheme] * 2
