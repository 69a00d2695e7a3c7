"""How much of an operation is told, and how somebody goes on from there."""

import pytest

from httptask.catalog.errors import CatalogError
from httptask.catalog.markdown import field_page, reference_page
from httptask.catalog.reference import Reference
from httptask.openapi.depth import SHOWN, Depth
from support.api_documents import openapi, read_operation

ORDERS = {
    "Order": {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "buyer": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Buyer"}]},
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
            "parent": {"$ref": "#/components/schemas/Order"},
        },
    },
    "Item": {"type": "object", "properties": {"goods": {"$ref": "#/components/schemas/Goods"}}},
    "Goods": {
        "type": "object",
        "description": "What is sold.",
        "properties": {"maker": {"$ref": "#/components/schemas/Maker"}},
    },
    "Maker": {"type": "object", "properties": {"town": {"type": "string"}}},
    "Buyer": {"type": "object", "description": "Who pays.", "properties": {"name": {"type": "string"}}},
}
LIST = {
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}},
    "type": "object",
}
ANSWER = {"200": {"description": "Found.", "content": {"application/json": {"schema": LIST}}}}


def orders(depth: Depth | None = None) -> Reference:
    document = openapi({"/orders": {"post": {"responses": ANSWER}}}, components={"schemas": ORDERS})
    return Reference("shop", read_operation(document, depth=depth))


@pytest.mark.parametrize("read", [None, SHOWN], ids=["all", "as deep"])
def test_two_levels_of_an_answer_are_told_and_how_to_go_on(read: Depth | None) -> None:
    assert (
        reference_page(orders(read)).partition("application/json:\n")[2]
        == """\
Object.

- `data` (array of Order)
  - each item:
    - `id` (string, **required**)
    - `buyer` (string or Buyer, …)
    - `items` (array of Item, …)
    - `parent` (Order, …)

`…` has more inside: `httptask catalog show shop.postOrders 200.data.buyer`, or `--depth`."""
    )


def test_more_levels_are_told_where_they_are_asked_for() -> None:
    written = reference_page(orders(Depth(4, 4)), Depth(4, 4)).partition("Object.\n\n")[2].splitlines()
    assert written[3:] == [
        "    - `buyer` (string or Buyer)",
        "      - any of:",
        "        - string",
        "        - Buyer: Who pays.",
        "          - `name` (string)",
        "    - `items` (array of Item)",
        "      - each item:",
        "        - `goods` (Goods): What is sold.",
        "          - `maker` (Maker, …)",
        "    - `parent` (Order)",
        "      - `Order` is described above",
        "",
        "`…` has more inside: `httptask catalog show shop.postOrders 200.data.items.goods.maker`, or `--depth`.",
    ]


def test_an_operation_has_no_definitions_that_are_not_shown() -> None:
    operation = orders(SHOWN).operation
    assert (sorted(operation.definitions), operation.deeper) == (["Item", "Order"], ("Buyer", "Goods"))
    assert (sorted(orders().operation.definitions), orders().operation.deeper) == (sorted(ORDERS), ())


def test_a_field_is_a_page_of_its_own() -> None:
    field = orders().field("200.data.items.goods", 1)
    assert (
        field_page(field, 1)
        == """\
# shop.postOrders 200.data.items.goods

Goods. What is sold.

- `maker` (Maker, …)

`…` has more inside: `httptask catalog show shop.postOrders 200.data.items.goods.maker`, or `--depth`."""
    )
    assert (field.as_json()["definitions"].keys(), field.deeper) == ({"Goods", "Maker"}, ())


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("200.data.buyer.name", "String."),  # through an alternative
        ("200.data.parent.parent.id", "String."),
        ("200.data.parent.items.goods.maker", "Maker."),
        ("200.data.0.items.1.goods", "Goods. What is sold."),
        ("200", "Object."),
    ],
    ids=["alternative", "recursion", "definitions", "items", "whole"],
)
def test_a_field_is_found_by_the_names_that_lead_to_it(name: str, line: str) -> None:
    assert field_page(orders().field(name)).splitlines()[2] == line


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("200.dada", "there is no field `dada` in `200` of `shop.postOrders`", "did you mean `data`?"),
        (
            "200.data.id.x",
            "there is no field `x` in `200.data.id` of `shop.postOrders`",
            "there are no fields of `200.data.id`",
        ),
        ("body.id", "there is no part `body` of `shop.postOrders`, or it has no content", "parts of"),
    ],
    ids=["misspelt", "nothing inside", "part"],
)
def test_a_field_that_is_none_is_refused(name: str, message: str, hint: str) -> None:
    with pytest.raises(CatalogError) as caught:
        orders().field(name)
    assert (caught.value.message, hint in (caught.value.hint or "")) == (message, True)


def test_any_name_leads_into_a_map() -> None:
    prices = {"type": "object", "additionalProperties": {"type": "integer", "description": "In cents."}}
    answer = {"200": {"description": "", "content": {"application/json": {"schema": prices}}}}
    found = Reference("shop", read_operation(openapi({"/prices": {"get": {"responses": answer}}})))
    assert field_page(found.field("200.eur")).splitlines()[2] == "Integer. In cents."


@pytest.mark.parametrize(("count", "inside"), [(8, ["      - `a` (string)"]), (9, [])], ids=["few", "many"])
def test_fields_of_many_alternatives_do_not_bury_the_others(count: int, inside: list[str]) -> None:
    kinds = {
        f"Kind{number}": {"type": "object", "properties": {"a": {"type": "string"}}}
        for number in range(count)
    }
    choice = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in kinds]}
    content = {"application/json": {"schema": {"type": "object", "properties": {"pay": choice}}}}
    document = openapi({"/a": {"post": {"requestBody": {"content": content}}}}, components={"schemas": kinds})
    found = Reference("shop", read_operation(document, depth=SHOWN))
    written = reference_page(found).splitlines()
    at = written.index("  - one of:")
    assert written[at + 1 : at + 3] == [
        f"    - Kind0{'' if inside else ' (…)'}",
        *(inside or ["    - Kind1 (…)"]),
    ]
    assert "  - `a` (string)" in field_page(Reference("shop", read_operation(document)).field("body.pay"))
