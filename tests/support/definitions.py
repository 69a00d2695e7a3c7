"""Definitions of tests."""

import functools
from pathlib import Path
from typing import Any

import jsonschema_rs

from httptask.diagnostics.fault import Fault
from httptask.dsl.compile import Compiled, compile_definition
from httptask.dsl.yaml import read_yaml

_SCHEMA = Path(__file__).parents[1] / "dsl" / "standard" / "workflow.yaml"

HEAD = "document: { dsl: 1.0.3, namespace: tests, name: definition, version: 1.0.0 }\n"

SETS = "document: { dsl: 1.0.3, namespace: tests, name: sets, version: 1.0.0 }\ndo: [{ one: { set: { a: 1 } } }]\n"
"""One task that sets data, and calls nothing."""

ASKS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with: { model: m, messages: [{ role: user, content: hello }] }
      output: { as: "${ .text }" }
"""
"""One question to a model."""

LABELS = """
document: { dsl: 1.0.3, namespace: tests, name: asks, version: 1.0.0 }
do:
  - ask:
      call: chatCompletion
      with:
        model: m
        messages: [{ role: user, content: Label it. }]
        response_format:
          type: json_schema
          json_schema:
            name: label
            schema: { type: object, required: [label], properties: { label: { type: string } } }
        reask: 2
"""
"""One question for JSON, asked twice again at most."""

DEFINITION = """
document: { dsl: 1.0.3, namespace: support, name: triage, version: 1.0.0 }
use: { secrets: [SLACK_WEBHOOK] }
do:
  - classifyTicket:
      call: chatCompletion
      with:
        model: gpt-4.1-mini
        messages: [{ role: user, content: "Ticket: ${ $workflow.input.text }" }]
        response_format:
          type: json_schema
          json_schema:
            name: ticket
            schema: { type: object, properties: { priority: { type: string }, summary: { type: string } } }
      output: { as: "${ .json }" }
  - decide:
      switch:
        - urgent: { when: '${ $tasks.classifyTicket.priority == "high" }', then: notifyTeam }
        - otherwise: { then: finishQuietly }
  - notifyTeam:
      call: httpRequest
      with:
        method: post
        endpoint: ${ $secrets.SLACK_WEBHOOK }
        headers: { x-priority: "${ $tasks.classifyTicket.priority }" }
        body: { text: "${ $tasks.classifyTicket.summary }" }
      timeout: { after: { seconds: 30 } }
      then: end
  - finishQuietly:
      set: { text: "${ $tasks.classifyTicket.summary }" }
      metadata: { reviewed: true }
"""
"""A sound definition with a bit of everything."""


def parse(text: str) -> dict[str, Any]:
    """A definition of a test; `document` may be left out."""
    found = read_yaml(text)
    assert found.faults == ()
    return document(**found.data)


def document(**members: Any) -> dict[str, Any]:
    """A definition of these members, with a `document` unless it is among them."""
    head = {"dsl": "1.0.3", "namespace": "test", "name": "test", "version": "1.0.0"}
    return {"document": head, **members}


@functools.cache
def standard() -> jsonschema_rs.Validator:
    """The standard's own schema, which takes a third of a second to read.

    Its pattern of URIs has no white space, and so none within an expression either: `https://h/${ .id }`. Here it has.
    """
    text = _SCHEMA.read_text()
    for rest in ("[^?#\\\\s]", "[^#\\\\s]"):
        assert f"({rest}*)" in text
        text = text.replace(f"({rest}*)", rf"(({rest}|\\$\\{{[^}}]*\\}})*)")
    return jsonschema_rs.validator_for(read_yaml(text).data)


def compiled(text: str) -> Compiled:
    """Compile the text of a definition that lacks only its `document`."""
    found = read_yaml(HEAD + text)
    assert found.faults == ()
    return compile_definition(found.data)


def faults_of(text: str) -> list[Fault]:
    """All faults of such a text."""
    return compiled(text).faults
