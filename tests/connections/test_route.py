"""The way to a server: proxies, authorities and client certificates, on real TLS connections."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from httptask.authentication.models import CertificateAuthentication
from httptask.http.errors import (
    AddressForbidden,
    ConnectFailed,
    HttpStatusError,
    RequestInvalid,
    ResponseInterrupted,
    SecretUnavailable,
)
from httptask.testing import Reply, ScriptedServer
from support.certificates import Certificates
from support.proxy import tunnel_proxy
from support.requests import request

PASSWORD = "canary-0123456789"
BASIC = "Basic YW5uOmNhbmFyeS0wMTIzNDU2Nzg5"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


async def test_an_authority_of_ones_own(make_edge: Any, certificates: Certificates) -> None:
    async with ScriptedServer([Reply.of(b"ok")], tls=certificates.server("127.0.0.1")) as server:
        with pytest.raises(ConnectFailed, match=r"the certificate of 127.0.0.1:\d+ is refused") as caught:
            await make_edge(server.url).send(request())
        assert not caught.value.retryable
        edge = make_edge(server.url, connection={"tls": {"ca_bundle": certificates.bundle}})
        assert (await edge.send(request())).content == "ok"
    assert len(server.requests) == 1


async def test_the_host_has_to_be_the_certificates(make_edge: Any, certificates: Certificates) -> None:
    async with ScriptedServer([Reply.of()], tls=certificates.server("other.example.com")) as server:
        edge = make_edge(server.url, connection={"tls": {"ca_bundle": certificates.bundle}})
        with pytest.raises(ConnectFailed, match="IP address mismatch"):
            await edge.send(request())
    assert server.requests == []


async def test_a_client_certificate(make_edge: Any, certificates: Certificates) -> None:
    tls = certificates.server("127.0.0.1", asks_for_certificate=True)
    async with ScriptedServer([Reply.of(b"ok")], tls=tls) as server:
        trusting = {"ca_bundle": certificates.bundle}
        with pytest.raises(ResponseInterrupted, match="closed the connection before it answered"):
            await make_edge(server.url, connection={"tls": trusting}).send(request())
        assert server.requests == []
        edge = make_edge(server.url, connection={"tls": {**trusting, **certificates.client()}})
        assert (await edge.send(request())).content == "ok"


async def test_a_key_with_a_password(make_edge: Any, certificates: Certificates) -> None:
    files = certificates.client()
    locked = files["key"].with_suffix(".locked")
    key = load_pem_private_key(files["key"].read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode()))
    )
    tls = certificates.server("127.0.0.1", asks_for_certificate=True)
    written = {"ca_bundle": certificates.bundle, "certificate": files["certificate"], "key": locked}
    async with ScriptedServer([Reply.of(b"ok")], tls=tls) as server:
        edge = make_edge(
            server.url, connection={"tls": {**written, "password": "$secrets.KEY"}}, secrets={"KEY": PASSWORD}
        )
        assert (await edge.send(request())).content == "ok"
        for wrong in ({}, {"password": "wrong"}):
            with pytest.raises(ConnectFailed, match="or the password of its key is wrong"):
                await make_edge(server.url, connection={"tls": {**written, **wrong}}).send(request())


async def test_a_new_certificate_counts_from_the_next_call_on(
    make_edge: Any, certificates: Certificates, tmp_path: Path
) -> None:
    """As Kubernetes renews a mounted secret: a symbolic link to a folder is put in place of another."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    files = Certificates(tmp_path / "old").client(), Certificates(tmp_path / "new")
    trusted = files[1].client()
    link = tmp_path / "mounted"
    link.symlink_to("old")
    tls = files[1].server("127.0.0.1", asks_for_certificate=True)
    written = {
        "ca_bundle": files[1].bundle,
        **{name: link / path.name for name, path in trusted.items()},
    }
    async with ScriptedServer([Reply.of(b"ok")], tls=tls) as server:
        edge = make_edge(server.url, connection={"tls": written})
        with pytest.raises(ResponseInterrupted):
            await edge.send(request())
        replacement = tmp_path / "replacement"
        replacement.symlink_to("new")
        replacement.rename(link)
        assert (await edge.send(request())).content == "ok"
        assert (await edge.send(request())).timing.connected is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ca_bundle", None, "ca.pem can't be read: No such file or directory"),
        ("ca_bundle", b"junk", "the CA bundle .* can't be used: no certificate or crl found"),
        ("certificate", b"junk", "the client certificate .* can't be used: it is no PEM file"),
        ("key", b"junk", "the client certificate .* can't be used: it is no PEM file"),
    ],
    ids=["no CA bundle", "junk as CA bundle", "junk as certificate", "junk as key"],
)
async def test_unusable_files(
    make_edge: Any, certificates: Certificates, name: str, content: bytes | None, message: str
) -> None:
    files = {"ca_bundle": certificates.bundle, **certificates.client()}
    if content is None:
        files[name].unlink()
    else:
        files[name].write_bytes(content)
    with pytest.raises(ConnectFailed, match=message):
        await make_edge("https://127.0.0.1:1", connection={"tls": files}).send(request())


