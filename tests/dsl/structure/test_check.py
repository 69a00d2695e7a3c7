"""The shape of a definition: one bad part hides no other, and messages are ours."""

# pyright: basic
import json
import time
from typing import Any

import pytest

from httptask.dsl.compile import compile_definition
from httptask.dsl.structure import check_structure

DOCUMENT = {"dsl": "1.0.3", "namespace": "tests", "name": "structure", "version": "1.0.0"}
TASK = {"set": {"x": 1}}


def definition(**parts: Any) -> dict[str, Any]:
    return {"document": DOCUMENT, "do": [{"a": TASK}], **parts}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (definition(schedule={"on": {"one": {"with": {"type": "a"}}}}), "`schedule.on`"),
        (definition(schedule={"cron": "0 0 * * *", "read": "data"}), "`schedule.read`"),
        *[(definition(use={key: {}}), f"`use.{key}`") for key in ("extensions",)],
        *[
            (definition(do=[{"a": {"call": call, "with": {}}}]), f"call `{call}`")
            for call in ("grpc", "asyncapi", "a2a", "mcp")
        ],
        *[
            (definition(do=[{"a": {"run": {process: {}}}}]), f"task `run: {process}`")
            for process in ("container", "script", "shell")
        ],
        (
            definition(do=[{"a": {"call": "https://example.com/log/1.0.0/function.yaml"}}]),
            "call of a function by its URL",
        ),
        (
            definition(use={"catalogs": {"ours": {"endpoint": "https://example.com/catalog"}}}),
            "catalogue at a URL",
        ),
        (definition(input={"schema": {"resource": {"endpoint": "https://example.com"}}}), "`resource`"),
    ],
)
def test_what_the_standard_has_and_we_do_not_is_refused_by_name(data: dict[str, Any], name: str) -> None:
    (fault,) = compile_definition(data).faults
    assert fault.code == "unsupported"
    assert fault.message == f"the standard's {name} is not supported by this version of httptask"


@pytest.mark.parametrize(
    ("data", "what", "hint"),
    [
        ({"arazzo": "1.1.0", "info": {}, "workflows": []}, "an Arazzo document", "as tasks under `do`"),
        ({"openapi": "3.2.0", "info": {}, "paths": {}}, "an OpenAPI document", "`httptask catalog add`"),
        ({"swagger": "2.0", "info": {}, "paths": {}}, "an OpenAPI document", "`httptask catalog add`"),
        ({"asyncapi": "3.0.0", "info": {}}, "an AsyncAPI document", "as tasks under `do`"),
    ],
)
def test_a_document_of_another_kind_is_called_by_its_name(data: dict[str, Any], what: str, hint: str) -> None:
    (fault,) = compile_definition(data).faults
    assert (fault.pointer, fault.code) == (f"/{next(iter(data))}", "other-document")
    assert fault.message == f"this is {what}, not a definition of a workflow"
    assert hint in (fault.hint or "")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        1,
        {},
        {"do": []},
        {"document": [], "do": {}},
        {"document": DOCUMENT, "do": [None, 1, [], {}]},
    ],
)
def test_anything_at_all_gets_faults_and_no_exception(data: Any) -> None:
    result = compile_definition(data)
    assert result.program is None
    assert result.faults


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"x": value}
    return definition(do=[{"a": {"set": value}}])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (nested(100), "too-deep"),
        (nested(5000), "too-deep"),
        (definition(do=[{"a": {"set": {"x": float("nan")}}}]), "not-json"),
        (definition(do=[{"a": {"set": {"x": "\ud800"}}}]), "not-json"),
        (definition(do=[{"a": {"set": {1: "x"}}}]), "not-json"),
        (definition(do=[{"a": {"set": {"x": {1, 2}}}}]), "not-json"),
    ],
)
def test_data_that_did_not_come_through_the_loader_is_bounded_too(data: Any, code: str) -> None:
    assert [fault.code for fault in compile_definition(data).faults] == [code]


