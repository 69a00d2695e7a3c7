"""What is wrong with a `run` before anything is looked for."""

import pytest

from support.definitions import faults_of

MEANT = "workflow: { namespace: shop, name: price, version: 1.0.0 }"

FAULTY = {
    "nothing": ("{}", "missing-key", "/do/0/a/run"),
    "half a version": (MEANT.replace("1.0.0", '"1"'), "wrong-form", "/do/0/a/run/workflow/version"),
    "any version": (MEANT.replace("1.0.0", '"*"'), "wrong-form", "/do/0/a/run/workflow/version"),
    "an expression": (MEANT.replace("price", '"${ .name }"'), "wrong-form", "/do/0/a/run/workflow/name"),
    "no namespace": ("workflow: { name: a, version: latest }", "missing-key", "/do/0/a/run/workflow"),
    "the code of a process": (f"{MEANT}, return: code", "not-of-workflows", "/do/0/a/run/return"),
    "an unknown output": (f"{MEANT}, return: it", "unknown-choice", "/do/0/a/run/return"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_run_is_told(name: str) -> None:
    run, code, pointer = FAULTY[name]
    text = run if run == "{}" else f"{{ {run} }}"
    [fault] = faults_of(f"do: [{{ a: {{ run: {text} }} }}]")
    assert (fault.code, fault.pointer) == (code, pointer)


@pytest.mark.parametrize(
    "more", ["", ", await: true", ", await: false", ", return: none", ", return: stdout"]
)
def test_a_sound_run_is_none(more: str) -> None:
    assert faults_of(f"do: [{{ a: {{ run: {{ {MEANT}{more} }} }} }}]") == []
