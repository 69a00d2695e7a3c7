"""Which server and which path a request goes to: written in the definition, never chosen by data."""

from typing import Any

import pytest

from httptask.dsl.compile import compile_definition
from httptask.dsl.faults import Severity
from httptask.dsl.portable import portable_uses
from httptask.http.connections import Connection
from httptask.http.edge import Edge
from httptask.http.errors import AddressForbidden, RequestInvalid
from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer
from httptask.testrequest import Sample, plan_test
from httptask.workflows.problem import TaskFault
from support.runs import document, secret_store

EDGE = Edge({"api": Connection(name="api", base_url="https://api.example.com/v1")}, secret_store({}))


def definition(**arguments: Any) -> dict[str, Any]:
    arguments = {key: value for key, value in arguments.items() if value is not None}
    task = {"call": "httpRequest", "with": {"method": "get", **arguments}}
    first = {"call": "http", "with": {"method": "get", "endpoint": "https://api.example.com/first"}}
    secrets = {"secrets": ["HOOK"]}
    return document(use=secrets, do=[{"first": first}, {"task": task}])


def faults(**arguments: Any) -> list[str]:
    return [fault.code for fault in compile_definition(definition(**arguments)).faults]


def sent(data: Any, **arguments: Any) -> str:
    """The URL that a request would go to."""
    program = compile_definition(definition(**arguments)).program
    assert program is not None
    planned = plan_test(program, "task", Sample(input=data, task_input=data, outputs={"first": data}))
    return EDGE.prepare(planned.request).uri


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
        ("https://api.example.com/ä b", True),
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
        request = plan_test(program, "task", Sample(input=data, task_input=data)).request
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
    planned = plan_test(program, "task", Sample(input={"id": 1}, task_input={"id": 1}))
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


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ('${ "https://h/v2/pet/\\(.id)" }', "https://h/v2/pet/a%2F..%2Fb"),
        ('${ "https://h/v2/\\(.n)/x\\(.id)?q=\\(.q)" }', "https://h/v2/7/xa%2F..%2Fb?q=%26c%3Dd"),
        ('${ "https://h/v2/" + .id }', "https://h/v2/a%2F..%2Fb"),
        ('${"https://h/v2/" + (.n + 1 | tostring) + "/x"}', "https://h/v2/8/x"),
        ('${ "https://h/\\("\\(.n)-\\(.n)")/" + "\\(.id)" }', "https://h/7-7/a%2F..%2Fb"),
        ('${ @uri "https://h/\\(.id)" }', "https://h/a%2F..%2Fb"),
        ('${ ("https://h/\\(.id)") }', "https://h/a%2F..%2Fb"),
        ('${ ("https://h" + ("/v2/" + .id)) }', "https://h/v2/a%2F..%2Fb"),
        ('${ ("https://h" + "/") + (.n + 1 | tostring) }', "https://h/8"),
        ('${ "https:\\/\\/h\\u002fx" }', "https://h/x"),
        ('${ "https://h/\\($workflow.input.id)" }', "https://h/a%2F..%2Fb"),
        # Who starts the run may choose the server.
        ('${ "https://h\\($workflow.input.path)" }', "https://h/p/q"),
        ('${ $workflow.input.base + "/x" }', "https://h/x"),
    ],
)
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


def test_braces_that_came_with_data_are_no_template() -> None:
    with pytest.raises(TaskFault):
        sent({}, endpoint="https://api.example.com/{token}")
    url = sent({"u": "/{token}", "token": "t"}, connection="api", endpoint="${ .u }")
    assert url == "https://api.example.com/v1/%7Btoken%7D"
    assert sent({"u": "{token}", "token": "t"}, endpoint="https://h/${ .u }") == "https://h/%7Btoken%7D"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("7", "7"),
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("//evil.example", "%2F%2Fevil.example"),
        ("\\\\evil", "%5C%5Cevil"),
        ("@evil.example", "%40evil.example"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("%2e%2e", "%252e%252e"),
        ("%2F", "%252F"),
        ("..;", "..%3B"),
        ("...", "..."),
        ("a.b", "a.b"),
        ("é", "%C3%A9"),
        ("\r\nHost: evil", "%0D%0AHost%3A%20evil"),
        ("\x00", "%00"),
        ("https://evil.example/", "https%3A%2F%2Fevil.example%2F"),
    ],
)
@pytest.mark.parametrize("piece", ["${ .x }", "{x}"])
def test_a_value_stays_within_its_segment(piece: str, value: str, encoded: str) -> None:
    assert sent({"x": value}, endpoint=f"https://h/items/{piece}/lines") == f"https://h/items/{encoded}/lines"
    assert sent({"x": value}, connection="api", path=f"/{piece}").endswith(f"/v1/{encoded}")
    assert sent({"x": value}, endpoint="https://h/a", path=f"b/{piece}") == f"https://h/a/b/{encoded}"


