"""Commands by connections: each sends by one what it sent by itself, or keeps its own address."""

from typing import Any

import pytest

from httptask.catalog.curl import import_curl
from httptask.catalog.importing.fitting import by_connections, with_private_servers
from httptask.catalog.importing.named_secrets import ProjectSecrets
from httptask.connections.connection import Connection

KEY = "canary-4711"
URL = "https://shop.example/v1/orders"
OTHER = {"base_url": "https://other.example"}
KEYED = {"api_key": {"in": "header", "name": "X-Api-Key", "value": "$secrets.SHOP_KEY"}}
BEARER = {"bearer": {"token": "$secrets.SHOP_KEY"}}
ALICE = {"basic": {"username": "alice", "password": "$secrets.SHOP_KEY"}}
TOKEN = {"Authorization": "Token $secrets.SHOP_KEY"}


def project(**values: str) -> ProjectSecrets:
    return ProjectSecrets({}, {}, values.get)


def having(connections: dict[str, dict[str, Any]], **values: str) -> ProjectSecrets:
    made = {name: Connection.model_validate({"name": name, **one}) for name, one in connections.items()}
    return ProjectSecrets(made, {}, values.get)


def shop(**settings: Any) -> ProjectSecrets:
    return having({"other": OTHER, "shop": {"base_url": "https://shop.example/v1", **settings}})


@pytest.mark.parametrize(
    ("command", "settings", "left"),
    [
        (f"curl {URL}", {}, {}),
        (f"curl {URL} -H 'x-api-key: {KEY}' -H 'X-Team: a'", {"authentication": KEYED}, {"headers": {"X-Team": "a"}}),
        (f"curl {URL}?a=b -H 'Authorization: Bearer {KEY}'", {"authentication": BEARER}, {"query": {"a": "b"}}),
        (f"curl {URL} -u alice:{KEY}", {"authentication": ALICE}, {}),
        (f"curl {URL} -H 'Authorization: Token {KEY}'", {"headers": TOKEN}, {}),
        (f"curl {URL}", {"headers": {"X-Team": "b"}}, {}),
    ],
)  # fmt: skip
def test_what_a_connection_sends_is_left_to_it(
    command: str, settings: dict[str, Any], left: dict[str, Any]
) -> None:
    found = by_connections(import_curl(command, None), shop(**settings))
    [(name, task)] = found.tasks.items()
    assert task["with"] == {"method": "get", "connection": "shop", "path": "/orders", **left}
    assert found.connections == {name: "shop"}
    has_key = KEY in command
    assert [(one.name, one.value) for one in found.of_connections] == [("SHOP_KEY", KEY)] * has_key
    assert found.secrets == ()


@pytest.mark.parametrize(
    ("command", "settings"),
    [
        pytest.param(f"curl {URL}", {"authentication": BEARER}, id="a credential more"),
        pytest.param(f"curl {URL}", {"headers": TOKEN}, id="a credential more, in a header"),
        pytest.param(f"curl {URL} -u bob:{KEY}", {"authentication": ALICE}, id="another user"),
        pytest.param(f"curl {URL} -H 'Authorization: Bearer {KEY}'", {"headers": TOKEN}, id="another scheme"),
        pytest.param(f"curl {URL} -H 'X-Api-Key: {KEY}'", {"authentication": BEARER}, id="another way"),
        pytest.param(f"curl {URL} -u alice:{KEY}", {}, id="none"),
        pytest.param("curl https://shop.example/v10/orders", {}, id="another path"),
        pytest.param("curl http://shop.example/v1/orders", {}, id="another scheme of the URL"),
        pytest.param("curl https://shop.example:444/v1/orders", {}, id="another port"),
        pytest.param("curl https://shop.example/v1//orders", {}, id="a path that is another base's"),
        pytest.param(f"curl {URL}", {"base_url": "https://shop.example/v1?a=b"}, id="a query of the base"),
    ],
)
def test_what_it_would_send_otherwise_stays_as_it_is(command: str, settings: dict[str, Any]) -> None:
    made = import_curl(command, None)
    assert by_connections(made, shop(**settings)) is made