async def test_a_tunnel_through_a_proxy(make_edge: Any, certificates: Certificates) -> None:
    tls = certificates.server("api.example.com")
    async with ScriptedServer([Reply.of(b"ok")], tls=tls) as server, tunnel_proxy(server.port) as proxy:
        edge = make_edge(
            "https://api.example.com",
            connection={
                "tls": {"ca_bundle": certificates.bundle},
                "proxy": {"url": proxy.url, "username": "ann", "password": "$secrets.KEY"},
                "headers": {"X-Team": "support"},
            },
            secrets={"KEY": PASSWORD},
        )
        assert (await edge.send(request("/v1?q=1"))).content == "ok"
        assert (await edge.send(request("/v1?q=1"))).timing.connected is None
    [head] = proxy.heads
    assert head.startswith("CONNECT api.example.com:443 HTTP/1.1\r\n")
    assert f"Proxy-Authorization: {BASIC}" in head
    assert "X-Team" not in head
    assert server.requests[0].target == "/v1?q=1"
    assert "proxy-authorization" not in server.requests[0].headers


async def test_http_through_a_proxy(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of(b"ok")]) as proxy:
        edge = make_edge(
            "http://api.example.com",
            connection={"proxy": {"url": proxy.url, "username": "ann", "password": PASSWORD}},
        )
        assert (await edge.send(request("/a%2Fb?q=%20"))).content == "ok"
    [served] = proxy.requests
    assert served.target == "http://api.example.com/a%2Fb?q=%20"
    assert served.headers["host"] == "api.example.com"
    assert served.headers["proxy-authorization"] == BASIC


@pytest.mark.parametrize(("status", "retryable"), [("407 No", False), ("403 No", False), ("502 Bad", True)])
async def test_a_proxy_that_makes_no_tunnel(make_edge: Any, status: str, retryable: bool) -> None:
    async with tunnel_proxy(1, refusal=status) as proxy:
        edge = make_edge("https://api.example.com", connection={"proxy": {"url": proxy.url}})
        with pytest.raises(
            ConnectFailed, match=f"the proxy makes no connection to api.example.com: it answers {status[:3]}"
        ) as caught:
            await edge.send(request())
    assert caught.value.retryable is retryable


async def test_a_proxy_that_is_away(make_edge: Any) -> None:
    edge = make_edge("https://api.example.com", connection={"proxy": {"url": "http://127.0.0.1:1"}})
    with pytest.raises(ConnectFailed, match=r"no connection to the proxy 127\.0\.0\.1:1: nothing answers"):
        await edge.send(request())


async def test_the_address_of_the_proxy_is_judged(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as proxy:
        for host in ("127.0.0.1", "localhost"):
            edge = make_edge(
                "http://api.example.com",
                connection={
                    "proxy": {"url": f"http://{host}:{proxy.port}"},
                    "allow_private": ("10.0.0.0/8",),
                },
            )
            with pytest.raises(AddressForbidden, match="a loopback address"):
                await edge.send(request())
    assert proxy.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "10.0.0.1",
        "[::ffff:10.0.0.1]",
        "[fd00::1]",
        "LOCALHOST",
        "a.localhost",
        "localhost.",
    ],
)
async def test_the_target_behind_a_proxy_is_judged_by_what_it_says(make_edge: Any, host: str) -> None:
    """The proxy may be reached, which opens its own address and nothing else."""
    async with ScriptedServer([Reply.of()]) as proxy:
        edge = make_edge(
            f"http://{host}",
            connection={"proxy": {"url": f"http://127.0.0.2:{proxy.port}"}, "allow_private": ("127.0.0.2",)},
        )
        with pytest.raises(AddressForbidden):
            await edge.send(request())
    assert proxy.connections == 0


