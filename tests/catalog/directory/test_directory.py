"""Directories of APIs: those that are known, and lists that a project adds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.catalog import Catalog
from httptask.catalog.directory.directory import BUILT_IN, Directories
from httptask.catalog.errors import CatalogError
from support.api_documents import openapi

LIST: dict[str, Any] = {
    "shop.example.com:orders": {
        "preferred": "2",
        "versions": {
            "1": {"swaggerUrl": "https://example.com/1.json", "info": {"title": "Old"}},
            "2": {
                "swaggerUrl": "https://example.com/2.json",
                "info": {"title": "Orders", "description": "Sell  teapots\nto people."},
            },
        },
    },
    "nothing.example.com": {"versions": {}},
    "odd.example.com": 7,
    "plain.example.com": {"versions": {"1": {"openapiUrl": "https://example.com/3.json"}}},
}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path, tmp_path / ".httptask")


def test_every_known_api_has_an_address_that_was_looked_up() -> None:
    [built_in] = Directories(Path("none")).list()
    assert (built_in.name, len(built_in.apis) >= 40) == (BUILT_IN, True)
    for api in built_in.apis:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", api.name)
        assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/HEAD/\S+", api.url), (
            api.name
        )
        assert all((api.title, api.purpose, api.authentication, api.checked)), api.name
    assert len({api.url for api in built_in.apis}) == len(built_in.apis)


def test_a_list_is_kept_and_removed(catalog: Catalog, tmp_path: Path) -> None:
    added = catalog.directories.add("mine", "list.json", json.dumps(LIST).encode())
    assert [(api.name, api.title, api.purpose, api.url) for api in added.apis] == [
        ("plain-example-com", "plain.example.com", "", "https://example.com/3.json"),
        ("shop-example-com-orders", "Orders", "Sell teapots to people.", "https://example.com/2.json"),
    ]
    assert catalog.directories.list()[1] == added
    assert catalog.entries() == []
    with pytest.raises(CatalogError, match="there is a directory `mine` already"):
        catalog.directories.add("mine", "list.json", json.dumps(LIST).encode())
    catalog.directories.remove("mine")
    kept = catalog.directories.add("mine", "https://a.example/l.json?token=geheim", json.dumps(LIST).encode())
    assert kept.source == "https://a.example/l.json?token=[redacted]"
    catalog.directories.remove("mine")
    assert list((tmp_path / "catalog/_directories").iterdir()) == []
    with pytest.raises(CatalogError, match="there is no directory `mine`"):
        catalog.directories.remove("mine")
    with pytest.raises(CatalogError, match="is built in"):
        catalog.directories.remove(BUILT_IN)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("mine", b"<html>", "list.json: is no list of APIs"),
        ("mine", b"[]", "list.json: is no list of APIs"),
        ("mine", b'{"openapi": "3.0.0"}', "list.json: no API in it has a document"),
        ("../mine", b"{}", "`../mine` can't name a directory"),
        (BUILT_IN, b"{}", "`httptask` can't name a directory"),
    ],
    ids=["HTML", "another JSON", "a document", "a path", "the built-in name"],
)
def test_what_is_no_list_is_refused(catalog: Catalog, name: str, data: bytes, message: str) -> None:
    with pytest.raises(CatalogError) as refused:
        catalog.directories.add(name, "list.json", data)
    assert refused.value.message == message
    assert len(catalog.directories.list()) == 1


def test_apis_that_were_not_added_are_found(catalog: Catalog, tmp_path: Path) -> None:
    found = catalog.search("pull requests on githb")
    assert found.apis[0].name == "github"
    catalog.directories.add("mine", "list.json", json.dumps(LIST).encode())
    again = Catalog(tmp_path, tmp_path / ".httptask").search("sell teapots")
    assert ([one.name for one in again.apis], again.operations) == (["shop-example-com-orders"], ())


def test_known_apis_are_found_by_what_they_are_for_whatever_is_done_with_it(catalog: Catalog) -> None:
    meant = {
        "create issue": "github",
        "crete isue": "github",
        "send an sms": "twilio",
        "refund a payment": "stripe",
        "get the weather": "open-meteo",
        "list repositories": "github",
        "trigger incident": "pagerduty",
        "create playlist": "spotify",
        "query metrics": "datadog",
        "whatsapp message": "sunshine-conversations",
        "generate image": "openai",
    }
    first = {text: [api.name for api in catalog.search(text).apis] for text in meant}
    assert {text: names for text, names in first.items() if meant[text] not in names[:2]} == {}


def test_an_api_that_was_added_is_not_told_to_be_missing(catalog: Catalog) -> None:
    document: dict[str, Any] = openapi(
        {"/pulls": {"get": {"operationId": "list", "summary": "Pull requests"}}}
    )
    catalog.add("api.json", {"api.json": json.dumps(document).encode()}.get, name="github")
    found = catalog.search("github pull requests")
    assert [one.name for one in found.operations] == ["github.list"]
    assert "github" not in [api.name for api in found.apis]


@pytest.mark.parametrize("asked", ["reference", "search"])
def test_the_command_that_adds_a_known_api_is_told(catalog: Catalog, asked: str) -> None:
    with pytest.raises(CatalogError) as refused:
        catalog.reference("stripe.createRefund") if asked == "reference" else catalog.search(
            "api:stripe refund"
        )
    assert refused.value.hint == "it is known, add it first: httptask catalog add stripe"


def test_a_document_of_many_files_is_not_loaded_by_name(catalog: Catalog) -> None:
    api = catalog.directories.find("digitalocean")
    assert api is not None
    assert api.how_to_add() == (
        "git clone --depth 1 https://github.com/digitalocean/openapi"
        " && httptask catalog add openapi/specification --name digitalocean"
    )
