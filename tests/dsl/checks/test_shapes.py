"""Keys of values whose shape is known before the run."""

import time
from itertools import pairwise

import pytest

from httptask.diagnostics.fault import Severity
from httptask.dsl.value_shape import ValueShape
from support.definitions import faults_of

ASK = """
input:
  schema:
    document:
      type: object
      properties: { text: { type: string }, customer: { $ref: "#/$defs/customer" } }
      $defs: { customer: { type: object, properties: { name: {} }, additionalProperties: false } }
do:
  - ask:
      call: chatCompletion
      with:
        model: m
        messages: [{ role: user, content: "${ %(input)s }" }]
        response_format:
          type: json_schema
          json_schema:
            name: answer
            schema:
              type: object
              properties:
                priority: { type: string }
                owner: { anyOf: [{ type: object, properties: { name: {} } }, { type: "null" }] }
                labels: { type: object, additionalProperties: { type: object, properties: { color: {} } } }
                tags: { type: array, items: { type: string } }
                steps:
                  type: [array, "null"]
                  items:
                    type: object
                    properties:
                      title: { type: string }
                      parts: { type: array, items: { type: object, properties: { name: {} } } }
                mixed: { type: [array, string], items: { type: object, properties: { title: {} } } }
                pair: { type: array, prefixItems: [{}], items: { type: object, properties: { title: {} } } }
                maybe: { type: [string, "null"] }
                several: { type: [string, object] }
                both: { properties: { nmae: {} }, anyOf: [{ properties: { name: {} } }] }
                open: { type: object }
  - use:
      set: { x: "${ %(use)s }", list: [{ a: 1 }, { b: 2 }] }
  - call:
      call: httpRequest
      with: { method: get, endpoint: https://example.com, output: response }
      output: { as: "${ %(output)s }" }
  - last:
      set: { x: "${ %(last)s }" }
"""
SOUND = {"input": ".text", "use": ".json", "output": ".content", "last": "."}


@pytest.mark.parametrize(
    ("place", "expression", "code"),
    [
        ("use", ".json.pririty", "unknown-property"),
        ("use", ".json.priority", None),
        ("use", "$tasks.ask.json.owner.nam", "unknown-property"),
        ("use", "$tasks.ask.json.owner.name", None),
        ("use", "$tasks.ask.json.labels.red.colr", "unknown-property"),
        ("use", "$tasks.ask.json.labels.red.color", None),
        ("use", "$tasks.ask.json.tags.first", "not-an-object"),
        ("use", "$tasks.ask.json.tags[0].first", "not-an-object"),
        ("use", "$tasks.ask.json.tags[0]", None),
        ("use", "$tasks.ask.json.steps[0].titel", "unknown-property"),
        ("use", "$tasks.ask.json.steps[-1].title", None),
        ("use", "[$tasks.ask.json.steps[].titel]", "unknown-property"),
        ("use", "[$tasks.ask.json.steps[] | .titel]", "unknown-property"),
        ("use", "$tasks.ask.json.steps | map(.titel)", "unknown-property"),
        ("use", "$tasks.ask.json.steps | map(.title) | first", None),
        ("use", "$tasks.ask.json.steps | map(select(.titel))", None),
        ("use", "$tasks.ask.json.steps[0].parts[0].nam", "unknown-property"),
        ("use", "$tasks.ask.json.steps[1:].titel", None),
        ("use", "$tasks.ask.json.steps | .titel", "not-an-object"),
        ("use", "$tasks.ask.json.mixed[0].titel", None),
        ("use", "$tasks.ask.json.pair[0].titel", None),
        ("use", "[$tasks.ask.json.labels[].colr]", None),
        ("use", "$tasks.ask | .json.pririty", "unknown-property"),
        ("use", "$tasks.ask | .json | .pririty", "unknown-property"),
        ("use", "$tasks.ask | .json.priority", None),
        ("use", "def map(f): {titel: 1}; $tasks.ask.json.steps | map(.titel)", None),
        ("use", "$tasks.ask.json.maybe.x", "not-an-object"),
        ("use", "$tasks.ask.json.several.x", None),
        ("use", "$tasks.ask.json.both.nmae", None),
        ("use", ".txt = 1", None),
        ("use", "(.json.steps[] | .titel) = 1", None),
        ("use", ".json.steps[].titel |= 1", None),
        ("use", "$tasks.ask.json.open.anything", None),
        ("use", "$tasks.ask.json.wholly_different", None),
        ("use", "$tasks.ask.texts", "unknown-property"),
        ("use", "$tasks.ask.wholly_different", "unknown-property"),
        ("use", "$tasks.ask.text.length", "not-an-object"),
        ("use", "$tasks.ask.usage.prompt_tokens", None),
        ("use", "$tasks.ask.usage.prompt_tokns", "unknown-property"),
        ("use", "$tasks.ask.choices", None),
        ("use", "$tasks.ask.usage.cached_tokens", None),
        ("use", "$tasks.ask.usage.cachd_tokens", "unknown-property"),
        ("use", "$tasks.ask.usage.prompt_tokens_details.anything", None),
        ("use", "$tasks.ask.rate_limits.tokens.remaining", None),
        ("use", "$tasks.ask.rate_limits.tokens.remainng", "unknown-property"),
        ("use", "$tasks.ask.rate_limit", "unknown-property"),
        ("use", "$tasks.ask.reasoning", None),
        ("use", "$tasks.ask.reasoning_content", "unknown-property"),
        ("use", "$tasks.ask.audio.transcript", None),
        ("use", "$tasks.ask.extra.message.anything", None),
        ("use", "$tasks.ask.time_to_first_token.seconds", "not-an-object"),
        ("use", "$tasks.ask.attempt", "unknown-property"),
        ("use", "$input.jsn", "unknown-property"),
        ("use", "$workflow.input.txt", "unknown-property"),
        ("use", "$workflow.input.customer.nmae", "unknown-property"),
        ("use", "$workflow.input.customer.age", "unknown-property"),
        ("use", "$workflow.input.anything_else", None),
        ("use", ".json | .pririty", "unknown-property"),
        ("use", ".json | {priority} | .pririty", None),
        ("input", ".txt", "unknown-property"),
        ("input", ".text", None),
        ("output", ".statuscode", "unknown-property"),
        ("output", ".request.uri", None),
        ("output", '.headers["x-request-id"]', None),
        ("output", ".content.anything.at.all", None),
        ("last", "$tasks.use.y", "unknown-property"),
        ("last", "$tasks.use.x.anything", None),
        ("last", "$tasks.use.list[1].a", None),
        ("last", "$tasks.use.list[1].c", "unknown-property"),
    ],
)
def test_keys(place: str, expression: str, code: str | None) -> None:
    text = ASK % {**SOUND, place: expression.replace('"', '\\"')}
    assert [fault.code for fault in faults_of(text)] == ([code] if code else [])


