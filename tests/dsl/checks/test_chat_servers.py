"""What servers and models don't take of chat requests that are written out."""

import pytest

from httptask.connections.connection import Connection
from httptask.diagnostics.fault import Severity
from httptask.dsl.metadata import budget_units
from support.definitions import compiled

ASK = """
do:
  - ask:
      call: chatCompletion
      with: {{ connection: first, model: {model}, messages: [{{ role: user, content: Hi }}], {fields} }}
"""
CONNECTIONS = {
    "first": Connection(name="first", base_url="https://first.test/v1"),
    "misplaced": Connection(name="misplaced", base_url="https://first.test/v1/chat/completions"),
    "free": Connection.model_validate(
        {"name": "free", "base_url": "https://f.test", "price": {"input": 0, "output": 0}}
    ),
    "anthropic": Connection(name="anthropic", base_url="https://api.anthropic.com/v1", provider="anthropic"),
}
NONE = frozenset[str]()
TOKENS = frozenset({"tokens"})
CASES = {
    "nothing": ("m", "temperature: 1", NONE, []),
    "a field of a reasoning model": ("o3", "temperature: 0.2", NONE, ["/do/0/ask/with/temperature"]),
    "a stream that is not metered": ("m", "stream: true", TOKENS, ["/do/0/ask/with/stream"]),
    "one that is": ("m", "stream: true, stream_options: { include_usage: true }", TOKENS, []),
    "a fallback whose address is no base": ("m", "fallback: [{ connection: misplaced }]", NONE, ["/do/0/ask/with/fallback/0"]),
    "a fallback whose provider lacks a field": ("m", "logprobs: true, fallback: [{ connection: anthropic }]", NONE, ["/do/0/ask/with/fallback/0"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_where_it_stands(name: str) -> None:
    model, fields, units, expected = CASES[name]
    program = compiled(ASK.format(model=model, fields=fields)).program
    assert program is not None
    [node] = program.nodes.values()
    found = node.kind.server_faults(node, CONNECTIONS, "strict", units)
    assert [fault.pointer for fault in found] == expected


def test_a_definition_that_warns_makes_warnings_of_them() -> None:
    program = compiled(ASK.format(model="o3", fields="temperature: 0.2")).program
    assert program is not None
    [node] = program.nodes.values()
    [fault] = node.kind.server_faults(node, CONNECTIONS, "warn", budget_units({}))
    assert fault.severity is Severity.WARNING
