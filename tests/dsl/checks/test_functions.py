"""Functions that are called by name, before anything runs: what calls give them, what they see, how they call each other."""

from textwrap import dedent

import pytest

from httptask.dsl.bounds import MAX_TASKS
from support.definitions import compiled, faults_of

PET = """
use:
  functions:
    getPet:
      input:
        schema:
          document:
            type: object
            properties:
              petId: { type: integer }
              tags: { type: array, items: { type: string } }
            required: [petId]
      set: { pet: "${ .petId }" }
"""
OPEN = "use: { functions: { echo: { set: { said: '${ .said }' } } } }\n"


def calls(*arguments: str, functions: str = PET) -> str:
    tasks = (f"  - task{number}: {{ call: {given} }}\n" for number, given in enumerate(arguments))
    return f"{functions}do:\n{''.join(tasks)}"


@pytest.mark.parametrize(
    "call",
    [
        "getPet, with: { petId: 1 }",
        "getPet, with: { petId: '${ .id }', tags: [a, '${ .tag }'] }",
        "getPet, with: { petId: 1, other: true }",  # which the schema does not forbid
    ],
)
def test_sound_calls(call: str) -> None:
    assert faults_of(calls(call)) == []


FAULTY = {
    "a misspelt name": (
        "getPt, with: { petId: 1 }",
        "unknown-function",
        "/do/0/task0/call",
        "did you mean `getPet`?",
    ),
    "no arguments": ("getPet", "missing-argument", "/do/0/task0", "add it: with: { petId: … }"),
    "a missing argument": (
        "getPet, with: { tags: [] }",
        "missing-argument",
        "/do/0/task0/with",
        "add it: with: { petId: … }",
    ),
    "a misspelt argument": (
        "getPet, with: { petID: 1 }",
        "unknown-argument",
        "/do/0/task0/with/petID",
        "did you mean `petId`?",
    ),
    "an argument of another type": (
        "getPet, with: { petId: one }",
        "argument",
        "/do/0/task0/with/petId",
        "its `input.schema` says what it takes",
    ),
    "beside an expression": (
        "getPet, with: { petId: 1, tags: ['${ .tag }', 2] }",
        "argument",
        "/do/0/task0/with/tags/1",
        "its `input.schema` says what it takes",
    ),
    "an unknown catalogue": (
        "getPet:2.0.0@ours",
        "unknown-catalog",
        "/do/0/task0/call",
        "add it: use: { catalogs: { ours: { endpoint: file://./FOLDER } } }",
    ),
    "another version of a built-in one": (
        "map:2.0.0@default",
        "unknown-function",
        "/do/0/task0/call",
        (
            "those are `http:1.0.0@default`, `httpRequest:1.0.0@default`, `openapi:1.0.0@default`, "
            "`chatCompletion:1.0.0@default`, `map:1.0.0@default`, `activity:1.0.0@default`"
        ),
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_faulty_calls(name: str) -> None:
    call, code, pointer, hint = FAULTY[name]
    [fault] = faults_of(calls(call))
    assert (fault.code, fault.pointer, fault.hint) == (code, pointer, hint)


def test_an_argument_of_an_expression_is_known_at_run_time_only() -> None:
    """Also where it decides which others are needed."""
    schema = "{ type: object, if: { properties: { a: { const: x } } }, else: { required: [b] } }"
    functions = f"use: {{ functions: {{ f: {{ input: {{ schema: {{ document: {schema} }} }}, set: {{ a: 1 }} }} }} }}\n"
    assert faults_of(calls("f, with: { a: '${ .a }' }", functions=functions)) == []
    assert [fault.code for fault in faults_of(calls("f, with: { a: y }", functions=functions))] == [
        "missing-argument"
    ]


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (
            "$tasks.first.a",
            "`$tasks.first` can't be read here: a function sees its arguments and its own tasks only",
        ),
        ("$item", "`$item` can't be read here: a function sees its arguments and its own tasks only"),
    ],
)
def test_a_function_sees_nothing_of_what_is_around_its_call(inside: str, message: str) -> None:
    [fault] = faults_of(
        dedent(f"""
        use: {{ functions: {{ f: {{ do: [{{ own: {{ set: {{ x: "${{ {inside} }}" }} }} }}] }} }} }}
        do:
          - first: {{ set: {{ a: 1 }} }}
          - all: {{ for: {{ in: "${{ [1] }}" }}, do: [{{ one: {{ call: f }} }}] }}
        """)
    )
    assert (fault.pointer, fault.message) == ("/use/functions/f/do/0/own/set/x", message)
    assert str(fault.hint).startswith("give it to the function as an argument: with: {")


