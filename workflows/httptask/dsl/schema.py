"""JSON Schema of a definition for editors: completion, descriptions and faults while typing.

It is made from the models, so that it can't fall behind them. Editors report what a schema can say; what this
runtime accepts is decided by the loader alone.
"""

import re
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import ModelSchema, NullableSchema, WithDefaultSchema

from httptask.diagnostics.attribute_docs import attribute_docs
from httptask.dsl.definition import Definition
from httptask.dsl.metadata import RuntimeMetadata, TaskMetadata
from httptask.dsl.structure.item_lists import ITEM_LISTS
from httptask.dsl.tasks import CALLS

__all__ = ["SchemaOfKeys", "editor_schema"]

_REFERENCE: Final = "#/$defs/{model}"
_ITEM_LISTS: Final = frozenset(each.path[-1] for each in ITEM_LISTS)
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class SchemaOfKeys(GenerateJsonSchema):
    """Says of each key what it is for. One that is left out is None to the models; in a definition null is a fault."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """See base class."""
        made = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        made["title"] = _WORD.sub(" ", model.__name__).capitalize()
        for name, doc in attribute_docs(model).items():
            made["properties"][model.model_fields[name].alias or name]["description"] = doc
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        """See base class: a field is called as it is written."""
        return False

    def nullable_schema(self, schema: NullableSchema) -> JsonSchemaValue:
        """See base class."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        """See base class."""
        inner = super().default_schema(schema)
        return {key: value for key, value in inner.items() if (key, value) != ("default", None)}

    def encode_default(self, dft: Any) -> Any:
        """See base class: what a model has by default need not be written."""
        return (
            dft.model_dump(exclude_unset=True) if isinstance(dft, BaseModel) else super().encode_default(dft)
        )


def editor_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a definition."""
    models: list[type[BaseModel]] = [
        Definition,
        RuntimeMetadata,
        TaskMetadata,
        *(kind.spec_model for kind in CALLS.values()),
    ]
    _, schema = models_json_schema([(model, "validation") for model in models], schema_generator=SchemaOfKeys)
    definitions: dict[str, Any] = schema["$defs"]
    _name_calls(definitions)
    _one_name_per_item(definitions)
    _settings(definitions)
    definition: dict[str, Any] = definitions.pop(Definition.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **definition,
        "title": "httptask definition (Open Workflow Specification DSL 1.0)",
        "$defs": definitions,
    }


def _name_calls(definitions: dict[str, Any]) -> None:
    """Arguments depend on the function that `call` names."""
    for kind in CALLS.values():
        kind.complete_schema(definitions[kind.spec_model.__name__], definitions)
    task = definitions["CallTask"]
    task["properties"]["call"] |= {"anyOf": [{"enum": list(CALLS)}, {"type": "string"}]}
    task["allOf"] = [
        {
            "if": {"properties": {"call": {"pattern": f"^{function}(:|$)"}}},
            "then": {"properties": {"with": {"$ref": _REFERENCE.format(model=kind.spec_model.__name__)}}},
        }
        for function, kind in CALLS.items()
    ]


def _settings(definitions: dict[str, Any]) -> None:
    """`metadata` is free, but for what stands under `httptask`."""
    for name, model in definitions.items():
        metadata = model.get("properties", {}).get("metadata")
        if metadata is not None:
            settings = RuntimeMetadata if name == "Document" else TaskMetadata
            metadata["properties"] = {"httptask": {"$ref": _REFERENCE.format(model=settings.__name__)}}


def _one_name_per_item(definitions: dict[str, Any]) -> None:
    """Items of task lists and switches are mappings of one name (dsl-reference.md, Task; Switch)."""
    for model in definitions.values():
        for name in _ITEM_LISTS:
            items = model.get("properties", {}).get(name, {}).get("items")
            if items is not None:
                items |= {"minProperties": 1, "maxProperties": 1}