def test_of_several_the_nearest_is_taken_and_that_which_has_the_same_credential() -> None:
    command = f"curl {URL} -H 'Authorization: Bearer {KEY}'"
    mine = {"bearer": {"token": "$secrets.MINE"}}
    whole = {"base_url": "https://shop.example", "authentication": BEARER}
    near = {"base_url": "https://shop.example/v1", "authentication": BEARER}
    by_base = by_connections(import_curl(command, None), having({"whole": whole, "near": near}))
    both = having({"near": near, "mine": {**near, "authentication": mine}}, SHOP_KEY="other", MINE=KEY)
    by_value = by_connections(import_curl(command, None), both)
    assert (by_base.connections, by_value.connections) == ({"getOrders": "near"}, {"getOrders": "mine"})


@pytest.mark.parametrize(
    ("host", "name", "opened"),
    [
        ("127.0.0.1:8080", "localhost", "127.0.0.1"),
        ("localhost:8080", "localhost", "loopback"),
        ("[::1]:8080", "localhost", "::1"),
        ("192.168.0.9", "api", "192.168.0.9"),
        ("169.254.169.254", None, None),
        ("metadata.google.internal", None, None),
        ("[fd00:ec2::254]", None, None),
        ("192.0.0.192", None, None),
        ("[fd12::1]", "api", "fd12::1"),
        ("shop.example", None, None),
    ],
)
def test_a_private_server_of_ones_own_gets_a_connection_that_reaches_it_alone(
    host: str, name: str | None, opened: str | None
) -> None:
    command = f"curl http://{host}/a -u alice:{KEY} ; curl http://{host}/b -u alice:{KEY}"
    made = import_curl(command, None)
    found, connections = with_private_servers(made, project(), (), lambda _: ())
    assert [one.get("allow_private") for one in connections.values()] == ([[opened]] if opened else [])
    assert set(found.connections.values()) == ({name} if name else set())
    reachable = with_private_servers(made, project(), (opened,) if opened else (), lambda _: ())
    assert reachable == (made, {})


@pytest.mark.parametrize(
    ("address", "opened"), [("10.0.0.7", ["10.0.0.0/8"]), ("169.254.169.254", None), ("93.184.215.14", None)]
)
def test_a_name_that_leads_into_a_private_network_gets_one_too(
    address: str, opened: list[str] | None
) -> None:
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return [address]

    made = import_curl("curl http://helpdesk.internal/a ; curl http://helpdesk.internal/b", None)
    found, connections = with_private_servers(made, project(), (), resolve)
    assert [one["allow_private"] for one in connections.values()] == ([opened] if opened else [])
    assert set(found.connections.values()) == ({"helpdesk"} if opened else set())
    assert asked == ["helpdesk.internal"]


def test_a_secret_of_another_server_or_with_another_value_keeps_its_name() -> None:
    command = f"curl {URL} -H 'Authorization: Bearer {KEY}'"
    bound = having({"elsewhere": {**OTHER, "authentication": {"bearer": {"token": "$secrets.SHOP_TOKEN"}}}})
    names = [
        import_curl(command, None, project=one).secrets[0].name
        for one in (project(), project(SHOP_TOKEN=KEY), project(SHOP_TOKEN="other"), bound)
    ]
    assert names == ["SHOP_TOKEN", "SHOP_TOKEN", "SHOP_TOKEN_2", "SHOP_TOKEN_2"]
    assert import_curl(command, None, project=bound).secrets[0].instead_of == "SHOP_TOKEN"
    own = having({"book-shop": {"base_url": "https://shop.example"}})
    assert import_curl(command, None, project=own).secrets[0].name == "BOOK_SHOP_TOKEN"
