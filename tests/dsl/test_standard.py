"""The standard's side: its schema takes our definitions, its conformance kit loads."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition
from httptask.dsl.loader import load_file
from httptask.dsl.schema import editor_schema
from httptask.dsl.yaml import read_yaml
from support.ctk import Scenario, scenarios
from support.definitions import DEFINITION, standard

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*/workflow.yaml"))
WARNED = sorted((HERE / "golden").glob("fall-through.yaml"))


@cache
def editor() -> Any:
    """Checks what the schema for editors says, which takes a second to read."""
    return jsonschema_rs.validator_for(editor_schema())


def errors(validator: Any, data: Any) -> list[str]:
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(data)]


@pytest.mark.parametrize("path", [*EXAMPLES, *WARNED], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_definitions_are_valid_under_the_standard_and_for_editors(path: Path) -> None:
    loaded = load_file(path)
    assert [str(report) for report in loaded.reports if report.severity is Severity.ERROR] == []
    assert errors(standard(), loaded.data) == []
    assert errors(editor(), loaded.data) == []


def test_the_definition_of_the_tests_is_valid_under_the_standard() -> None:
    assert errors(standard(), read_yaml(DEFINITION).data) == []


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_the_conformance_kit_loads(scenario: Scenario) -> None:
    assert errors(standard(), scenario.definition) == []
    found = [
        fault for fault in compile_definition(scenario.definition).faults if fault.severity is Severity.ERROR
    ]
    assert found == []
    assert errors(editor(), scenario.definition) == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("mehtod: post", "method: post"), ("wiht:", "with:"), ("modle: gpt-4.1-mini", "model: gpt-4.1-mini")],
)
def test_the_editor_schema_finds_slips(wrong: str, right: str) -> None:
    text = DEFINITION.replace(right, wrong, 1)
    assert text != DEFINITION
    assert errors(editor(), read_yaml(text).data)


def test_every_key_that_authors_write_is_described() -> None:
    schema = editor_schema()
    models = {"Definition": schema, **schema["$defs"]}
    missing = [
        f"{model}.{key}"
        for model, part in models.items()
        for key, value in part.get("properties", {}).items()
        if model != "Duration" and "description" not in value and "$ref" not in value
    ]
    assert missing == []