@pytest.mark.parametrize("value", ["", ".", ".."])
@pytest.mark.parametrize(
    "arguments",
    [
        {"endpoint": "https://h/items/${ .x }"},
        {"endpoint": "https://h/items/{x}"},
        {"endpoint": "https://h/items/{+x}"},
        {"endpoint": "https://h/items{/x}"},
        {"endpoint": "https://h/${ .x }/lines"},
        {"endpoint": "https://h/{x}/lines?a=${ .x }"},
        {"endpoint": "https://h/${ .x }${ .y }"},
        {"endpoint": "https://h/${ .x }{y}/"},
        {"connection": "api", "path": "/items/${ .x }"},
        {"connection": "api", "path": "${ .x }/lines"},
        {"connection": "api", "path": "{x}"},
    ],
)
def test_a_value_never_makes_another_path(value: str, arguments: dict[str, Any]) -> None:
    with pytest.raises((RequestInvalid, TaskFault)):
        print(sent({"x": value, "y": ""}, **arguments))


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://h/a${ .empty }", "https://h/a"),
        ("https://h/${ .empty }.json", "https://h/.json"),
        ("https://h/a?q=${ .empty }", "https://h/a?q="),
        ("https://h/a?q={empty}", "https://h/a?q="),
        ("https://h//a/", "https://h//a/"),
        ("https://h/a{?list*}", "https://h/a"),
        ("https://h/{?list*}", "https://h/"),
        ("https://h/a{/list*}", "https://h/a"),
    ],
)
def test_values_that_are_empty_where_they_may(endpoint: str, url: str) -> None:
    assert sent({"empty": "", "list": []}, endpoint=endpoint) == url


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ("{var}", "value"),
        ("{hello}", "Hello%20World%21"),
        ("{+path}/here", "foo/bar/here"),
        ("{x,y}", "1024,768"),
        ("x{?x,y}", "x?x=1024&y=768"),
        ("x?a=1{&x}", "x?a=1&x=1024"),
        ("x{;x,y}", "x;x=1024;y=768"),
        ("x{.list*}", "x.red.green"),
        ("x{/list*}", "x/red/green"),
        ("x{/list}", "x/red,green"),
        ("x{?list*}", "x?list=red&list=green"),
        ("x{?list}", "x?list=red,green"),
        ("x{?keys*}", "x?dot=.&semi=%3B"),
        ("{var:3}", "val"),
        ("x{#hello}", "x"),
        ("{yes}/{number}", "true/1.5"),
        ("{var}/${ .hello }/${ .x }", "value/Hello%20World%21/1024"),
        ("{var}/${ $secrets.HOOK }/{x}{?y}", "value/$HOOK/1024?y=768"),
        ("${ .hello }${ $secrets.HOOK }{x}", "Hello%20World%21$HOOK1024"),
    ],
)
def test_uri_templates(template: str, expanded: str) -> None:
    data = {
        "var": "value",
        "hello": "Hello World!",
        "path": "foo/bar",
        "x": 1024,
        "y": "768",
        "list": ["red", "green"],
        "keys": {"semi": ";", "dot": "."},
        "yes": True,
        "number": 1.5,
    }
    assert sent(data, endpoint=f"https://h/{template}") == f"https://h/{expanded}"
    if "$secrets" not in template:
        assert sent(data, connection="api", path=f"/{template}") == f"https://api.example.com/v1/{expanded}"


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
