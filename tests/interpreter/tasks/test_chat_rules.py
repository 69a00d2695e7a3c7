"""Chat requests that break a rule once their expressions have values: `metadata.httptask.rules` says how strictly."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer
from support.connections import local_connection
from support.runs import Outcome, running

TASK = """
do:
  - ask:
      call: chatCompletion
      metadata: { x: 1 }
      with: { model: "${ .model }", temperature: "${ .warmth }", messages: [{ role: user, content: Hello }] }
"""
DOCUMENT = "document: { dsl: 1.0.3, namespace: tests, name: rules, version: 1.0.0, metadata: { httptask: { rules: warn } } }"


async def ask(
    temporal: WorkflowEnvironment, text: str, given: Any, model_rules: Any = None
) -> tuple[Outcome, int]:
    async with ScriptedServer([Reply.chat("Hi")]) as server:
        openai = local_connection("openai", server.url, model_rules=model_rules or {})
        async with running(temporal, connections={"openai": openai}) as runner:
            return await runner.run(text, given), len(server.requests)


async def test_nothing_is_sent_that_is_sure_to_be_rejected(temporal: WorkflowEnvironment) -> None:
    outcome, sent = await ask(temporal, TASK, {"model": "m", "warmth": 3})

    assert sent == 0
    assert outcome.problem["error"] == "RequestInvalid"
    [fault] = outcome.problem["details"]["faults"]
    assert (fault["pointer"], fault["code"]) == ("/temperature", "range")


@pytest.mark.parametrize(
    ("document", "task", "warned"),
    [
        ("", "rules: warn", ["/temperature"]),
        (DOCUMENT, "", ["/temperature"]),
        (DOCUMENT, "rules: off", []),
        ("", "rules: off", []),
    ],
    ids=["task", "document", "task before document", "off"],
)
async def test_what_is_not_refused_is_told(
    temporal: WorkflowEnvironment, document: str, task: str, warned: list[str]
) -> None:
    text = document + TASK.replace("{ x: 1 }", f"{{ httptask: {{ {task} }} }}")
    outcome, sent = await ask(temporal, text, {"model": "m", "warmth": 3})

    assert sent == 1
    assert [fault["pointer"] for fault in outcome.output.get("warnings", [])] == warned


async def test_a_model_is_known_by_the_rules_of_its_connection(temporal: WorkflowEnvironment) -> None:
    outcome, _ = await ask(temporal, TASK, {"model": "o3", "warmth": 0.5})
    assert outcome.output["warnings"][0]["code"] == "model"

    outcome, _ = await ask(temporal, TASK, {"model": "o3", "warmth": 0.5}, {"o3": {}})
    assert "warnings" not in outcome.output
