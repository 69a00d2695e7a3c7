"""The schema that `output_type` asks for, under the rules of strict structured output."""

import enum
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, RootModel, WithJsonSchema, create_model
from typing_extensions import TypedDict

from httptask.workflows.errors import CallInvalid
from httptask.workflows.strict_schema import response_format_of

Item = TypeVar("Item")
Object = dict[str, Any]
KNOWN = {
    *("$defs", "$ref", "additionalProperties", "anyOf", "const", "description", "enum", "exclusiveMaximum"),
    *("exclusiveMinimum", "format", "items", "maxItems", "maximum", "minItems", "minimum", "multipleOf"),
    *("pattern", "properties", "required", "title", "type"),
}
FORMATS = {"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"}


def broken_rules(schema: Object) -> Iterator[str]:
    """What OpenAI refuses in a schema with `strict: true`."""
    if schema.get("type") != "object" or "anyOf" in schema or "$ref" in schema:
        yield "the root is no object"
    definitions = schema.get("$defs", {})
    places = [("", {key: value for key, value in schema.items() if key != "$defs"})]
    places += [(f"$defs.{name}", one) for name, one in definitions.items()]
    referred: set[str] = set()
    while places:
        place, node = places.pop()
        yield from (f"{place}: {key} is not permitted" for key in node.keys() - KNOWN)
        if "$ref" in node:
            referred.add(node["$ref"].removeprefix("#/$defs/"))
            if len(node) > 1:
                yield f"{place}: $ref has keywords beside it"
        elif "type" not in node and "anyOf" not in node:
            yield f"{place}: has no type"
        if "format" in node and node["format"] not in FORMATS:
            yield f"{place}: format {node['format']} is not valid"
        if "(?" in node.get("pattern", "") and "(?:" not in node["pattern"]:
            yield f"{place}: look-around is not supported"
        if "object" in node.get("type", ""):
            if node.get("additionalProperties") is not False:
                yield f"{place}: additionalProperties is not false"
            if node.get("required") != list(node.get("properties", {})):
                yield f"{place}: required does not have all properties"
        if "array" in node.get("type", "") and "items" not in node:
            yield f"{place}: has no items"
        places += [(f"{place}.{name}", one) for name, one in node.get("properties", {}).items()]
        places += [(f"{place}|{index}", one) for index, one in enumerate(node.get("anyOf", []))]
        places += [(f"{place}[]", node["items"])] if "items" in node else []
    if referred != definitions.keys():
        yield f"{referred} are referred to, {definitions.keys()} defined"


def untitled(node: Object) -> Object:
    """A schema without the titles that pydantic gives everything."""
    bare = {key: value for key, value in node.items() if key != "title"}
    for key in ("properties", "$defs"):
        if key in bare:
            bare[key] = {name: untitled(one) for name, one in bare[key].items()}
    if "anyOf" in bare:
        bare["anyOf"] = [untitled(one) for one in bare["anyOf"]]
    if "items" in bare:
        bare["items"] = untitled(bare["items"])
    return bare


def closed(**properties: Any) -> Object:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def schema_of(model: type[BaseModel]) -> Object:
    asked = response_format_of(model)
    assert asked["json_schema"]["strict"] is True
    schema: Object = asked["json_schema"]["schema"]
    return schema


def model(annotation: Any, **field: Any) -> type[BaseModel]:
    """A model with one field `f`."""
    return create_model("Made", f=(annotation, Field(**field)))


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Mixed(enum.Enum):
    ONE = 1
    TWO = "two"


class Address(BaseModel):
    """Where somebody lives."""

    street: str


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]
    age: int = Field(default=3, ge=1)


class Node(BaseModel):
    child: "Node | None" = None


class Tree(BaseModel):
    branches: list[Annotated["Tree", Field(description="a branch")]]


class Forest(BaseModel):
    first: Tree = Field(description="the oldest")
    others: list[Tree]


class Husband(BaseModel):
    wife: "Wife" = Field(description="married to")


class Wife(BaseModel):
    husband: Husband | None = Field(description="married to")


class Box(BaseModel, Generic[Item]):
    content: Item


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: int


class Empty(BaseModel):
    pass


