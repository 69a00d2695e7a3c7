"""Which server and which path a request goes to: written in the definition, never chosen by data."""

from typing import Any

import pytest

from httptask.calls.problem import TaskFault
from httptask.client.edge import Edge
from httptask.diagnostics.fault import Severity
from httptask.dsl.checks.portability import portable_uses
from httptask.dsl.compile import compile_definition
from httptask.http.errors import AddressForbidden, RequestInvalid
from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import Sample, plan_request
from support.connections import secret_store
from support.definitions import document
from support.planned import definition, faults, sent


@pytest.mark.parametrize(
    ("endpoint", "accepted"),
    [
        ("foo", False),
        ("/orders", False),
        ("//api.example.com/orders", False),
        ("?page=2", False),
        ("/orders/${ .id }", False),
        ("https://", False),
        ("https://api.example.com:port/", False),
        ("https://ann@api.example.com/", False),
        ("https://müller.example/", False),
        ("https://0x7f.1/", False),
        ("https://api.example.com/a/../b", False),
        ("https://api.example.com/\\", True),  # sent encoded
        ("https://api.example.com/ä", True),
        ("https://api.example.com/{a}{/b}{?c,d}", True),
        ("https://api.example.com{?c}", True),
        ("https://[::1]:8080", True),
    ],
)
def test_constant_endpoints_that_nothing_can_be_sent_to_are_told_when_they_are_loaded(
    endpoint: str, accepted: bool
) -> None:
    assert faults(endpoint=endpoint) == ([] if accepted else ["endpoint"])
    uri = {"uri": endpoint, "authentication": {"use": "api"}}
    relative = not endpoint.startswith("https:")
    assert faults(endpoint=uri) == ([] if accepted or relative else ["endpoint"])


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://${ .host }/x",
        "https://${ .host }",
        "https://${ $workflow.input.host }/x",
        "https://api.${ .region }.example.com/x",
        "https://api.example.com${ .suffix }",
        "https://api.example.com:${ .port }/",
        "https://${ .user }@api.example.com/",
        "${ .scheme }://api.example.com/",
        "http:/${ .host }/x",
        "${ .url }/x",
        "x${ .url }",
        "https://{host}/x",
        "https://api.{region}.example.com/x",
        "https://api.example.com{suffix}",
        "https://api.example.com{+suffix}",
        "https://api.example.com{.suffix}",
        "{+url}",
        "${ $secrets.HOOK }${ .suffix }",
        "${ $secrets.HOOK }{suffix}",
        "https://${ $secrets.HOOK }.${ .suffix }/",
    ],
)
def test_the_server_is_never_chosen_by_data(endpoint: str) -> None:
    assert faults(endpoint=endpoint) == ["server-from-data"]
    assert faults(endpoint={"uri": endpoint}) == ["server-from-data"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "${ .url }",
        "${ $tasks.first.next }",
        "${ $input.url }",
        "${ $context.url }",
        "${ $workflow.input.url + .x }",
    ],
)
async def test_an_address_out_of_data_is_asked_at_allowed_hosts_only(endpoint: str) -> None:
    for written in (endpoint, {"uri": endpoint}):
        [fault] = compile_definition(definition(endpoint=written)).faults
        assert (fault.code, fault.severity) == ("server-from-data", Severity.WARNING)
    program = compile_definition(definition(endpoint="${ .url }")).program
    assert program is not None
    async with ScriptedServer([Reply.of()]) as server:
        data = {"url": f"{server.url}/signed?x=1"}
        request = plan_request(program, "task", Sample(input=data, task_input=data)).request
        assert request.address_from_data
        for hosts in ((), ("api.example.com",)):
            with pytest.raises(AddressForbidden, match=r"127\.0\.0\.1 is not among the allowed_hosts"):
                await send(request, *hosts)
        assert server.connections == 0
        await send(request, "127.0.0.1")
        with pytest.raises(AddressForbidden, match="a loopback address"):
            await send(request, "127.0.0.1", allow_private=())
    assert [served.target for served in server.requests] == ["/signed?x=1"]


