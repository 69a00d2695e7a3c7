"""Single values of a sample, by the names that expressions have for them."""

from typing import Any

import pytest

from httptask.calls.problem import TaskFault
from httptask.dsl.compile import compile_definition
from httptask.dsl.program import Program
from httptask.testrequest import NotTestable, Sample, plan_request, values_read, with_value
from support.definitions import compiled, parse

DEFINITION = """
do:
  - fetch: { call: httpRequest, with: { method: get, connection: api, path: / } }
  - my task: { set: { at: 1 } }
  - input: { set: { a: 1 } }
  - each:
      call: map
      with:
        in: "${ $workflow.input.orders }"
        each: order
        do:
          - send:
              call: httpRequest
              with:
                method: post
                connection: api
                path: /${ $order.id }
                query: { from: "${ $workflow.input.customer.id }", at: "${ $tasks[\\"my task\\"].at }" }
                body: { rows: "${ $tasks.fetch.rows[0].id }", all: "${ $tasks.fetch }", mine: "${ .note }", a: "${ $tasks.input.a }", who: "${ $context.who }" }
"""


def program() -> Program:
    compiled = compile_definition(parse(DEFINITION))
    assert compiled.program is not None, compiled.faults
    return compiled.program


SET: dict[str, tuple[Sample, str, Any, Sample]] = {
    "of the workflow's input": (
        Sample({"orders": []}),
        "input.customer.id",
        7,
        Sample({"orders": [], "customer": {"id": 7}}),
    ),
    "as an expression reads it": (Sample(), "$workflow.input.customer", 7, Sample({"customer": 7})),
    "of the task's own input": (Sample({"a": 1}), ".note", "x", Sample({"a": 1}, {"a": 1, "note": "x"})),
    "the task's own input": (Sample({"a": 1}), ".", "x", Sample({"a": 1}, "x")),
    "of that by its variable": (Sample(task_input={"a": 1}), "$input.a", 2, Sample(task_input={"a": 2})),
    "of the context": (Sample(), "context.who", "me", Sample(context={"who": "me"})),
    "of a task": (
        Sample(outputs={"fetch": {"all": 1}}),
        "fetch.rows[0].id",
        7,
        Sample(outputs={"fetch": {"all": 1, "rows": [{"id": 7}]}}),
    ),
    "of a task with a space": (Sample(), "my task.at", 7, Sample(outputs={"my task": {"at": 7}})),
    "of a task that is called input": (Sample(), "$tasks.input.a", 7, Sample(outputs={"input": {"a": 7}})),
    "with a key in quotes": (Sample(), 'tasks["my task"]["a.b"]', 7, Sample(outputs={"my task": {"a.b": 7}})),
    "of a loop": (Sample(variables={"order": {"n": 1}}), "$order.id", 7, Sample(variables={"order": {"n": 1, "id": 7}})),
    "in a list": (Sample([1, 2]), "input[1]", 7, Sample([1, 7])),
}  # fmt: skip


@pytest.mark.parametrize("name", SET)
def test_a_value_is_set(name: str) -> None:
    before, path, value, after = SET[name]
    assert with_value(before, program(), "send", path, value) == after