@pytest.mark.parametrize("key", ["if_", "input_", "with_", "for_", "in_"])
def test_python_names_of_keys_are_no_keys(key: str) -> None:
    (fault,) = compile_definition(definition(do=[{"a": {**TASK, key: "x"}}])).faults
    assert fault.code == "unknown-key"


@pytest.mark.parametrize("key", ["if", "then", "timeout", "input", "output", "export"])
def test_a_key_without_a_value_is_refused_as_the_standard_does(key: str) -> None:
    (fault,) = compile_definition(definition(do=[{"a": {**TASK, key: None}}])).faults
    assert (fault.code, fault.pointer) == ("empty", f"/do/0/a/{key}")


def test_null_is_data_where_data_stands() -> None:
    body = {
        "call": "httpRequest",
        "with": {"method": "post", "endpoint": "https://example.com", "body": None},
    }
    assert compile_definition(definition(do=[{"a": body}, {"b": {"set": {"x": None}}}])).faults == []


BAD = [
    {"set": 3},
    {"call": "http", "with": {"method": "get", "endpoint": "https://example.com", "query": {"x": 1}}},
    {"sett": {"x": 1}},
    "text",
    None,
    {"set": {"x": 1}, "retry": 1},
    {"fork": {}},
    {"call": "chatCompletion", "with": {"model": "m", "messages": []}},
    {"wait": "soon"},
    {"set": {"x": "${ .y && .z }"}},
    {"set": {"x": "${ $tasks.nobody }"}},
    {"set": {"x": 1}, "then": "nowhere"},
    {"set": {"x": 1}, "if": ""},
    {"call": "map", "with": {"in": ".", "do": [{"x": {"wiat": 1}}]}},
    {"for": {"in": "."}, "do": [{"x": {"call": "htpp"}}]},
    {"raise": {"error": "nobody"}},
]


def test_one_bad_task_hides_no_other() -> None:
    data = definition(do=[{f"t{index}": task} for index, task in enumerate(BAD)])
    faults = compile_definition(data).faults
    places = sorted(int(fault.pointer.split("/")[2]) for fault in faults)
    assert places == list(range(len(BAD)))


@pytest.mark.parametrize("task", BAD)
def test_no_message_is_a_librarys(task: Any) -> None:
    for fault in compile_definition(definition(do=[{"a": task}])).faults:
        text = f"{fault.message} {fault.hint}"
        assert not any(
            word in text for word in ("pydantic", "Input should", "Field required", "dict[", "Extra inputs")
        )


def test_a_text_that_is_no_expression_hides_no_other_in_the_same_task() -> None:
    data = definition(do=[{"a": {"set": {"x": "${ .y && 1 }", "z": "${ $tasks.nobody }"}, "if": "$w"}}])
    faults = compile_definition(data).faults
    assert [fault.code for fault in faults] == ["not-jq", "unknown-variable", "unknown-task"]


def test_very_many_faults_are_found_in_good_time() -> None:
    tasks = [
        {f"task{index}": {"set": {"x": f"${{ $tasks.missing{index} }}"}, "then": f"gone{index}"}}
        for index in range(900)
    ]
    unknown = {f"unknown{index}": 1 for index in range(5_000)}
    started = time.process_time()
    assert (
        len(compile_definition(definition(do=[*tasks, {"last": {"sets": 1, **unknown}}], **unknown)).faults)
        > 6_000
    )
    assert time.process_time() - started < 10
    assert [fault.code for fault in compile_definition(definition(do=tasks * 2)).faults] == ["too-many-tasks"]


def test_what_is_given_is_not_changed() -> None:
    data = definition(do=[{f"t{index}": task} for index, task in enumerate(BAD)])
    before = json.dumps(data)
    compile_definition(data)
    assert json.dumps(data) == before


def test_a_sound_definition_is_taken_as_it_is() -> None:
    data = definition()
    structure = check_structure(data)
    assert structure.faults == []
    assert structure.document is data


def test_a_version_of_two_numbers_says_what_to_write() -> None:
    faults = compile_definition(definition(document={**DOCUMENT, "version": 1.5})).faults
    assert [fault.hint for fault in faults] == ['write three numbers in quotes: version: "1.5.0"']
