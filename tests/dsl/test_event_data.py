"""What the form of an event that a run waits for is made of."""

from typing import Any

import pytest

from httptask.dsl.event_data import event_schema
from httptask.dsl.loader import load_text

HEAD = "document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }\ndo:\n"
ANSWER = "  - answer: { listen: { to: { one: { with: { type: a } } } } }\n"
ANSWERS = ANSWER.replace("one: { with: { type: a } }", "all: [{ with: { type: a } }, { with: { type: b } }]")


def schema_of(tasks: str) -> Any:
    loaded = load_text(HEAD + tasks, "x.yaml")
    program = loaded.program or loaded.draft
    assert program is not None
    return event_schema(program, program.find("answer")[0])


def object_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def text(*examples: str) -> dict[str, Any]:
    return {"type": "string", "examples": [*examples]}


YES_OR_NO = {"type": "boolean"}


def test_what_tasks_behind_it_read_by_any_way_are_fields_with_the_values_they_are_compared_with() -> None:
    found = schema_of(
        f"""\
{ANSWER}
  - decide:
      switch:
        - approved: {{ when: '.[0].decision == "approve"', then: refund }}
        - rejected: {{ when: '${{ "reject" == .[0].decision or .[0].amount > 3 }}', then: end }}
        - otherwise: {{ then: refuse }}
  - refuse: {{ set: {{ paidBack: "${{ .[0] | .note }}" }}, then: end }}
  - refund: {{ if: "${{ .[0].sure and $tasks.answer[0].really }}", set: {{ x: "${{ $tasks.answer[0].by.name }}" }} }}
  - other: {{ set: {{ not: "${{ .[0].of_another }}" }} }}
"""
    )
    assert found == object_of(
        decision=text("approve", "reject"),
        amount={"type": "number"},
        note={},
        sure=YES_OR_NO,
        really=YES_OR_NO,
        by=object_of(name={}),
        of_another={},
    )


@pytest.mark.parametrize(
    ("tasks", "schema"),
    [
        pytest.param(ANSWER, None, id="nothing"),
        pytest.param(
            ANSWER.replace("type: a", 'type: a, data: \'${ .ok and (.level | IN("a", "b")) }\''),
            object_of(ok=YES_OR_NO, level=text("a", "b")),
            id="filter",
        ),
        pytest.param(
            ANSWER.replace(
                "type: a }", "type: a }, correlate: { order: { from: .data.order, expect: '7' } }"
            ),
            object_of(order={}),
            id="correlation",
        ),
        pytest.param(
            ANSWER[:-2]
            + ", output: { as: '.[0]' } }\n  - x: { if: '${ .approved | not }', set: { a: '${ .by }' } }\n",
            object_of(approved=YES_OR_NO, by={}),
            id="item",
        ),
        pytest.param(
            ANSWER.replace("} } } } }", "} } }, read: envelope } }")
            + "  - x: { if: '${ .[0].data == \"yes\" }', set: {} }\n",
            text("yes"),
            id="envelope",
        ),
        pytest.param(
            ANSWER[:-2]
            + ", output: { schema: { document: { items: { required: [d], properties: { d: {} } } } } } }\n",
            {"required": ["d"], "properties": {"d": {}}},
            id="declared",
        ),
        pytest.param(ANSWERS + "  - x: { set: { a: '${ .[0].b }' } }\n", None, id="several"),
    ],
)
def test_what_is_known_of_the_data_of_an_event(tasks: str, schema: Any) -> None:
    assert schema_of(tasks) == schema
