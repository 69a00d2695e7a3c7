"""`fallback`: another connection is asked when there is no answer to be had."""

import re
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.resilience.retry import Retry
from httptask.testing import Reply, ScriptedServer
from support.chat import calling
from support.connections import local_connection, secret_store
from support.runs import Outcome, running

DEFINITION = """
do:
  - ask:
      call: chatCompletion
      with:
        connection: first
        model: large
        messages: [{ role: user, content: Hello }]
        fallback: [{ connection: second, model: small }, { connection: third }]
"""
GONE = Reply.json({"error": {"message": "overloaded"}}, status=503)
NO_MONEY = Reply.json({"error": {"message": "no money", "code": "insufficient_quota"}}, status=429)
REFUSED = Reply.json({"error": {"message": "bad key"}}, status=401)
INVALID = Reply.json({"error": {"message": "bad request"}}, status=400)
NAMES = ("first", "second", "third")


async def run(
    temporal: WorkflowEnvironment, *replies: list[Reply], definition: str = DEFINITION
) -> tuple[Outcome, list[list[Any]], list[set[str | None]]]:
    """The outcome, and of each server the models that it was asked for and the credentials that it was sent."""
    servers = [ScriptedServer(list(found)) for found in replies]
    secrets = {f"KEY_{name}": f"sk-0123456789-{name}" for name in NAMES}
    async with servers[0], servers[1], servers[2]:
        connections = {
            name: local_connection(
                name,
                server.url,
                authentication={"bearer": {"token": f"$secrets.KEY_{name}"}},
                retry=Retry(attempts=2, first_interval=0.01),
            )
            for name, server in zip(NAMES, servers, strict=True)
        }
        async with running(temporal, connections=connections, secrets=secret_store(secrets)) as runner:
            outcome = await runner.run(definition)
    models = [[request.json()["model"] for request in server.requests] for server in servers]
    sent = [{request.headers.get("authorization") for request in server.requests} for server in servers]
    return outcome, models, sent


@pytest.mark.parametrize(
    ("bad", "attempts", "error"), [(GONE, 2, "HttpStatusError"), (NO_MONEY, 1, "QuotaExhausted")]
)
async def test_the_next_is_asked(
    temporal: WorkflowEnvironment, bad: Reply, attempts: int, error: str
) -> None:
    outcome, models, sent = await run(temporal, [bad], [Reply.chat("Hi")], [Reply.chat("Ho")])

    assert (outcome.problem, outcome.output["text"]) == ({}, "Hi")
    assert models == [["large"] * attempts, ["small"], []]
    [before] = outcome.output["unavailable"]
    assert (before["connection"], before["model"], before["error"]) == ("first", "large", error)
    assert sent == [{"Bearer sk-0123456789-first"}, {"Bearer sk-0123456789-second"}, set()]


async def test_the_last_one_keeps_the_model_that_it_is_given(temporal: WorkflowEnvironment) -> None:
    outcome, models, _ = await run(temporal, [GONE], [GONE], [Reply.chat("Ho")])

    assert outcome.output["text"] == "Ho"
    assert models == [["large"] * 2, ["small"] * 2, ["large"]]
    assert [before["connection"] for before in outcome.output["unavailable"]] == ["first", "second"]


async def test_the_error_of_the_last_one_is_the_tasks(temporal: WorkflowEnvironment) -> None:
    outcome, models, _ = await run(temporal, [GONE], [GONE], [NO_MONEY])

    assert outcome.problem["error"] == "QuotaExhausted"
    assert re.sub(r"from \S+:\d+", "from HOST", outcome.problem["detail"]) == (
        "none of 3 servers gave an answer: first: 503 from HOST: overloaded; second: 503 from HOST: overloaded; "
        "third: 429 from HOST: no money"
    )
    before = outcome.problem["details"]["unavailable"]
    assert [(one["connection"], one["model"]) for one in before] == [("first", "large"), ("second", "small")]
    assert [len(asked) for asked in models] == [2, 2, 1]


async def test_a_credential_that_the_second_one_refuses_hides_no_reason(
    temporal: WorkflowEnvironment,
) -> None:
    outcome, models, _ = await run(temporal, [GONE], [REFUSED], [Reply.chat("Ho")])

    assert outcome.problem["error"] == "Unauthorized"
    assert re.search("2 servers .* first: 503 .* second: 401 from .* bad key$", outcome.problem["detail"])
    assert [len(asked) for asked in models] == [2, 1, 0]


@pytest.mark.parametrize("bad", [REFUSED, INVALID])
async def test_what_is_wrong_here_is_not_tried_elsewhere(temporal: WorkflowEnvironment, bad: Reply) -> None:
    outcome, models, _ = await run(temporal, [bad], [Reply.chat("Hi")], [Reply.chat("Ho")])

    assert outcome.problem["details"]["status"] in (400, 401)
    assert models == [["large"], [], []]


async def test_a_conversation_stays_with_whom_it_has_found(temporal: WorkflowEnvironment) -> None:
    text = (
        DEFINITION
        + """
        tools: [{ type: function, function: { name: clock } }]
        handlers: { clock: { do: [{ tell: { set: { hour: 12 } } }] } }
"""
    )
    outcome, models, _ = await run(
        temporal, [GONE], [calling(("clock", "{}")), Reply.chat("Noon")], [], definition=text
    )

    assert outcome.output["text"] == "Noon"
    assert models == [["large"] * 2, ["small"] * 2, []]