def test_a_joined_address_names_its_server_itself() -> None:
    program = compile_definition(definition(endpoint='${ "https://api.example.com/pets/\\(.id)" }')).program
    assert program is not None
    planned = plan_request(program, "task", Sample(input={"id": 1}, task_input={"id": 1}))
    assert not planned.request.address_from_data


async def send(request: HttpRequest, *hosts: str, allow_private: tuple[str, ...] = ("loopback",)) -> None:
    edge = Edge({}, secret_store({}), allow_private=allow_private, allowed_hosts=hosts)
    try:
        await edge.send(request)
    finally:
        await edge.aclose()


def test_a_connection_is_never_chosen_by_data() -> None:
    assert faults(connection="${ .c }", path="/x") == ["server-from-data"]
    by_use = {"uri": "https://h/", "authentication": {"use": "${ .c }"}}
    assert faults(endpoint=by_use) == ["server-from-data"]
    chat = {"model": "m", "messages": [{"role": "user", "content": "?"}], "connection": "x-${ .c }"}
    asked = compile_definition(document(do=[{"ask": {"call": "chatCompletion", "with": chat}}]))
    assert [fault.code for fault in asked.faults] == ["server-from-data"]


ADDRESSES = {
    "value in a text": ('${ "https://h/v2/pet/\\(.id)" }', "https://h/v2/pet/a%2F..%2Fb"),
    "values in path and query": (
        '${ "https://h/v2/\\(.n)/x\\(.id)?q=\\(.q)" }',
        "https://h/v2/7/xa%2F..%2Fb?q=%26c%3Dd",
    ),
    "sum": ('${ "https://h/v2/" + .id }', "https://h/v2/a%2F..%2Fb"),
    "sum with a number": ('${"https://h/v2/" + (.n + 1 | tostring) + "/x"}', "https://h/v2/8/x"),
    "text in a text": ('${ "https://h/\\("\\(.n)-\\(.n)")/" + "\\(.id)" }', "https://h/7-7/a%2F..%2Fb"),
    "format": ('${ @uri "https://h/\\(.id)" }', "https://h/a%2F..%2Fb"),
    "parentheses": ('${ ("https://h/\\(.id)") }', "https://h/a%2F..%2Fb"),
    "nested sums": ('${ ("https://h" + ("/v2/" + .id)) }', "https://h/v2/a%2F..%2Fb"),
    "sum of sums": ('${ ("https://h" + "/") + (.n + 1 | tostring) }', "https://h/8"),
    "escapes": ('${ "https:\\/\\/h\\u002fx" }', "https://h/x"),
    "input of the workflow": ('${ "https://h/\\($workflow.input.id)" }', "https://h/a%2F..%2Fb"),
    # Who starts the run may choose the server.
    "path chosen by who starts": ('${ "https://h\\($workflow.input.path)" }', "https://h/p/q"),
    "server chosen by who starts": ('${ $workflow.input.base + "/x" }', "https://h/x"),
}


