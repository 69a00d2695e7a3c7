"""What of a run's values may still be read when a task has ended."""

import pytest

from httptask.dsl.compile import compile_definition
from httptask.dsl.liveness import CONTEXT, RAW_TASK_DATA, TASK_DATA, WORKFLOW_DATA, Liveness
from support.definitions import parse

SET = "{ set: { a: 1 } }"


def liveness_of(definition: str) -> Liveness:
    compiled = compile_definition(parse(definition))
    assert compiled.program is not None, compiled.faults
    return compiled.program.liveness


IN_A_ROW = """
do:
  - one: { set: { a: 1 } }
  - two: { set: { b: "${ $tasks.one.a }" } }
  - three: { set: { c: 3 } }
"""
BACKWARDS = """
do:
  - one: { set: { a: 1 } }
  - two: { set: { b: "${ $tasks.one.a }" } }
  - three: { set: { c: 3 } }
  - again: { switch: [{ more: { when: "${ .c < 2 }", then: two } }] }
  - last: { set: { d: 4 } }
"""
FURTHER_BACK = """
do:
  - zero: { set: { a: 1 } }
  - one: { set: { a: "${ $tasks.zero.a }" } }
  - two: { switch: [{ back: { when: "${ .a == 1 }", then: one } }] }
  - three: { set: { c: 3 } }
  - four: { switch: [{ back: { when: "${ .c == 3 }", then: two } }] }
"""
IN_A_LOOP = """
do:
  - one: { set: { a: 1 } }
  - loop:
      for: { in: "${ [1, 2] }" }
      do:
        - first: { set: { b: "${ $tasks.one.a }" } }
        - second: { set: { c: 2 } }
  - last: { set: { d: 4 } }
"""
IN_A_BLOCK = IN_A_LOOP.replace('for: { in: "${ [1, 2] }" }', "if: ${ true }")
AT_THE_END = IN_A_ROW + 'output: { as: "${ $tasks.one }" }'


@pytest.mark.parametrize(
    ("definition", "live", "dead"),
    [
        pytest.param(IN_A_ROW, ["/do/0/one"], ["/do/1/two", "/do/2/three"], id="in a row"),
        pytest.param(AT_THE_END, ["/do/0/one", "/do/1/two", "/do/2/three"], [], id="the workflow's output"),
        pytest.param(
            BACKWARDS, ["/do/0/one", "/do/2/three", "/do/3/again"], ["/do/4/last"], id="a jump back"
        ),
        pytest.param(
            IN_A_LOOP,
            ["/do/0/one", "/do/1/loop/do/0/first", "/do/1/loop/do/1/second"],
            ["/do/1/loop", "/do/2/last"],
            id="a loop",
        ),
        pytest.param(
            IN_A_BLOCK,
            ["/do/0/one"],
            ["/do/1/loop/do/0/first", "/do/1/loop/do/1/second", "/do/1/loop"],
            id="a block",
        ),
    ],
)
def test_until_when_an_output_is_read(definition: str, live: list[str], dead: list[str]) -> None:
    liveness = liveness_of(definition)
    assert [task for task in live if not liveness.is_read_after(task, ("", "one"))] == []
    assert [task for task in dead if liveness.is_read_after(task, ("", "one"))] == []


def test_a_task_that_is_gone_back_to_may_lead_further_back() -> None:
    liveness = liveness_of(FURTHER_BACK)
    assert liveness.is_read_after("/do/4/four", ("", "zero"))


def test_handlers_of_tools_run_beside_each_other() -> None:
    handlers = """
    do:
      - ask:
          call: chatCompletion
          with:
            model: m
            messages: [{ role: user, content: hello }]
            tools: [{ type: function, function: { name: a } }, { type: function, function: { name: b } }]
            handlers:
              a: { do: [{ one: { set: { a: "${ $context }" } } }] }
              b: { do: [{ two: { set: { b: 1 } } }] }
    """
    liveness = liveness_of(handlers)
    assert liveness.is_read_after("/do/0/ask/with/handlers/b/do/0/two", CONTEXT)
    assert not liveness.is_read_after("/do/0/ask", CONTEXT)