def test_nothing_sees_into_a_function() -> None:
    [fault] = faults_of(
        dedent("""
        use: { functions: { f: { do: [{ own: { set: { x: 1 } } }] } } }
        do: [{ call: { call: f } }, { reads: { set: { x: "${ $tasks.own.x }" } } }]
        """)
    )
    assert fault.message == "`$tasks.own` can't be read here: it runs inside `call`, a function of its own"
    assert fault.hint == "read what comes of it: `$tasks.call`"


def test_what_an_argument_and_an_output_are_is_known() -> None:
    faults = faults_of(
        dedent("""
        use:
          functions:
            f:
              input: { schema: { document: { type: object, properties: { petId: {} }, additionalProperties: false } } }
              set: { said: "${ .petld }" }
              output: { schema: { document: { type: object, properties: { said: {} }, additionalProperties: false } } }
        do: [{ call: { call: f } }, { reads: { set: { x: "${ $tasks.call.sad }" } } }]
        """)
    )
    assert [(fault.pointer, fault.hint) for fault in faults] == [
        ("/use/functions/f/set/said", "did you mean `petId`?"),
        ("/do/1/reads/set/x", "did you mean `said`?"),
    ]


def test_a_fault_of_a_function_is_told_once_and_where_it_is_written() -> None:
    """However often the function is called; and also where nothing calls it, or only what nothing calls does."""
    function = "{ f: { set: { x: '${ }' } } }"
    called = calls("f", "f", functions=f"use: {{ functions: {function} }}\n")
    uncalled = f"use: {{ functions: {function[:-1]}, g: {{ do: [{{ one: {{ call: f }} }}] }} }} }}\ndo: [{{ a: {{ set: {{ x: 1 }} }} }}]"
    for text in (called, uncalled):
        [fault] = faults_of(text)
        assert fault.pointer == "/use/functions/f/set/x"
    [fault] = faults_of(uncalled.replace("${ }", "${ $tasks.x }"))
    assert (fault.code, fault.pointer) == ("unknown-task", "/use/functions/f/set/x")


def test_what_nothing_calls_asks_for_nothing() -> None:
    """A run needs no connection of a function that it never calls."""
    program = compiled(
        dedent("""
        use: { functions: { f: { call: httpRequest, with: { method: get, connection: crm, path: / } } } }
        do: [{ a: { set: { x: 1 } } }]
        """)
    ).program
    assert program is not None
    assert program.connections == frozenset()


