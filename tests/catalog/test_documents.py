"""API documents that a project has, as definitions name them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from httptask.activities.api_documents import kept_operation
from httptask.catalog.catalog import Catalog
from httptask.catalog.operation_faults import operation_faults
from httptask.catalog.project_documents import ProjectDocuments
from httptask.dsl.loader import load_text
from httptask.http.errors import RequestInvalid
from httptask.plugin import DefinitionRegistry, ServedDefinition
from support.api_documents import openapi
from support.definitions import document

SOURCE = "https://shop.example.com/openapi.json"
PATHS: dict[str, Any] = {
    "/pets/{id}": {
        "put": {
            "operationId": "changePet",
            "parameters": [
                {"name": "id", "in": "path", "required": True},
                {"name": "view", "in": "query"},
            ],
            "requestBody": {
                "content": {
                    "application/json": {"schema": {"properties": {"name": {}}, "required": ["name"]}}
                }
            },
        }
    }
}
DATA = json.dumps(openapi(PATHS, servers=[{"url": "/v1"}])).encode()
WHOLE = openapi(PATHS, servers=[{"url": "https://shop.example.com/v2"}])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    Catalog(root, root / ".httptask").add("api.json", {"api.json": DATA}.get, name="shop", source=SOURCE)
    (root / "flows").mkdir()
    (root / "flows" / "shop.json").write_text(json.dumps(WHOLE))
    (root / "page.yaml").write_text("<html>")
    (root / "relative.json").write_bytes(DATA)
    (root / "out.json").symlink_to(tmp_path_factory.mktemp("elsewhere") / "shop.json")
    return root


@pytest.fixture
def documents(project: Path) -> ProjectDocuments:
    return ProjectDocuments(project, project / ".httptask", project / "flows")


@pytest.mark.parametrize(
    "address",
    [SOURCE, "file://../catalog/shop", "file://../catalog/shop/document/api.json"],
    ids=["address", "folder", "file"],
)
def test_an_api_of_the_catalogue_by_its_address_or_its_folder(
    documents: ProjectDocuments, address: str
) -> None:
    found = kept_operation(documents, address, "changePet")
    assert found is not None
    assert (found.server, found.server_found, found.kept) == (
        "https://shop.example.com/v1",
        False,
        "catalog/shop",
    )
    assert (found.document, found.sha256) == (address, hashlib.sha256(DATA).hexdigest())
    assert found.body is not None
    assert found.body.required_members == ("name",)


def test_a_file_beside_the_definition_that_is_started_or_served(project: Path) -> None:
    served = document(do=[{"a": {"set": {}}}])
    name = served["document"]["name"]
    registry = DefinitionRegistry([ServedDefinition(source=str(project / "flows/a.yaml"), definition=served)])
    documents = ProjectDocuments(project, project / ".httptask", project, registry)
    found = documents.find("file://shop.json", "changePet", name)
    assert found is not None
    assert found.place == "flows/shop.json"
    found = documents.find("file://flows/shop.json", "changePet", "httptask.run")
    assert found is not None


def test_what_is_not_kept_is_nothing(documents: ProjectDocuments, tmp_path: Path) -> None:
    assert documents.find("https://other.example.com/openapi.json", "changePet") is None
    assert ProjectDocuments(tmp_path, tmp_path, tmp_path).find(SOURCE, "changePet") is None


REFUSED = {
    "shpo.json": "there is no document `flows/shpo.json`: did you mean `shop.json`?",
    "none.toml": "there is no document `flows/none.toml`: a path begins at the folder of the definition",
    "../catalog": "there is no document `catalog`: it is a folder",
    "../catalog/shpo": "there is no API `shpo` in the catalogue: did you mean `shop`?",
    "../page.yaml": "the document `page.yaml` is HTML or XML, no API document",
    "../relative.json": "the document names no server: `/v1` is relative to where it was published",
    "../out.json": "the document `../out.json` is outside of the project",
    "../../etc/hosts": "the document `../../etc/hosts` is outside of the project",
}


@pytest.mark.parametrize("address", REFUSED)
def test_what_can_not_be_read_is_told_with_a_cure(documents: ProjectDocuments, address: str) -> None:
    with pytest.raises(RequestInvalid) as caught:
        kept_operation(documents, f"file://{address}", "changePet")
    assert caught.value.message.startswith(REFUSED[address])


TASK = """document: {{ dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }}
do:
  - change:
      call: openapi
      with:
        document: {{ endpoint: {endpoint} }}
        operationId: {operation}
        parameters: {parameters}
"""
FAULTS: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "nothing": ({"parameters": "{ id: 1, name: a }"}, []),
    "a body whose member has no value here": ({"parameters": "{ id: 1, name: null, view: a }"}, []),
    "a misspelt operation": (
        {"operation": "chagnePet"},
        [("/do/0/change/with/operationId", "did you mean `changePet`?")],
    ),
    "a misspelt and a missing parameter": (
        {"parameters": "{ id: null, veiw: 1 }"},
        [
            ("/do/0/change/with/parameters/veiw", "did you mean `view`?"),
            ("/do/0/change/with/parameters", "write it under `parameters`"),
        ],
    ),
    "no parameters": (
        {"parameters": "{}"},
        [("/do/0/change/with/operationId", "write it under `parameters`")],
    ),
    "a document that is not there": (
        {"endpoint": "file://shpo.json"},
        [("/do/0/change/with/document/endpoint", "did you mean `shop.json`?")],
    ),
    "a document that only a run can read": ({"endpoint": "https://a.example.com/b.json"}, []),
    "a document that only a run knows": ({"endpoint": '"${ $workflow.input.url }"'}, []),
}


@pytest.mark.parametrize("name", FAULTS)
def test_definitions_are_held_against_documents_at_hand(documents: ProjectDocuments, name: str) -> None:
    written, expected = FAULTS[name]
    given = {"endpoint": "file://shop.json", "operation": "changePet", "parameters": "{ id: 1, name: a }"}
    program = load_text(TASK.format(**{**given, **written}), "flow.yaml").program
    assert program is not None
    assert [(one.pointer, one.hint) for one in operation_faults(program, documents)] == expected
