"""Variants of a definition: the argument that differs, and who does not have it."""

import json

import pytest

from httptask.dsl.canonical import unpacked
from httptask.dsl.compile import compile_definition
from httptask.evaluations import VariantsInvalid, variants_of
from support.definitions import parse

TEXT = """
do:
  - search:
      call: http
      with: { method: get, endpoint: "https://api.example.com/", query: { limit: "5" } }
  - each:
      call: map
      with:
        in: ${ [1] }
        do:
          - ask: { call: chatCompletion, with: { model: a, messages: [{ role: user, content: hello }] } }
  - answer: { call: chatCompletion, with: { model: a, messages: [{ role: user, content: hello }] } }
"""
DATA = parse(TEXT)


def definitions(compare: str | None) -> dict[str, dict[str, object]]:
    compiled = compile_definition(DATA)
    assert compiled.program is not None, compiled.faults
    before = json.dumps(DATA)
    found = {
        one.label: json.loads(unpacked(one.packed)) for one in variants_of(DATA, compiled.program, compare)
    }
    assert json.dumps(DATA) == before
    return found


def test_an_argument_of_all_that_ask_models() -> None:
    changed = definitions("temperature=0,0.5")["temperature=0.5"]
    text = json.dumps(changed)
    assert (text.count('"temperature": 0.5'), text.count('"model": "a"')) == (2, 2)


def test_an_argument_of_one_task() -> None:
    assert '"limit": "9"' in json.dumps(definitions("search.query.limit=5,9")["search.query.limit=9"])
    assert json.dumps(definitions("answer.model=b,c")["answer.model=b"]).count('"model": "b"') == 1


def test_without_a_comparison_there_is_the_definition() -> None:
    assert definitions(None) == {"": DATA}


REFUSED = {
    "one value": ("model=a", "write NAME=VALUE,VALUE"),
    "a value twice": ("model=a,a", "write NAME=VALUE,VALUE"),
    "no name": ("=a,b", "write NAME=VALUE,VALUE"),
    "misspelt": ("modl=a,b", "did you mean `model`?"),
    "out of range": ("temperature=1,3", "temperature=3: "),
    "no such task": ("serch.query=a,b", "no task is called serch; there are answer, ask, each, search"),
    "no such argument": ("search.query.page=1,2", "search has no argument query.page"),
    "through a text": ("search.endpoint.uri=1,2", "search has no argument endpoint.uri"),
}


@pytest.mark.parametrize(("compare", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(compare: str, message: str) -> None:
    with pytest.raises(VariantsInvalid) as invalid:
        definitions(compare)
    assert message in str(invalid.value)


REFUSED_BY_DEFINITION = {
    "no model": ("do: [{ a: { set: { b: 1 } } }]", "model=a,b", "model: no task asks a model"),
    "events": ("do: [{ a: { listen: { to: { one: { with: { type: b } } } } } }]", None, "listens for events"),
}


@pytest.mark.parametrize(
    ("text", "compare", "message"), REFUSED_BY_DEFINITION.values(), ids=REFUSED_BY_DEFINITION
)
def test_definitions_without_variants(text: str, compare: str | None, message: str) -> None:
    program = compile_definition(parse(text)).program
    assert program is not None
    with pytest.raises(VariantsInvalid) as invalid:
        variants_of(parse(text), program, compare)
    assert message in str(invalid.value)