CIRCLES = {
    "at once": ("{ f: { call: f } }", "/use/functions/f/call", "the function `f` calls itself"),
    "through another": (
        "{ f: { do: [{ one: { call: g } }] }, g: { try: [{ two: { call: f } }], catch: {} } }",
        "/use/functions/g/try/0/two/call",
        "the function `f` calls itself through `g`",
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_function_that_comes_back_to_itself(name: str) -> None:
    functions, pointer, message = CIRCLES[name]
    [fault] = faults_of(f"use: {{ functions: {functions} }}\ndo: [{{ a: {{ call: f }} }}]")
    assert (fault.code, fault.pointer, fault.message) == ("recursion", pointer, message)


@pytest.mark.parametrize("called", [True, False])
def test_functions_unfold_to_as_many_tasks_as_a_definition_may_have(called: bool) -> None:
    """Ten that call the next one twice are over a thousand tasks, in a text of ten lines."""
    doubling = [
        f"f{n}: {{ do: [{{ a: {{ call: f{n + 1} }} }}, {{ b: {{ call: f{n + 1} }} }}] }}" for n in range(9)
    ]
    text = f"use: {{ functions: {{ {', '.join(doubling)}, f9: {{ set: {{ x: 1 }} }} }} }}\ndo: [{{ a: {{ %s }} }}]"
    [fault] = faults_of(text % ("call: f0" if called else "set: { x: 1 }"))
    assert (fault.code, fault.pointer) == ("too-many-tasks", "/use/functions")
    assert str(MAX_TASKS) in fault.message


def test_calls_inside_each_other_nest_as_deep_as_a_definition_may() -> None:
    chain = [f"f{n}: {{ do: [{{ a: {{ call: f{n + 1} }} }}] }}" for n in range(200)]
    text = f"use: {{ functions: {{ {', '.join(chain)}, f200: {{ set: {{ x: 1 }} }} }} }}\ndo: [{{ a: {{ call: f0 }} }}]"
    [fault] = faults_of(text)
    assert fault.message == "calls of functions inside each other nest deeper than 64 levels"


@pytest.mark.parametrize("name", ["map", "grpc", "http"])
def test_a_name_that_calls_something_else(name: str) -> None:
    [fault] = faults_of(
        f"use: {{ functions: {{ {name}: {{ set: {{ x: 1 }} }} }} }}\ndo: [{{ a: {{ set: {{ x: 1 }} }} }}]"
    )
    assert (fault.code, fault.pointer) == ("name-taken", f"/use/functions/{name}")


def test_a_function_leads_to_no_other_task() -> None:
    [fault] = faults_of(
        "use: { functions: { f: { set: { x: 1 }, then: b } } }\ndo: [{ a: { call: f } }, { b: { set: { x: 1 } } }]"
    )
    assert (fault.code, fault.pointer) == ("unknown-target", "/use/functions/f/then")
    assert fault.message == "`then` names `b`, but a function leads to no other task"


def test_secrets_are_used_inside_and_given_to_none() -> None:
    functions = "use: { secrets: [KEY], functions: { f: { call: http, with: { method: get, endpoint: 'https://example.com', headers: { Authorization: '${ $secrets.KEY }' } } } } }\n"
    assert faults_of(calls("f", functions=functions)) == []
    [fault] = faults_of(calls("f, with: { key: '${ $secrets.KEY }' }", functions=functions))
    assert fault.code == "secret-outside-request"


DOWNLOAD = "download it into a folder beside this file, and name that: endpoint: file://./FOLDER"
BELOW = "name a folder beside this file, or inside one: endpoint: file://./FOLDER"
ELSEWHERE = {
    "a URL": ("https://example.com/x", "unsupported", DOWNLOAD),
    "a path": ("./shared", "wrong-form", "write file://./shared"),
    "a name": ("shared", "wrong-form", "write file://./shared"),
    "a host": ("file://shared", "outside-folder", "write file://./shared"),
    "the root": ("file:///etc", "outside-folder", BELOW),
    "above": ("file://./../x", "outside-folder", BELOW),
    "above, encoded": ("file://./a/%2e%2e/%2e%2e/x", "outside-folder", BELOW),
    "itself": ("file://./", "outside-folder", BELOW),
    "data": ("file://./${ .x }", "expression-not-here", "write the folder out: endpoint: file://./FOLDER"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_catalogue_is_a_folder_beside_the_definition(name: str) -> None:
    endpoint, code, hint = ELSEWHERE[name]
    for written in (f"'{endpoint}'", f"{{ uri: '{endpoint}' }}"):
        use = f"use: {{ catalogs: {{ ours: {{ endpoint: {written} }} }} }}"
        [fault] = faults_of(f"{use}\ndo: [{{ a: {{ set: {{ x: 1 }} }} }}]")
        assert (fault.code, fault.hint) == (code, hint)
        assert fault.pointer.startswith("/use/catalogs/ours/endpoint")


def test_other_faults_of_catalogues() -> None:
    text = "use: { catalogs: { default: { endpoint: { uri: 'file://./x', authentication: { use: y } } } } }\ndo: [{ a: { set: { x: 1 } } }]"
    assert [(fault.code, fault.pointer) for fault in faults_of(text)] == [
        ("name-taken", "/use/catalogs/default"),
        ("not-of-folders", "/use/catalogs/default/endpoint/authentication"),
    ]


def test_a_function_of_a_catalogue_is_read_with_its_file_only() -> None:
    """Data that comes without a file has it already, as a history does."""
    text = "use: { catalogs: { ours: { endpoint: 'file://./x' } } }\ndo: [{ a: { call: 'f:1.0.0@ours' } }]"
    [fault] = faults_of(text)
    assert (fault.code, fault.pointer) == ("unknown-function", "/do/0/a/call")
    assert fault.hint == "write its task under `use.functions`, as `f:1.0.0@ours`"
    assert faults_of(text.replace("use: {", "use: { functions: { 'f:1.0.0@ours': { set: { x: 1 } } },")) == []


def test_arguments_beside_with_are_told_once() -> None:
    text = f"{PET}do:\n- a:\n    call: getPet\n    with:\n    petId: 1\n"
    [fault] = faults_of(text)
    assert fault.code == "indentation"
    assert fault.message == "`petId` stands beside `with`, behind which there is nothing"
