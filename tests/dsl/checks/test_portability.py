"""What only this runtime understands."""

from httptask.diagnostics.fault import Fault, Severity
from httptask.dsl.checks.portability import portable_uses
from httptask.dsl.compile import compile_definition
from httptask.dsl.yaml import read_yaml
from support.definitions import DEFINITION, HEAD


def uses(text: str) -> list[Fault]:
    program = compile_definition(read_yaml(text).data).program
    assert program is not None
    return portable_uses(program)


def test_each_addition_is_listed_once() -> None:
    found = uses(DEFINITION)
    assert {fault.code for fault in found} == {"not-portable"}
    assert {fault.severity for fault in found} == {Severity.WARNING}
    assert [fault.pointer for fault in found] == [
        "/do/0/classifyTicket/call",
        "/do/2/notifyTeam/call",
        "/do/1/decide/switch/0/urgent/when",
        "/do/2/notifyTeam/with/headers/x-priority",
        "/do/2/notifyTeam/with/body/text",
        "/do/3/finishQuietly/set/text",
        "/do/0/classifyTicket/with/messages/0/content",
        "/do/2/notifyTeam/with/endpoint",
    ]


def test_metadata_and_escapes() -> None:
    head = HEAD.replace(
        "version: 1.0.0 }", "version: 1.0.0, metadata: { httptask: { budget: { calls: 1 } } } }"
    )
    found = uses(head + "do:\n  - a: { set: { x: '$${ y }', z: '${ .z }!' } }")
    assert [fault.pointer for fault in found] == ["/document/metadata/httptask", "/do/0/a/set/z"]


def test_a_catalogue_in_a_folder() -> None:
    """Functions of a definition are the standard's, what they hold may not be; told where it is written."""
    text = (
        "use: { catalogs: { ours: { endpoint: 'file://./x' } }, functions: { f: { call: httpRequest, "
        "with: { method: get, connection: c, path: / } } } }\n"
        "do: [{ a: { call: f } }]"
    )
    assert [fault.pointer for fault in uses(HEAD + text)] == [
        "/do/0/a/call/f/call",
        "/use/catalogs/ours",
    ]


def test_a_definition_of_the_standard_is_portable() -> None:
    text = HEAD + (
        "use: { secrets: [T], authentications: { api: { bearer: { token: '${ $secrets.T }' } } } }\n"
        "do:\n"
        "  - get:\n"
        "      call: http\n"
        "      with:\n"
        "        method: get\n"
        "        endpoint: { uri: 'https://example.com/{id}', authentication: { use: api } }\n"
        "        query: { id: '${ .id }' }\n"
        "      export: { as: '${ $context + { got: . } }' }\n"
        "  - each: { for: { in: '${ .items }' }, do: [{ keep: { set: { x: '${ [ $item ] }' } } }] }\n"
    )
    assert uses(text) == []


def test_what_errors_hold_beside_the_standard() -> None:
    text = HEAD + (
        "do:\n"
        "  - attempt:\n"
        "      try: [{ get: { call: http, with: { method: get, endpoint: 'https://example.com' } } }]\n"
        "      catch:\n"
        "        as: e\n"
        "        when: $e.status == 404 and $e.details.attempt == 1\n"
        "        do: [{ tell: { set: { code: '${ $e.error }', text: '${ $e.detail }' } } }]\n"
    )
    assert [(fault.pointer, fault.message.partition(" ")[0]) for fault in uses(text)] == [
        ("/do/0/attempt/catch/when", "`$e.details`"),
        ("/do/0/attempt/catch/do/0/tell/set/code", "`$e.error`"),
    ]