class Named(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    x: int = Field(alias="X")


class Awkward(BaseModel):
    title: str
    default: int = 1
    items: list[str]
    properties: bool


class Partly(TypedDict, total=False):
    x: int


@dataclass
class Point:
    x: int
    y: int = 0


class Pair(NamedTuple):
    x: int
    y: int


class Boxed(RootModel[Address]):
    pass


class Reboxed(RootModel[Boxed]):
    pass


class Nodes(RootModel[Node]):
    pass


class Numbers(RootModel[list[int]]):
    pass


class Either(RootModel[Cat | Dog]):
    pass


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")


TEXT, WHOLE, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}
ADDRESS = {"description": "Where somebody lives.", **closed(street=TEXT)}
NODE = closed(child={"anyOf": [{"$ref": "#/$defs/Node"}, NULL]})
TREE = closed(
    branches={
        "type": "array",
        "items": {"description": "a branch", "anyOf": [{"$ref": "#/$defs/Tree"}]},
    }
)
CAT = closed(kind={"const": "cat", "type": "string"})
DOG = closed(kind={"const": "dog", "type": "string"}, age={"minimum": 1, **WHOLE})
WIFE = {"anyOf": [{"$ref": "#/$defs/Husband"}, NULL], "description": "married to"}
HUSBAND = closed(wife={**closed(husband=WIFE), "description": "married to"})

