"""Searching the catalogue: operations are found by what they do, whatever people call it and however they spell it."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.catalog import Catalog
from httptask.catalog.errors import CatalogError
from httptask.catalog.search.index import SearchIndex
from httptask.catalog.search.words import in_short
from support.api_documents import openapi


def operation(operation_id: str, summary: str, tag: str, **more: Any) -> dict[str, Any]:
    return {"operationId": operation_id, "summary": summary, "tags": [tag], **more}


SHOP = openapi(
    {
        "/orders": {
            "get": operation("listOrders", "All orders", "Orders"),
            "post": operation("createOrder", "Place an order", "Orders"),
        },
        "/orders/{id}": {
            "get": operation("getOrder", "One order", "Orders"),
            "delete": operation("deleteOrder", "Delete an order", "Orders", deprecated=True),
        },
        "/orders/{id}/refunds": {"post": operation("refundOrder", "Give the money back", "Order refunds")},
        "/customers": {"get": operation("listCustomers", "All customers", "People")},
    }
)
CHAT = openapi(
    {
        "/chat.postMessage": {
            "post": {
                "operationId": "chat_postMessage",
                "description": "Sends a **message** to a channel. Or not.",
            }
        },
        "/conversations.list": {
            "get": {"operationId": "conversations_list", "description": "Lists all channels in a team."}
        },
    }
)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog(tmp_path, tmp_path / ".httptask")
    for name, document in (("shop", SHOP), ("chat", CHAT)):
        made.add("api.json", {"api.json": json.dumps(document).encode()}.get, name=name)
    return made


def names(catalog: Catalog, text: str) -> list[str]:
    return [one.name for one in catalog.search(text).operations]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("create order", "shop.createOrder"),
        ("delete an order", "shop.deleteOrder"),
        ("new orders", "shop.createOrder"),
        ("remove orders", "shop.deleteOrder"),
        ("clients", "shop.listCustomers"),
        ("refnud a order", "shop.refundOrder"),
        ("sned mesage", "chat.chat_postMessage"),
        ("cust", "shop.listCustomers"),
        ("custmoerrs", "shop.listCustomers"),
        ("post message to slack channel", "chat.chat_postMessage"),
        ("chat.postMessage", "chat.chat_postMessage"),
        ("chat completion", "openai.createChatCompletion"),
        ("gpt", "openai.createChatCompletion"),
        ("llm", "openai.createChatCompletion"),
    ],
)
def test_operations_are_found_by_what_they_do(catalog: Catalog, text: str, first: str) -> None:
    assert names(catalog, text)[0] == first


def test_a_word_counts_more_than_others_of_its_stem(catalog: Catalog) -> None:
    paths = {"/a": {"get": operation("getCustomFields", "All custom fields", "Fields")}}
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="a")
    assert names(catalog, "customer")[0] == "shop.listCustomers"


def test_what_shortens_a_word_is_not_asked_for(catalog: Catalog) -> None:
    found = catalog.search("customer's")
    assert ([one.found_by for one in found.operations], found.unknown) == ([{"customer": "customer"}], ())


def test_a_slip_in_two_words_that_apis_write_as_one_is_mended(catalog: Catalog) -> None:
    paths = {
        "/oncall": {"get": operation("whoIsOnDuty", "Who is there", "Duty")},
        "/calls": {"get": operation("listCalls", "All calls", "Calls")},
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="a")
    assert "a.whoIsOnDuty" in names(catalog, "who is on calt")


def test_what_can_only_be_cancelled_is_found_where_it_is_to_be_removed(catalog: Catalog) -> None:
    paths = {
        "/jobs": {"post": operation("createJob", "Create a job", "Jobs")},
        "/jobs/{id}/cancel": {"post": operation("cancelJob", "Cancel a job", "Jobs")},
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="a")
    assert names(catalog, "remove a job api:a")[0] == "a.cancelJob"


def test_what_is_closed_is_not_made(catalog: Catalog) -> None:
    paths = {
        "/a": {"post": operation("closeTill", "Close till", "a")},
        "/b": {"post": operation("till", "Till", "a")},
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="a")
    assert catalog.search("create till api:a").operations[0].name == "a.till"
    assert "create" not in {
        word for one in catalog.search("create till api:a").operations[1:] for word in one.found_by.values()
    }


def test_what_only_reads_is_not_meant_by_a_verb_of_doing(catalog: Catalog) -> None:
    paths = {
        "/notes/{id}": {
            "get": operation("noteOfOrder", "Note of an order", "Notes"),
            "delete": operation("noteOfOrderGone", "Note of an order", "Notes"),
            "put": operation("noteOfOrderKept", "Note of an order that is kept", "Notes"),
        }
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="a")
    assert names(catalog, "swap note of order")[0] == "a.noteOfOrderKept"
    assert names(catalog, "a: swap note of order")[0] == "a.noteOfOrderKept"
    assert names(catalog, "which note of order")[0] == "a.noteOfOrder"
    assert names(catalog, "note of order")[0] == "a.noteOfOrder"


def test_what_has_all_words_is_found_among_many_that_have_synonyms_of_one(catalog: Catalog) -> None:
    synonyms = "add post new start register create"
    many = {f"/{number}": {"post": operation(f"do{number}", synonyms, synonyms)} for number in range(250)}
    catalog.add("api.json", {"api.json": json.dumps(openapi(many)).encode()}.get, name="many")
    assert names(catalog, "create order")[0] == "shop.createOrder"


def test_what_is_told_by_one_word_less_is_found_among_many_that_have_another(catalog: Catalog) -> None:
    many = {
        f"/{number}": {"get": operation(f"of{number}", f"Particulars of thing {number}", "Particulars")}
        for number in range(250)
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(many)).encode()}.get, name="many")
    assert names(catalog, "buyers particulars")[0] == "shop.listCustomers"


METERS = openapi(
    {
        "/meters": {
            "get": operation("listMeters", "All meters", "Meters"),
            "post": operation("switchMeters", "Enable meters", "Meters"),
        },
        "/meters/saved": {
            "put": operation("keepMeter", "Save a meter", "Meters"),
            "get": operation("hasMeter", "Whether a meter is saved", "Meters"),
            "delete": operation("forgetMeter", "Give up a saved meter", "Meters"),
        },
        "/daily": {"get": operation("dailySums", "Daily sums", "Sums", description="For buyers, each year.")},
        "/yearly": {"get": operation("yearlySums", "Yearly sums", "Sums")},
        "/orders": {"post": operation("createOrder", "Place an order quickly", "Orders")},
        "/login": {"post": operation("newSession", "Begin a session", "Sessions")},
    },
    info={"title": "Meters", "version": "1"},
)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("buyers", "shop.listCustomers"),
        ("sums per year", "meters.yearlySums"),
        ("turn on meters", "meters.switchMeters"),
        ("throw away an order", "shop.deleteOrder"),
        ("sign in", "meters.newSession"),
        ("save meter", "meters.keepMeter"),
        ("did I save this meter", "meters.hasMeter"),
        ("place an order quickly", "meters.createOrder"),
        ("shop place an order quickly", "shop.createOrder"),
        ("details of a customer", "shop.listCustomers"),
    ],
)
def test_operations_are_found_by_what_people_say(catalog: Catalog, text: str, first: str) -> None:
    catalog.add("api.json", {"api.json": json.dumps(METERS).encode()}.get, name="meters")
    assert names(catalog, text)[0] == first


def test_no_word_of_an_operation_counts_for_two_that_were_asked_for(catalog: Catalog) -> None:
    paths = {
        "/calls": {"post": operation("startCall", "Start a call", "Calls")},
        "/conferences": {
            "post": operation(
                "startConference", "Start a conference", "Meetings", description="A call of many."
            )
        },
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="phone")
    assert names(catalog, "start a conference call")[0] == "phone.startConference"


def test_a_word_of_an_operation_counts_once_for_two_that_are_synonyms_of_it(catalog: Catalog) -> None:
    paths = {
        "/rooms": {"post": operation("createRoom", "Create a room", "Rooms")},
        "/plans": {"post": operation("schedulePlan", "Schedule the plan of a room", "Rooms")},
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="a")
    [create] = [
        one for one in catalog.search("arrange and book room").operations if one.name == "a.createRoom"
    ]
    assert create.found_by.keys() == {"arrange", "room"}
    assert names(catalog, "arrange and book room api:a")[0] == "a.schedulePlan"


@pytest.mark.parametrize("text", ["hire a plumber", "make a new thing", "create invoice", "book a trip"])
def test_a_verb_that_every_api_has_finds_nothing_alone(catalog: Catalog, text: str) -> None:
    assert names(catalog, text) == []
    assert names(catalog, f"{text} for an order")[0] == "shop.createOrder"


def test_what_is_built_in_is_not_favoured_for_being_created(catalog: Catalog) -> None:
    assert names(catalog, "make something new")[0] == "shop.createOrder"


@pytest.mark.parametrize("text", ["books", "book", "an issue"])
def test_that_something_is_made_does_not_tell_what(catalog: Catalog, text: str) -> None:
    found = [one.name for one in catalog.search(text).operations]
    assert found == []


def test_what_was_saved_is_not_to_be_created(catalog: Catalog) -> None:
    paths = {
        "/badges": {
            "post": operation("postBadges", "Create badges", "Badges"),
            "get": operation("hold", "Stored badges", "Badges"),
        },
        "/organizations": {"get": operation("organizations", "Organizations", "All")},
    }
    catalog.add("api.json", {"api.json": json.dumps(openapi(paths)).encode()}.get, name="a")
    assert names(catalog, "saved badges api:a")[0] == "a.hold"
    [long] = catalog.search("org").operations
    assert long.name == "a.organizations"
    assert long.score > 0.8  # it is the word itself, and not one for it


def test_known_apis_are_named_only_where_little_was_found(catalog: Catalog) -> None:
    text = "create a github issue"
    assert [one.name for one in catalog.search(text).apis] == ["github"]
    renamed = openapi(
        {"/notes": {"get": operation("notes", "Notes", "Notes")}},
        info={"title": "GitHub REST API", "version": "1"},
    )
    catalog.add("api.json", {"api.json": json.dumps(renamed).encode()}.get, name="code")
    assert "github" not in [one.name for one in catalog.search(text).apis]
    assert catalog.search("create order").apis == ()


def test_a_summary_is_cut_at_a_word_and_without_markup() -> None:
    description = "Updates the [CatalogObject]($m/CatalogObject)s that a **merchant** has"
    assert in_short("", description, 80) == "Updates the CatalogObjects that a merchant has"
    assert in_short("", description, 30) == "Updates the CatalogObjects…"


def test_it_is_told_which_words_an_operation_was_found_by(catalog: Catalog) -> None:
    found = catalog.search("sned text xyzzyx", limit=1)
    [one] = found.operations
    assert one.found_by == {"sned": "send", "text": "message"}
    assert found.unknown == ("xyzzyx",)
    assert found.as_json()["operations"][0] == {
        "name": "chat.chat_postMessage",
        "method": "POST",
        "path": "/chat.postMessage",
        "summary": "",
        "description": "Sends a **message** to a channel. Or not.",
        "tags": [],
        "deprecated": False,
        "score": round(one.score, 3),
        "found_by": {"sned": "send", "text": "message"},
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("list api:shop", {"shop.listOrders", "shop.listCustomers", "shop.getOrder"}),
        ("order method:DELETE", {"shop.deleteOrder"}),
        ("api:shop method:post method:delete", {"shop.createOrder", "shop.deleteOrder", "shop.refundOrder"}),
        ('tag:"order refunds"', {"shop.refundOrder"}),
        ("message api:shop", set[str]()),
        ("xyzzyx", set[str]()),
    ],
    ids=["an API", "a method", "without words", "a tag", "of another API", "unknown"],
)
def test_filters_leave_the_others_out(catalog: Catalog, text: str, found: set[str]) -> None:
    assert set(names(catalog, text)) == found


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (" ?! ", "there is nothing to search for", 'say what it does: "send a message"'),
        ("api:shp order", "there is no API `shp` in the catalogue", "did you mean `shop`?"),
        ("method:gte order", "there is no method `GTE`", "did you mean `GET`?"),
        ("tag:ordes", "no operation has the tag `ordes`", "did you mean `orders`?"),
    ],
    ids=["nothing", "unknown API", "unknown method", "unknown tag"],
)
def test_what_cannot_be_searched_for_is_told(catalog: Catalog, text: str, message: str, hint: str) -> None:
    with pytest.raises(CatalogError) as refused:
        catalog.search(text)
    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_the_words_are_those_of_the_documents_now(catalog: Catalog, tmp_path: Path) -> None:
    assert names(catalog, "refund") == ["shop.refundOrder"]
    catalog.remove("shop")
    assert names(catalog, "refund") == []
    catalog.add("api.json", {"api.json": json.dumps(SHOP).encode()}.get, name="store")
    assert names(catalog, "refund") == ["store.refundOrder"]
    document = tmp_path / "catalog/store/document/api.json"
    document.write_text(document.read_text().replace("refund", "reimburse"))
    assert names(Catalog(tmp_path, tmp_path / ".httptask"), "reimburse") == ["store.reimburseOrder"]


@pytest.mark.parametrize("broken", ["old", "cut", "gone"])
def test_the_index_of_words_is_made_again(catalog: Catalog, tmp_path: Path, broken: str) -> None:
    assert names(catalog, "refund") == ["shop.refundOrder"]
    file = tmp_path / ".httptask/catalog/search.db"
    if broken == "old":
        with closing(sqlite3.connect(file)) as database:
            database.executescript("drop table words; pragma user_version = 0")
    elif broken == "cut":
        file.write_bytes(file.read_bytes()[:50])
    else:
        file.unlink()
    assert names(catalog, "refund") == ["shop.refundOrder"]


def test_nothing_need_be_written_to_find_and_show(catalog: Catalog, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / ".httptask")
    (tmp_path / ".httptask").write_text("in the place of a folder")
    assert names(catalog, "refund") == ["shop.refundOrder"]
    assert catalog.reference("shop.refundOrder").operation.path == "/orders/{id}/refunds"
    assert (tmp_path / ".httptask").is_file()


def test_searches_at_once_do_not_take_the_file_from_each_other(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "search.db"
    with SearchIndex(file) as one, SearchIndex(file) as other:
        for index in (one, other):
            index.take("shop", "1", "Shop", catalog.overview("shop").operations)
        one.save()
        with SearchIndex(file) as reader:
            other.forget("shop")
            other.save()
            assert (reader.apis(), reader.size()) == ({"shop": "1"}, 6)
    with SearchIndex(file) as after:
        assert after.apis() == {}
    assert [path.name for path in tmp_path.glob("search.db*")] == ["search.db"]
