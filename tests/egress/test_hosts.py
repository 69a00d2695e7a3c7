from typing import Any

import pytest

from httptask.egress.hosts import check_host_patterns, is_allowed
from httptask.http.errors import AddressForbidden
from httptask.http.models import HttpRequest
from httptask.testing import Reply, ScriptedServer

PATTERNS = ("api.example.com", "*.example.org", "10.0.0.1", "[fd00::1]")


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("api.example.com", True),
        ("api.example.com.", True),
        ("example.com", False),
        ("x.api.example.com", False),
        ("a.example.org", True),
        ("a.b.example.org", True),
        ("example.org", False),
        ("badexample.org", False),
        ("a.example.org.evil.com", False),
        ("10.0.0.1", True),
        ("10.0.0.11", False),
        ("fd00::1", True),
        ("fd00::2", False),
    ],
)
def test_hosts(host: str, allowed: bool) -> None:
    assert is_allowed(host, PATTERNS) is allowed


@pytest.mark.parametrize(
    ("pattern", "quoted"),
    [
        *(
            (pattern, pattern)
            for pattern in ("*", "", "*.*.com", "a.*.com", "https://x", "x:80", "Api.com", "*x.com")
        ),
        ("x/" * 51, f"{'x/' * 49}x…"),
    ],
)
def test_what_is_no_pattern(pattern: str, quoted: str) -> None:
    with pytest.raises(ValueError, match="is neither a host") as caught:
        check_host_patterns(["api.example.com", pattern])
    assert str(caught.value) == (
        f'"{quoted}" is neither a host, such as "api.example.com", nor "*.example.com" for all hosts below a domain, '
        "in lower case and without a port"
    )


@pytest.mark.parametrize(
    ("pattern", "host"),
    [
        *zip(PATTERNS, ["api.example.com", "a.example.org", "10.0.0.1", "fd00::1"], strict=True),
        ("localhost", "localhost"),
        ("*.a-b.c_d", "x.a-b.c_d"),
        ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
    ],
)
def test_each_pattern_that_means_a_host(pattern: str, host: str) -> None:
    check_host_patterns([pattern])
    assert is_allowed(host, [pattern])


async def test_requests_without_a_connection_go_to_allowed_hosts_only(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as server:
        edge = make_edge(server.url, allowed_hosts=["api.example.com"])
        with pytest.raises(AddressForbidden, match=r"127\.0\.0\.1 is not among the allowed_hosts"):
            await edge.send(HttpRequest(method="GET", url=server.url))
        assert server.connections == 0
        await edge.send(HttpRequest(method="GET", url="/", connection="local"))
        await make_edge(allowed_hosts=["127.0.0.1"]).send(HttpRequest(method="GET", url=server.url))