STRICT: list[tuple[type[BaseModel], Object]] = [
    (Address, ADDRESS),
    (Empty, closed()),
    (Loose, closed(x=WHOLE)),
    (Named, closed(X=WHOLE)),
    (
        Awkward,
        closed(
            title=TEXT, default=WHOLE, items={"type": "array", "items": TEXT}, properties={"type": "boolean"}
        ),
    ),
    (model(Address), {**closed(f={"$ref": "#/$defs/Address"}), "$defs": {"Address": ADDRESS}}),
    (model(Address, description="home"), closed(f={**ADDRESS, "description": "home"})),
    (
        model(Address | None, default=None, description="home"),
        {
            **closed(f={"anyOf": [{"$ref": "#/$defs/Address"}, NULL], "description": "home"}),
            "$defs": {"Address": ADDRESS},
        },
    ),
    (
        model(Colour, default=Colour.RED),
        {
            **closed(f={"$ref": "#/$defs/Colour"}),
            "$defs": {"Colour": {"enum": ["red", "blue"], "type": "string"}},
        },
    ),
    (
        model(Colour, default=Colour.RED, description="which"),
        closed(f={"enum": ["red", "blue"], "type": "string", "description": "which"}),
    ),
    (
        model(Mixed, description="which"),
        closed(f={"enum": [1, "two"], "type": ["integer", "string"], "description": "which"}),
    ),
    (
        model(Literal["a", 1, True]),
        closed(f={"enum": ["a", 1, True], "type": ["string", "integer", "boolean"]}),
    ),
    (model(int | str | None, default=None), closed(f={"anyOf": [WHOLE, TEXT, NULL]})),
    (
        model(Annotated[Cat | Dog, Field(discriminator="kind")]),
        {
            **closed(f={"anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]}),
            "$defs": {"Cat": CAT, "Dog": DOG},
        },
    ),
    (
        model(list[Address], min_length=1),
        {
            **closed(f={"type": "array", "items": {"$ref": "#/$defs/Address"}, "minItems": 1}),
            "$defs": {"Address": ADDRESS},
        },
    ),
    (model(tuple[int, ...]), closed(f={"type": "array", "items": WHOLE})),
    (model(set[int]), closed(f={"type": "array", "items": WHOLE, "description": "uniqueItems: true"})),
    (model(int, gt=3, multiple_of=2), closed(f={"exclusiveMinimum": 3, "multipleOf": 2, **WHOLE})),
    (
        model(str, min_length=1, max_length=9, pattern="^a", description="A word"),
        closed(f={"pattern": "^a", "description": "A word (maxLength: 9, minLength: 1)", **TEXT}),
    ),
    (
        model(Annotated[str, WithJsonSchema({"type": "string", "pattern": "^(?!a)"})]),
        closed(f={"description": "pattern: ^(?!a)", **TEXT}),
    ),
    (model(date), closed(f={"format": "date", **TEXT})),
    (model(timedelta), closed(f={"format": "duration", **TEXT})),
    (model(uuid.UUID), closed(f={"format": "uuid", **TEXT})),
    (model(HttpUrl), closed(f={"description": "format: uri, maxLength: 2083, minLength: 1", **TEXT})),
    (model(str, examples=["a"], deprecated=True), closed(f={"description": 'examples: ["a"]', **TEXT})),
    (model(Partly, description="some"), closed(f={**closed(x=WHOLE), "description": "some"})),
    (model(Point, description="where"), closed(f={**closed(x=WHOLE, y=WHOLE), "description": "where"})),
    (
        model(Annotated[int, WithJsonSchema({"allOf": [WHOLE], "minimum": 1})]),
        closed(f={"minimum": 1, **WHOLE}),
    ),
    (Box[int], closed(content=WHOLE)),
    (Node, {**NODE, "$defs": {"Node": NODE}}),
    (Tree, {**TREE, "$defs": {"Tree": TREE}}),
    (
        Forest,
        {
            **closed(
                first={**TREE, "description": "the oldest"},
                others={"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            ),
            "$defs": {"Tree": TREE},
        },
    ),
    (Husband, {**HUSBAND, "$defs": {"Husband": HUSBAND}}),
    (Boxed, ADDRESS),
    (Reboxed, ADDRESS),
    (Nodes, {**NODE, "$defs": {"Node": NODE}}),
]


@pytest.mark.parametrize(("asked", "expected"), STRICT)
def test_schema(asked: type[BaseModel], expected: Object) -> None:
    schema = schema_of(asked)
    assert list(broken_rules(schema)) == []
    assert untitled(schema) == expected


def test_there_are_enough_of_them() -> None:
    assert len(STRICT) >= 25


def test_titles_are_kept() -> None:
    assert schema_of(Address)["properties"] == {"street": {"type": "string", "title": "Street"}}


def test_the_checker_finds_what_pydantic_does_otherwise() -> None:
    found = {fault for asked, _ in STRICT for fault in broken_rules(asked.model_json_schema())}
    for fault in (
        "the root is no object",
        ".f: $ref has keywords beside it",
        ".f: default is not permitted",
        ".f: has no type",
        ".f: oneOf is not permitted",
        ".f: format uri is not valid",
        ".f: look-around is not supported",
        ": additionalProperties is not false",
        ": required does not have all properties",
    ):
        assert fault in found


MAPPING = "is a mapping with any keys: write a model with a field for each key, or a list of models"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (model(dict[str, int]), f"`f` {MAPPING}"),
        (model(dict[str, Any]), f"`f` {MAPPING}"),
        (model(Anything), f"`f` {MAPPING}"),
        (Anything, f"it {MAPPING}"),
        (model(Annotated[Any, WithJsonSchema({"type": "object"})]), f"`f` {MAPPING}"),
        (model(list[Box[dict[str, int]]]), f"`f[].content` {MAPPING}"),
        (model(Any), "`f` may be anything: write the types it may have, as in `int | str`, or a model"),
        (model(Any | None), "`f` may be anything"),
        (model(list[Any]), "`f[]` may be anything"),
        (model(tuple[int, str]), "`f` is a tuple: write a model with a field for each item, or a list"),
        (model(Pair | None), "`f` is a tuple"),
        (
            model(Annotated[int, WithJsonSchema({"allOf": [WHOLE, {"minimum": 1}]})]),
            "`f` combines several schemas: write one model that has the fields of all",
        ),
        (Numbers, "it is not an object: write a model with one field that holds it"),
        (Either, "it is not an object"),
        (model(Callable[[], int]), "Made has no JSON schema: "),
        (list[int], "`output_type` is a pydantic model, and list[int] is none: write one with a field"),
        (int, "`output_type` is a pydantic model, and <class 'int'> is none"),
    ],
)
def test_what_strict_mode_has_no_form_for_is_refused(asked: Any, message: str) -> None:
    with pytest.raises(CallInvalid) as caught:
        response_format_of(asked)
    assert message in caught.value.message