@pytest.mark.parametrize(("endpoint", "url"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_expression_that_begins_with_its_server_is_text_with_values_in_it(endpoint: str, url: str) -> None:
    data = {"id": "a/../b", "n": 7, "q": "&c=d", "path": "/p/q", "base": "https://h"}
    assert faults(endpoint=endpoint) == []
    assert sent(data, endpoint=endpoint) == url
    program = compile_definition(definition(endpoint=endpoint)).program
    assert program is not None
    assert not [fault for fault in portable_uses(program) if "text around" in fault.message]


@pytest.mark.parametrize(
    "endpoint",
    [
        '${ "https://h\\(.suffix)" }',
        '${ "https://h" + .suffix }',
        '${ "https://\\(.host)/x" }',
        '${ "https://h/" + .a | . }',
        '${ "https://h/\\(.a)" // .b }',
        '${ if .a then "https://h/\\(.a)" else .b end }',
        '${ "https://h/{x}\\(.a)" }',
        '${ "https://h/" as $x | .url }',
        '${ ("https://h" + .a) }',
        '${ ("https://h/" + .a) | . }',
    ],
)
def test_what_could_be_at_another_server_is_none(endpoint: str) -> None:
    assert faults(endpoint=endpoint) == ["server-from-data"]


@pytest.mark.parametrize("endpoint", ["https://h/${ .id | @uri }", '${ "https://h/\\(.id|@uri)" }'])
def test_nothing_is_encoded_twice(endpoint: str) -> None:
    assert faults(endpoint=endpoint) == ["encoded-twice"]


def test_no_path_stands_behind_a_query() -> None:
    with pytest.raises(TaskFault, match="Not a URL"):
        sent({}, endpoint="https://h/a?x=1", path="/b")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://api.example.com/${ .x }",
        "https://api.example.com?q=${ .x }",
        "https://api.example.com#${ .x }",
        "https://api.example.com/{x}{?y}",
        "https://api.example.com{/x}",
        "https://api.example.com{?x}",
        "HTTPS://api.example.com/${ .x }",
        "${ $secrets.HOOK }",
        "${ $secrets.HOOK }/${ .x }",
        "https://${ $secrets.HOOK }.example.com/${ .x }",
        "${ $workflow.input.url }",
        '${ "https://api.example.com/" + $workflow.input.x }',
    ],
)
def test_what_may_stand_in_an_endpoint(endpoint: str) -> None:
    assert faults(endpoint=endpoint) == []


def test_a_whole_address_from_data_is_at_the_server_of_its_connection() -> None:
    arguments = {"endpoint": "${ .next }", "connection": "api"}
    assert (
        faults(**arguments) == faults(endpoint={"uri": "${ .next }", "authentication": {"use": "api"}}) == []
    )
    next_page = "https://api.example.com/v1/items?page=2"
    assert sent({"next": next_page}, **arguments) == next_page
    assert sent({"next": "/items?page=2"}, **arguments) == next_page
    for within in ("//evil.example/", "@evil.example/", "\\\\evil.example/"):
        assert sent({"next": within}, **arguments).startswith("https://api.example.com/v1/")
    for elsewhere in (
        "https://evil.example/v1",
        "http://api.example.com/v1",
        "https://api.example.com.evil.example/",
        "https://api.example.com@evil.example/",
        "https://api.example.com\\@evil.example/",
        "https://api.example.com/v1/../admin",
        "https://api.example.com/v1/%2E%2e/admin",
        "../admin",
    ):
        with pytest.raises(RequestInvalid):
            print(sent({"next": elsewhere}, **arguments))


@pytest.mark.parametrize(
    "address",
    [
        {"endpoint": "https://h/x\n"},
        {"endpoint": {"uri": "https://h/x\n"}},
        {"endpoint": "https://h/\nx"},
        {"endpoint": "https://h/${ .x }\n"},
        {"endpoint": "https://h/x\t"},
        {"connection": "api", "endpoint": " https://h/y"},
        {"connection": "api", "path": "/x "},
        {"endpoint": "https://h/x ?a=1"},
        {"endpoint": "https://api.example.com/ä b"},
        {"endpoint": "https://h/${ .x } /y"},
    ],
)
def test_white_space_around_an_address_is_told(address: dict[str, Any]) -> None:
    assert "white-space" in faults(**address)


@pytest.mark.parametrize(
    "url", ["https://h/x\n", " https://h/x", "https://h/x ", "https://h/\x00", "/a\r\nb"]
)
def test_white_space_from_data_is_refused(url: str) -> None:
    with pytest.raises(RequestInvalid, match="a line break or a control character, or white space around it"):
        sent({"url": url}, connection="api", endpoint="${ .url }")


def test_a_whole_url_is_no_path() -> None:
    assert faults(connection="api", path="https://api.example.com/y") == ["path-is-url"]
    assert faults(endpoint="https://h", path="http://${ .x }/y") == ["path-is-url"]
    assert faults(connection="api", path="//api.example.com/y") == ["path-is-url"]
    assert faults(connection="api", path="/save/https://h/y") == []
    for next_ in ("https://api.example.com/y", "//api.example.com/y"):
        with pytest.raises(TaskFault, match="Not a path"):
            sent({"next": next_}, connection="api", path="${ .next }")