def test_an_output_of_a_loop_is_that_of_its_own_scope() -> None:
    liveness = liveness_of(
        """
        do:
          - loop:
              for: { in: "${ [1, 2] }" }
              do:
                - one: { set: { a: 1 } }
                - two: { set: { b: "${ $tasks.one.a }" } }
                - three: { set: { c: 1 } }
        """
    )
    assert liveness.is_read_after("/do/0/loop/do/0/one", ("/do/0/loop", "one"))
    assert not liveness.is_read_after("/do/0/loop", ("/do/0/loop", "one"))


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        (CONTEXT, "$context.a"),
        (WORKFLOW_DATA, "$workflow.input.a"),
        (WORKFLOW_DATA, "$workflow | .input"),
        (WORKFLOW_DATA, "$workflow as $w | $w.input"),
        (TASK_DATA, ".a"),
        (TASK_DATA, "$input.a"),
        (RAW_TASK_DATA, "$task.input.a"),
        (RAW_TASK_DATA, "$task"),
    ],
)
def test_what_an_expression_reads(value: tuple[str, str], expression: str) -> None:
    liveness = liveness_of(f'do: [{{ one: {SET} }}, {{ two: {{ set: {{ a: "${{ {expression} }}" }} }} }}]')
    assert liveness.is_read(value)
    assert liveness.is_read_by("/do/1/two", value)
    assert liveness.is_read_after("/do/0/one", value)
    assert not liveness.is_read_after("/do/1/two", value)


@pytest.mark.parametrize("expression", ["$workflow.id", "$task.name", "1", "$tasks.one.a"])
def test_what_an_expression_does_not_read(expression: str) -> None:
    liveness = liveness_of(f'do: [{{ one: {SET} }}, {{ two: {{ set: {{ a: "${{ {expression} }}" }} }} }}]')
    assert not any(map(liveness.is_read, (CONTEXT, WORKFLOW_DATA, TASK_DATA, RAW_TASK_DATA)))


def test_a_schema_without_an_expression_is_that_of_the_context_there_is() -> None:
    liveness = liveness_of(
        "do: [{ one: { set: { a: 1 }, export: { schema: { document: { type: object } } } } }]"
    )
    assert liveness.is_read(CONTEXT)
    assert not liveness.is_read_after("/do/0/one", CONTEXT)


def test_what_the_tasks_inside_of_one_read() -> None:
    liveness = liveness_of(IN_A_LOOP)
    assert liveness.is_read_inside("/do/1/loop", ("", "one"))
    assert not liveness.is_read_inside("/do/2/last", ("", "one"))
    assert not liveness.is_read_inside("/do/1/loop", TASK_DATA)


@pytest.mark.parametrize(
    ("first", "taken"),
    [
        pytest.param('set: { a: "${ $item }" }', False, id="nothing"),
        pytest.param('set: { a: "${ .a }" }', True, id="an expression"),
        pytest.param('set: { a: "${ $task.input }" }', True, id="task.input"),
        pytest.param("set: { a: 1 }, input: { from: '${ .a }' }", True, id="input.from"),
        pytest.param("set: { a: 1 }, input: { schema: { document: {} } }", True, id="input.schema"),
        pytest.param('set: { a: 1 }, if: "${ $index > 1 }"', True, id="if"),
        pytest.param("set: { a: 1 }, output: { as: '${ $input }' }", True, id="output.as"),
        pytest.param("set: { a: 1 }, output: { as: '${ . }' }", False, id="output.as of the output"),
        pytest.param("wait: PT1S", True, id="wait"),
        pytest.param("do: [{ inner: { set: { a: 1 } } }]", True, id="do"),
        pytest.param("switch: [{ any: { then: continue } }]", True, id="switch"),
    ],
)
def test_whether_items_take_the_input_of_their_loop(first: str, taken: bool) -> None:
    compiled = compile_definition(
        parse(
            f"do: [{{ each: {{ call: map, with: {{ in: '${{ [1] }}', do: [{{ first: {{ {first} }} }}] }} }} }}]"
        )
    )
    assert compiled.program is not None, compiled.faults
    body = compiled.program.sequences["/do/0/each/with/do"]
    assert compiled.program.liveness.is_taken(body) == taken


def test_branches_run_beside_each_other() -> None:
    liveness = liveness_of(
        """
        do:
          - both:
              fork:
                branches:
                  - a: { do: [{ one: { set: { a: "${ $context }" } } }, { two: { set: { b: "${ $tasks.one.a }" } } }] }
                  - b: { do: [{ three: { set: { c: "${ $workflow.input }" } } }, { four: { set: { d: 1 } } }] }
        """
    )
    a, b = "/do/0/both/fork/branches/0", "/do/0/both/fork/branches/1"
    assert liveness.is_read_after(f"{a}/a/do/1/two", WORKFLOW_DATA)  # by the other branch, at any time
    assert not liveness.is_read_after(f"{b}/b/do/0/three", WORKFLOW_DATA)
    assert not liveness.is_read_after(f"{a}/a/do/0/one", CONTEXT)
    assert liveness.is_read_after(f"{a}/a/do/0/one", (a, "one"))
    assert not liveness.is_read_after(f"{a}/a/do/1/two", (a, "one"))
