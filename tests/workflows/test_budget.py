"""`metadata.httptask.budget` stops a run before the call that would exceed it."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import ScriptedServer
from support.chat import completion
from support.runs import local_connection, parse, running, secret_store

THREE_QUESTIONS = """
do:
  - each:
      call: map
      with:
        in: "${ [1, 2, 3] }"
        do:
          - ask:
              call: chatCompletion
              with: { model: m, messages: [{ role: user, content: "n ${ $item }" }] }
              output: { as: .text }
"""


@pytest.mark.parametrize(
    ("budget", "sent"),
    [({"calls": 2}, 2), ({"tokens": 20}, 2), ({"tokens": 21}, 3), ({"calls": 3, "tokens": 1000}, 3)],
)
async def test_budget(temporal: WorkflowEnvironment, budget: dict[str, int], sent: int) -> None:
    definition: dict[str, Any] = parse(THREE_QUESTIONS)
    definition["document"] = {**definition["document"], "metadata": {"httptask": {"budget": budget}}}
    async with ScriptedServer([completion("yes")]) as server:  # 10 tokens each
        openai = local_connection("openai", server.url, authentication={"bearer": {"token": "$secrets.KEY"}})
        secrets = secret_store({"KEY": "sk-0123456789"})
        async with running(temporal, connections={"openai": openai}, secrets=secrets) as runner:
            outcome = await runner.run(definition)

    assert len(server.requests) == sent
    if sent == 3:
        assert outcome.output == ["yes"] * 3
    else:
        assert outcome.problem["error"] == "BudgetExceeded"
        assert outcome.problem["instance"] == "/do/0/each/with/do/0/ask"