WRONG = {
    "a slip": ("fecth.id", "there is no fecth; did you mean fetch"),
    "nothing of the definition": ("nothing.of.it", "there is no nothing; name a task or a loop variable"),
    "an item too far": ("input[3]", "input[3]: 3 has no place in what is given around it"),
    "a key of a number": ("context.a.b", 'context.a.b: "b" has no place'),
    "brackets without quotes": ("fetch[x]", "not a name; write it as"),
    "no name": ("", "not a name; write it as"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_name_that_is_none_is_told(name: str) -> None:
    path, told = WRONG[name]
    with pytest.raises(NotTestable) as raised:
        with_value(Sample([1, 2], context={"a": 1}), program(), "send", path, 1)
    assert told in str(raised.value)


ASKS_FOR_BOTH = """
input: { schema: { document: { type: object, required: [name, book, shelf] } } }
do:
  - send:
      call: httpRequest
      with:
        method: post
        connection: shop
        path: /
        body: { who: "${ $workflow.input.name }", what: "${ $workflow.input.book }", more: "${ $workflow.input.more }" }
"""


def test_of_an_input_that_is_there_what_is_read_and_required_is_asked_for_and_nothing_else() -> None:
    found = compiled(ASKS_FOR_BOTH).program
    assert found is not None
    assert values_read(found, "send", Sample()) == ["input.book", "input.more", "input.name"]
    assert values_read(found, "send", Sample({"name": "Ada"})) == ["input.book"]
    sample = with_value(Sample({"name": "Ada"}), found, "send", "input.book", "b1")
    assert values_read(found, "send", sample) == []
    body_sent = plan_request(found, "send", sample).request.body
    assert body_sent is not None
    assert body_sent.model_dump()["value"] == {"who": "Ada", "what": "b1", "more": None}


def test_only_what_is_read_and_missing_is_asked_for() -> None:
    everything = [
        ".note",
        "context.who",
        "fetch",
        "input.customer.id",
        "my task.at",
        "order.id",
        "tasks.input.a",
    ]
    assert values_read(program(), "send", Sample()) == everything
    assert values_read(program(), "fetch", Sample()) == []

    sample = Sample()
    for name in everything:
        sample = with_value(sample, program(), "send", name, {"rows": [{"id": 1}]} if name == "fetch" else 7)

    assert values_read(program(), "send", sample) == []
    request = plan_request(program(), "send", sample).request
    assert request.url == "/7"
    assert request.query == {"from": 7, "at": 7}


READS = {
    "of the answer": (
        "output: { as: '${ .id }' }, export: { as: '${ {id: .id, was: $input.was} }' }",
        [".was"],
    ),
    "of what input.from made": ("input: { from: '${ {a: .b} }' }, output: { as: '${ $input.a }' }", [".b"]),
}


@pytest.mark.parametrize("name", READS)
def test_nothing_is_asked_for_that_a_sample_does_not_have(name: str) -> None:
    fields, expected = READS[name]
    body = "${ .a }" if "made" in name else "text"
    call = f"call: httpRequest, with: {{ method: post, connection: api, path: /, body: {{ a: '{body}' }} }}"
    found = compiled(f"do: [{{ send: {{ {fields}, {call} }} }}]").program
    assert found is not None
    assert values_read(found, "send", Sample()) == expected
    assert plan_request(found, "send", Sample(task_input={})).unset == []


def test_what_has_a_value_where_nothing_is_given_is_not_missing() -> None:
    body = "{ a: '${ .a // 1 }', b: '${ (.b + 1) // 1 }', c: '${ .c }' }"
    call = f"call: httpRequest, with: {{ method: post, connection: api, path: /, body: {body} }}"
    found = compiled(f"do: [{{ send: {{ {call} }} }}]").program
    assert found is not None
    assert plan_request(found, "send", Sample()).unset == [".b", ".c"]
    assert values_read(found, "send", Sample()) == [".a", ".b", ".c"]


WANTS_INPUT = """
input: { schema: { document: { type: object } } }
do:
  - first: { call: httpRequest, with: { method: get, connection: api, path: / } }
  - second: { call: httpRequest, with: { method: get, connection: api, path: "/${ .id }" } }
"""


def test_what_reads_nothing_of_the_input_needs_none() -> None:
    compiled = compile_definition(parse(WANTS_INPUT))
    assert compiled.program is not None, compiled.faults

    assert plan_request(compiled.program, "first", Sample()).request.url == "/"
    with pytest.raises(TaskFault, match="Not valid"):
        plan_request(compiled.program, "first", Sample([]))
    with pytest.raises(TaskFault, match="Not valid"):
        plan_request(compiled.program, "second", Sample())


IN_FUNCTIONS = """
use:
  functions:
    outer: { do: [{ first: { call: inner, with: { id: "${ .pet }", fixed: 1 } } }] }
    inner:
      do:
        - fetch:
            call: httpRequest
            with: { method: get, connection: api, path: "/${ .id }/${ .fixed }" }
do:
  - literal: { call: outer, with: { pet: 7 } }
  - given: { call: outer, with: { pet: "${ $workflow.input.pet }" } }
  - after: { call: outer, with: { pet: "${ $tasks.literal.id }" } }
"""
FETCH = "/do/%d/%s/call/outer/do/0/first/call/inner/do/0/fetch"


@pytest.mark.parametrize(
    ("place", "sample", "address"),
    [
        ((0, "literal"), Sample(), "/7/1"),
        ((1, "given"), Sample({"pet": 8}), "/8/1"),
        ((2, "after"), Sample(outputs={"literal": {"id": 9}}), "/9/1"),
        ((0, "literal"), Sample(task_input={"id": 4, "fixed": 2}), "/4/2"),
    ],
    ids=["written out", "of the workflow's input", "of an output", "given by hand"],
)
def test_a_task_in_a_function_has_the_arguments_of_its_call(
    place: tuple[int, str], sample: Sample, address: str
) -> None:
    """Those of the call that the pointer names, through every function between."""
    compiled = compile_definition(parse(IN_FUNCTIONS))
    assert compiled.program is not None, compiled.faults
    task = FETCH % place
    assert values_read(compiled.program, task, sample) == []
    request = plan_request(compiled.program, task, sample).request
    assert request.url == address


def test_what_a_call_reads_and_a_sample_lacks_is_asked_for() -> None:
    program = compile_definition(parse(IN_FUNCTIONS)).program
    assert program is not None
    assert values_read(program, FETCH % (1, "given"), Sample()) == [".fixed", ".id"]


def test_a_name_that_several_tasks_have_is_listed_once() -> None:
    twice = ", ".join(f"{{ {name}: {{ do: [{{ get: {{ set: {{ x: 1 }} }} }}] }} }}" for name in "ab")
    found = compiled(f"do: [{twice}]").program
    assert found is not None
    with pytest.raises(NotTestable, match=r"there is no task wait; tasks of this definition: get, a, b$"):
        values_read(found, "wait", Sample())