TESTS_FOR_A_KEY = [
    "if .json.urgent == null then 0 else .json.urgent end",
    "if null != .json.urgent then .json.urgent else 0 end",
    "if .json.urgent then 1 else 0 end",
    'if .json | has("urgent") then .json.urgent else 0 end',
    ".json.urgent?",
    ".json.urgent // 0",
    "(.json.urgent) // 0",
    "(.json.urgent + 1)? // 0",
    ".json | .urgent // 0",
    "[.json.urgent | values]",
    ".json.urgent | not",
    "true and .json.urgent",
]
OF_JSON = "do:\n  - ask: { set: { json: { priority: 1 } } }\n  - use: { set: { x: '${ %s }' } }"


@pytest.mark.parametrize("expression", TESTS_FOR_A_KEY)
def test_who_asks_whether_a_key_is_there_is_warned_at_most(expression: str) -> None:
    found = faults_of(OF_JSON % expression)
    assert {(fault.code, fault.severity) for fault in found} == {("unknown-property", Severity.WARNING)}


@pytest.mark.parametrize(
    "expression", [".json.urgent + 1", "(.json // {}).priority + .json.urgent", ".json.urgent == 1"]
)
def test_who_reads_it_all_the_same_is_not(expression: str) -> None:
    [found] = faults_of(OF_JSON % expression)
    assert (found.code, found.severity) == ("unknown-property", Severity.ERROR)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("$workflow.startedat", "startedAt"),
        ("$workflow.startedAt.iso8602", "iso8601"),
        ("$workflow.startedAt.epoch.second", "seconds"),
        ("$workflow | .inptu", "input"),
        ("$runtime.verison", "version"),
        ("$task.nmae", "name"),
        ("$task.startedAt.epoch.milisconds", "milliseconds"),
        ("$authorization.shceme", "scheme"),
    ],
)
def test_misspelt_keys_of_what_describes_the_run(expression: str, hint: str) -> None:
    [found] = faults_of(OF_JSON % expression)
    assert (found.code, found.hint) == ("unknown-property", f"did you mean `{hint}`?")


