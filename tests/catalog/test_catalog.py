"""The catalogue of a project: what is kept, found again, and refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.catalog import Catalog
from httptask.catalog.errors import CatalogError
from httptask.catalog.sources import files_below, root_document
from support.api_documents import openapi

PET = {"operationId": "pets/get-one", "summary": "One pet", "responses": {"200": {"$ref": "pet.json"}}}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path, tmp_path / ".httptask")


def add(catalog: Catalog, root: Any = None, **options: Any) -> str:
    data = {"api.json": json.dumps(openapi({"/pets/{id}": {"get": PET}}) if root is None else root).encode()}
    data["pet.json"] = b'{"description": "A pet"}'
    return catalog.add("api.json", data.get, **options).name


def test_what_is_added_is_kept_as_it_was(catalog: Catalog, tmp_path: Path) -> None:
    assert add(catalog) == "pet-shop"
    folder = tmp_path / "catalog/pet-shop"
    kept = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert kept == {"entry.json", "document/api.json", "document/pet.json"}
    assert json.loads((folder / "entry.json").read_text()) == {"document": "api.json"}
    [entry] = catalog.entries()
    about = catalog.overview(entry.name).about
    assert (about.title, about.version, about.format, about.operations, about.problems) == (
        "Pet shop",
        "7",
        "OpenAPI 3.1.0",
        1,
        1,
    )
    catalog.remove("pet-shop")
    assert catalog.entries() == []
    assert [path.name for path in (tmp_path / ".httptask/catalog").iterdir()] == [".gitignore"]


@pytest.mark.parametrize("name", ["getOne", "petsGetOne", "pets/get-one"])
def test_operations_are_found_by_name_and_by_id(catalog: Catalog, name: str) -> None:
    add(catalog)
    if name == "getOne":
        with pytest.raises(CatalogError) as refused:
            catalog.reference(f"pet-shop.{name}")
        assert refused.value.message == "there is no operation `getOne` of `pet-shop`"
        assert refused.value.hint == "operations of `pet-shop`: `petsGetOne`"
    else:
        reference = catalog.reference(f"pet-shop.{name}")
        assert reference.name == "pet-shop.petsGetOne"
        assert reference.operation.responses[0].description == "A pet"


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        (
            "pet-shop.petGetOne",
            "there is no operation `petGetOne` of `pet-shop`",
            "did you mean `petsGetOne`?",
        ),
        ("petshop.petsGetOne", "there is no API `petshop` in the catalogue", "did you mean `pet-shop`?"),
        ("opneai.create", "there is no API `opneai` in the catalogue", "did you mean `openai`?"),
        ("../../etc.passwd", "there is no API `` in the catalogue", "APIs: `openai`, `pet-shop`"),
        (
            "openai.createChatCompletions",
            "there is no operation `createChatCompletions` of `openai`",
            "did you mean `createChatCompletion`?",
        ),
    ],
    ids=["operation", "API", "built-in API", "a path", "built-in operation"],
)
def test_misspelt_names_are_mended(catalog: Catalog, asked: str, message: str, hint: str) -> None:
    add(catalog)
    with pytest.raises(CatalogError) as refused:
        catalog.reference(asked)
    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_the_index_is_made_again_when_it_is_gone_old_or_broken(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog)
    file = tmp_path / ".httptask/catalog/pet-shop.sqlite"
    document = tmp_path / "catalog/pet-shop/document/api.json"
    file.unlink()
    assert catalog.reference("pet-shop.petsGetOne").operation.summary == "One pet"
    file.write_bytes(b"no database")
    assert catalog.reference("pet-shop.petsGetOne").operation.summary == "One pet"
    document.write_text(document.read_text().replace("One pet", "A single pet"))
    assert catalog.reference("pet-shop.petsGetOne").operation.summary == "A single pet"
    made = file.stat().st_ino
    catalog.reference("pet-shop.petsGetOne")
    assert file.stat().st_ino == made


def test_the_index_is_written_through_no_link(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".httptask").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CatalogError, match="is a link"):
        add(catalog)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("root", "options", "message"),
    [
        ({"a": 1}, {}, "api.json: is no OpenAPI document: it has neither `openapi` nor `swagger`"),
        (None, {"name": "Pet Shop"}, "`Pet Shop` can't name an API"),
        (None, {"name": "../shop"}, "`../shop` can't name an API"),
        (None, {"name": "taken"}, "there is an API `taken` already"),
    ],
    ids=["no document", "no name", "a path", "taken"],
)
def test_what_is_refused_leaves_nothing_behind(
    catalog: Catalog, tmp_path: Path, root: Any, options: dict[str, Any], message: str
) -> None:
    add(catalog, name="taken")
    with pytest.raises(CatalogError) as refused:
        add(catalog, root, **options)
    assert refused.value.message == message
    assert (options.get("name") == "taken") == (
        "catalog update taken --from FILE" in (refused.value.hint or "")
    )
    assert [path.name for path in (tmp_path / "catalog").iterdir()] == ["taken"]


def test_an_entry_that_is_none_is_told(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog)
    (tmp_path / "catalog/pet-shop/entry.json").write_text("[]")
    with pytest.raises(CatalogError, match="is no entry of the catalogue"):
        catalog.overview("pet-shop")


def test_a_document_that_is_gone_is_told(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog)
    for file in (tmp_path / "catalog/pet-shop/document").iterdir():
        file.unlink()
    with pytest.raises(CatalogError, match=r"document/api\.json: is no file"):
        catalog.reference("pet-shop.petsGetOne")


def test_servers_are_where_the_document_was(catalog: Catalog) -> None:
    root = openapi({"/a": {"get": {}}}, servers=[{"url": "/v1"}, {"url": "https://b.example.com"}])
    add(catalog, root, source="https://a.example.com/docs/api.json")
    urls = [server.url for server in catalog.reference("pet-shop.getA").operation.servers]
    assert urls == ["https://a.example.com/v1", "https://b.example.com"]


def test_the_built_in_operation_joins_those_of_a_document(catalog: Catalog) -> None:
    built_in = catalog.overview("openai")
    assert [one.name for one in built_in.operations] == ["createChatCompletion"]
    assert catalog.about("openai") == built_in.about
    with pytest.raises(CatalogError, match="`openai` is built in"):
        catalog.remove("openai")
    post = {"post": {"operationId": "createChatCompletion", "summary": "Theirs"}}
    add(catalog, openapi({"/chat/completions": post, "/models": {"get": {}}}), name="openai")
    assert [one.name for one in catalog.overview("openai").operations] == [
        "createChatCompletion",
        "getModels",
    ]
    assert catalog.about("openai") == catalog.overview("openai").about
    assert catalog.reference("openai.createChatCompletion").presets != ()
    assert catalog.reference("openai.getModels").presets == ()


def test_the_built_in_operation_is_counted_with_those_of_a_document(catalog: Catalog) -> None:
    add(catalog, openapi({"/models": {"get": {}}}), name="openai")
    assert catalog.about("openai") == catalog.overview("openai").about
    assert catalog.about("openai").operations == 2


def test_the_document_of_a_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "pet.json").write_text('{"description": "openapi"}')
    with pytest.raises(CatalogError, match="no file in this folder is an OpenAPI document"):
        root_document(tmp_path)
    (tmp_path / "a.yaml").write_text("info: {}\nopenapi: 3.0.0\n")
    assert root_document(tmp_path) == tmp_path / "a.yaml"
    (tmp_path / "b.json").write_text('{"paths": {}, "swagger": "2.0"}')
    with pytest.raises(CatalogError, match=r"several documents: a\.yaml, b\.json"):
        root_document(tmp_path)
    assert root_document(tmp_path / "b.json") == tmp_path / "b.json"
    with pytest.raises(CatalogError, match="no such file or folder"):
        root_document(tmp_path / "c.json")


def test_files_are_read_below_their_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "api"
    (folder / "a").mkdir(parents=True)
    (folder / "a/b.json").write_text("1")
    (folder / "link.json").symlink_to(tmp_path / "secret")
    read = files_below(folder)
    assert read("a/b.json") == b"1"
    assert [read(name) for name in ("../secret", "/etc/hosts", "link.json", "a", "c.json")] == [None] * 5


def test_how_an_api_authenticates_is_kept_with_it(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog)
    file = tmp_path / "catalog/pet-shop/entry.json"
    file.write_text('{"document": "api.json", "safe": ["petsGetOne"]}')
    catalog.keep_authentication("pet-shop", "header:X-Api-Key")
    assert json.loads(file.read_text())["safe"] == ["petsGetOne"]
    assert catalog.reference("pet-shop.petsGetOne").authentication == "header:X-Api-Key"


def test_a_safe_operation_that_there_is_not_is_a_problem(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog)
    of_document = catalog.overview("pet-shop").problems
    (tmp_path / "catalog/pet-shop/entry.json").write_text('{"document": "api.json", "safe": ["petsGetOn"]}')
    found = catalog.overview("pet-shop")
    *others, told = found.problems
    assert (told.pointer, told.code) == ("/safe", "unknown-operation")
    assert told.hint == "did you mean `petsGetOne`?"
    assert tuple(others) == of_document
    assert found.about.problems == len(found.problems)


def test_a_draft_that_was_left_is_no_api(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog)
    draft = tmp_path / "catalog/.draft"
    draft.mkdir()
    (draft / "entry.json").write_text('{"document": "api.json"}')
    assert [entry.name for entry in catalog.entries()] == ["pet-shop"]
    assert [one.name for one in catalog.search("pet").operations] == ["pet-shop.petsGetOne"]


@pytest.mark.parametrize("lost", ["document", "entry.json"])
def test_a_broken_api_leaves_the_others_as_they_are(catalog: Catalog, tmp_path: Path, lost: str) -> None:
    add(catalog)
    add(catalog, name="broken")
    shutil.rmtree(tmp_path / "catalog/broken/document")
    if lost == "entry.json":
        (tmp_path / "catalog/broken/entry.json").write_text("")
    assert [entry.name for entry, _ in catalog.added()] == ["pet-shop"]
    assert [one.name for one in catalog.search("pet").operations] == ["pet-shop.petsGetOne"]
    assert list(catalog.calls("GET")) == [("pet-shop.petsGetOne", "/pets/{id}")]
    assert list(catalog.broken) == ["broken"]
    with pytest.raises(CatalogError):
        catalog.overview("broken")
    catalog.remove("broken")
    add(catalog, name="broken")
    assert catalog.about("broken").operations == 1


@pytest.mark.parametrize("times", [1, 2, 3], ids=["before", "between", "after"])
def test_an_update_that_is_interrupted_changes_nothing(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    add(catalog)
    calls = 0

    def interrupted(name: str) -> Callable[[Path, Path], Path]:
        real = getattr(Path, name)

        def call(source: Path, target: Path) -> Path:
            nonlocal calls
            calls += 1
            if calls == times:
                raise KeyboardInterrupt
            return real(source, target)  # type: ignore[no-any-return]

        return call

    newer = json.dumps(openapi({"/pets": {"post": {}}})).encode()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted("rename"))
        patched.setattr(Path, "replace", interrupted("replace"))
        with pytest.raises(KeyboardInterrupt):
            catalog.update("pet-shop", "newer.json", {"newer.json": newer}.get)
    assert catalog.reference("pet-shop.petsGetOne").operation.responses[0].description == "A pet"


def test_a_removal_that_is_interrupted_leaves_no_half_of_an_api(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(catalog)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            catalog.remove("pet-shop")
    assert catalog.entries() == []
    add(catalog)
    assert catalog.about("pet-shop").operations == 1


def test_a_folder_without_an_entry_is_taken(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "catalog/pet-shop").mkdir(parents=True)
    add(catalog)
    assert catalog.about("pet-shop").operations == 1


def test_a_catalogue_that_cannot_be_written_is_told(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "catalog").write_text("in the place of a folder")
    with pytest.raises(CatalogError, match="pet-shop: can't be written: File exists"):
        add(catalog)
    assert catalog.entries() == []