async def test_a_password_goes_to_its_own_proxy_only(make_edge: Any) -> None:
    async with ScriptedServer([Reply.of()]) as proxy:
        edge = make_edge(
            "http://api.example.com",
            connection={"proxy": {"url": proxy.url, "username": "ann", "password": "$secrets.KEY"}},
            secrets={"KEY": PASSWORD},
            origins=("http://proxy.example.com",),
        )
        with pytest.raises(SecretUnavailable, match=f"may not be sent to {proxy.url}"):
            await edge.send(request())
    assert proxy.connections == 0


async def test_a_proxy_that_repeats_its_password_is_not_quoted(make_edge: Any) -> None:
    async with ScriptedServer(
        lambda served: Reply.of(served.headers["proxy-authorization"].encode())
    ) as proxy:
        edge = make_edge(
            "http://api.example.com",
            connection={"proxy": {"url": proxy.url, "username": "ann", "password": PASSWORD}},
        )
        response = await edge.send(request())
    assert response.redactions == 1
    assert "YW5u" not in str(response.content).replace("YW5uOm", "")


async def test_redirects_behind_a_proxy_stay(make_edge: Any) -> None:
    reply = Reply.of(status=302, headers={"Location": "http://169.254.169.254/latest"})
    async with ScriptedServer([reply]) as proxy:
        edge = make_edge("http://api.example.com", connection={"proxy": {"url": proxy.url}, "redirects": 2})
        with pytest.raises(HttpStatusError, match="whose address can't be checked behind a proxy"):
            await edge.send(request())
    assert len(proxy.requests) == 1


async def test_redirects_never_leave_tls(make_edge: Any, certificates: Certificates) -> None:
    async with ScriptedServer([Reply.of()]) as plain:
        to_plain = Reply.of(status=302, headers={"Location": f"{plain.url}/"})
        async with ScriptedServer([to_plain], tls=certificates.server("127.0.0.1")) as server:
            edge = make_edge(
                server.url, connection={"tls": {"ca_bundle": certificates.bundle}, "redirects": 2}
            )
            with pytest.raises(HttpStatusError, match="which has no TLS"):
                await edge.send(request())
    assert plain.connections == 0


async def test_a_request_may_ask_for_the_certificate_alone(
    make_edge: Any, certificates: Certificates
) -> None:
    """As `authentication: { certificate: { use: local } }` does: the connection's own credential stays away."""
    by_certificate = request(authentication=CertificateAuthentication())
    tls = certificates.server("127.0.0.1", asks_for_certificate=True)
    key = {"authentication": {"bearer": {"token": "$secrets.KEY"}}}
    async with ScriptedServer([Reply.of()], tls=tls) as server:
        files = {"ca_bundle": certificates.bundle, **certificates.client()}
        edge = make_edge(server.url, connection={"tls": files, **key}, secrets={"KEY": PASSWORD})
        await edge.send(by_certificate)
        await edge.send(request())
        with pytest.raises(RequestInvalid, match="needs a connection with a client certificate"):
            await make_edge(server.url, connection=key, secrets={"KEY": PASSWORD}).send(by_certificate)
    assert [served.headers.get("authorization") for served in server.requests] == [
        None,
        f"Bearer {PASSWORD}",
    ]


async def test_a_client_certificate_is_shown_to_its_server_alone(
    make_edge: Any, certificates: Certificates
) -> None:
    async with ScriptedServer([Reply.of()], tls=certificates.server("127.0.0.1")) as other:
        elsewhere = Reply.of(status=302, headers={"Location": other.url})
        async with ScriptedServer([elsewhere], tls=certificates.server("127.0.0.1")) as server:
            files = {"ca_bundle": certificates.bundle, **certificates.client()}
            with pytest.raises(HttpStatusError, match="the request carries what belongs to its own server"):
                await make_edge(server.url, connection={"tls": files, "redirects": 1}).send(request())
    assert other.connections == 0