CHAIN = """
do:
  - before: { %(before)s }
  - after: { %(after)s set: { x: "${ .y }" } }
"""


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [
        ("set: { x: 1 }", "", True),
        ("set: { x: 1 }, if: $workflow.input.z", "", False),
        ("set: { x: 1 }, output: { as: '{ y: .x }' }", "", False),
        ("set: { a: { x: 1 } }, output: { as: .a }", "", True),
        ("set: '${ .z }'", "", False),
        (
            "set: { x: 1 }, output: { schema: { document: { type: object, properties: { y: {} } } } }",
            "",
            False,
        ),
        ("set: { x: 1 }", "input: { from: '{ y: .x }' },", False),
        ("set: { x: 1 }, then: after", "", False),
        ("wait: PT1S", "", False),
        ("for: { in: .z }, do: [{ i: { set: { x: 1 } } }]", "", False),
    ],
)
def test_the_output_before_is_the_input_where_nothing_comes_between(
    before: str, after: str, known: bool
) -> None:
    codes = [fault.code for fault in faults_of(CHAIN % {"before": before, "after": after})]
    assert codes == (["unknown-property"] if known else [])


def test_a_task_that_others_jump_to_may_get_another_input() -> None:
    chain = CHAIN % {"before": "set: { x: 1 }", "after": ""}
    assert faults_of(chain) != []
    assert faults_of(f"{chain}  - back: {{ if: $workflow.input.again, set: {{ y: 1 }}, then: after }}") == []


def test_the_condition_of_a_loop_sees_what_its_tasks_made() -> None:
    loop = "{ for: { in: .x }, while: .more, do: [{ i: { set: { more: true } } }] }"
    assert faults_of(f"do:\n  - a: {{ set: {{ x: [1] }} }}\n  - b: {loop}") == []


def test_the_workflows_own_output_is_looked_at_too() -> None:
    (fault,) = faults_of("do:\n  - a: { set: { total: 1 } }\noutput: { as: '{ x: $tasks.a.totl }' }")
    assert fault.hint == "did you mean `total`?"


def test_a_circular_schema_is_told_once() -> None:
    schema = '{ $ref: "#/$defs/a", $defs: { a: { allOf: [{ $ref: "#/$defs/a" }] } } }'
    [fault] = faults_of(
        f"input: {{ schema: {{ document: {schema} }} }}\ndo:\n  - a: {{ set: {{ x: '${{ .b.c }}' }} }}"
    )
    assert (fault.pointer, fault.code) == ("/input/schema/document", "schema")
    assert "/$defs/a: its references lead back to it" in fault.message


def test_what_has_more_alternatives_than_are_worth_the_time_says_nothing() -> None:
    """Each of its alternatives is one of ten: what is looked at is bounded, and not what follows from them."""
    ten = [{"$ref": "#/$defs/b"}] * 10
    inner = {
        f"{name}": {"anyOf": [{"$ref": f"#/$defs/{following}"}] * 10} for name, following in pairwise("bcdef")
    }
    schema = {"anyOf": ten, "$defs": {**inner, "f": {"type": "object", "properties": {"x": {}}}}}
    shape = ValueShape.of(schema)
    began = time.process_time()
    assert shape.read("y") is None
    assert time.process_time() - began < 1


def test_another_key_at_fault_hides_no_typo() -> None:
    text = """
do:
  - first:
      wiht: {}
      call: chatCompletion
      with:
        model: m
        messages: [{ role: user, content: Hello }]
        response_format:
          type: json_schema
          json_schema: { name: a, schema: { type: object, properties: { priority: { type: string } } } }
  - second: { set: { x: "${ $tasks.first.json.pririty }" } }
"""
    assert [fault.code for fault in faults_of(text)] == ["unknown-key", "unknown-property"]
    assert [fault.code for fault in faults_of(text.replace("wiht", "outptu"))] == ["unknown-key"]


ASKED = """
do:
  - both:
      fork:
        compete: %s
        branches:
          - a: { call: http, with: { method: get, endpoint: "https://a.example.com", output: response } }
          - b:
              set: { x: 1 }
              output:
                schema:
                  document:
                    $ref: "#/$defs/b"
                    $defs: { b: { type: object, properties: { statusText: {} }, additionalProperties: false } }
  - use: { set: { x: "${ $tasks.both%s }" } }
"""


@pytest.mark.parametrize(
    ("compete", "read", "code"),
    [
        ("true", ".statusCode", None),
        ("true", ".statusText", None),
        ("true", ".statusCoed", "unknown-property"),
        ("false", "[0].statusCode", None),
        ("false", "[0].statusCoed", "unknown-property"),
        ("false", ".statusCode", "not-an-object"),
    ],
)
def test_what_branches_come_to(compete: str, read: str, code: str | None) -> None:
    assert [fault.code for fault in faults_of(ASKED % (compete, read))] == ([code] if code else [])


def test_of_a_branch_that_may_come_to_anything_nothing_is_known() -> None:
    unknown = ASKED.replace("output: response", "output: content") % ("true", ".statusCoed")
    assert faults_of(unknown) == []
