"""How values become payloads: models without what goes without saying, for two thirds of a request are defaults."""

import dataclasses
import gc
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, cached_property
from typing import Any, Self

from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload
from temporalio.client import ClientConfig, Plugin
from temporalio.contrib.pydantic import (
    PydanticJSONPlainPayloadConverter,
    PydanticPayloadConverter,
    pydantic_data_converter,
)
from temporalio.converter import (
    DataConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    ExternalStorage,
    SerializationContext,
    WithSerializationContext,
)
from temporalio.service import ConnectConfig, ServiceClient

__all__ = ["ConverterPlugin", "LeanPayloadConverter", "data_converter"]

_OURS = "httptask."
_ENCODING = {"encoding": b"json/plain"}
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
_BYTES_PER_COLLECTION = 64 * 1024 * 1024
_BY_DEFAULT = {
    one.encoding.encode(): one for one in DefaultPayloadConverter.default_encoding_payload_converters
}


def data_converter(converter: DataConverter | None, storage: ExternalStorage | None) -> DataConverter:
    """Swap the default payload converter for one of pydantic models; codec and failure converter stay the user's.

    Raises:
        ValueError: the user's own payload converter can't carry pydantic models, or there are two storages.
    """
    converter = converter or pydantic_data_converter
    if converter.payload_converter_class in (DefaultPayloadConverter, PydanticPayloadConverter):
        converter = dataclasses.replace(converter, payload_converter_class=LeanPayloadConverter)
    elif not issubclass(converter.payload_converter_class, PydanticPayloadConverter):
        raise ValueError(
            f"httptask needs a payload converter that carries pydantic models; derive "
            f"{converter.payload_converter_class.__name__} from temporalio.contrib.pydantic.PydanticPayloadConverter"
        )
    if storage is not None and storage != converter.external_storage:
        if converter.external_storage is not None:
            raise ValueError(
                "external storage is given twice, to the plugin and to the data converter: keep one"
            )
        converter = dataclasses.replace(converter, external_storage=storage)
    if type(converter) is not DataConverter:  # the user's own stays theirs
        return converter
    given = {
        field.name: getattr(converter, field.name) for field in dataclasses.fields(converter) if field.init
    }
    return _LeanDataConverter(**given)


class ConverterPlugin(Plugin):
    """All of `HttpTaskPlugin` that a client needs which makes no worker, and so loads nothing of workers.

    Args:
        storage: where payloads go that are large, the same as the workers have.
    """

    def __init__(self, storage: ExternalStorage | None = None) -> None:
        self._storage = storage

    def configure_client(self, config: ClientConfig) -> ClientConfig:
        """See base class."""
        return {**config, "data_converter": data_converter(config.get("data_converter"), self._storage)}

    async def connect_service_client(
        self,
        config: ConnectConfig,
        next: Callable[[ConnectConfig], Awaitable[ServiceClient]],  # noqa: A002
    ) -> ServiceClient:
        """See base class."""
        return await next(config)


class _LeanDataConverter(DataConverter):
    """The SDK asks it for one with the context of each payload, ten times for a call, whether or not that matters."""

    def with_context(self, context: SerializationContext) -> Self:
        """See base class."""
        return super().with_context(context) if self._takes_context else self

    @cached_property
    def _takes_context(self) -> bool:
        parts = (self.payload_codec, self.failure_converter, self.external_storage)
        is_ours = self.payload_converter_class is LeanPayloadConverter
        return not is_ours or any(isinstance(part, WithSerializationContext) for part in parts)


class LeanPayloadConverter(PydanticPayloadConverter):
    """Carries pydantic models, those of this package without the fields that have their defaults.

    Whoever reads a payload puts the defaults in again, so one of a field must not become another. Users' own models
    are carried whole.
    """

    def __init__(self) -> None:
        """See base class."""
        self.converters = {**_BY_DEFAULT, _ENCODING["encoding"]: _LeanJson()}

    def with_context(self, context: SerializationContext) -> Self:
        """See base class."""
        return self


class _LeanJson(EncodingPayloadConverter):
    """The SDK makes one for each run of a workflow and for each of its tasks, so that has to cost little."""

    @property
    def encoding(self) -> str:
        """See base class."""
        return "json/plain"

    def to_payload(self, value: Any) -> Payload | None:
        """See base class."""
        unsaid: set[str] | None = None
        if isinstance(value, BaseModel) and _is_ours(type(value)):
            fields, defaults = value.__dict__, _defaults(type(value))
            unsaid = {name for name, default in defaults.items() if fields[name] == default}
        data = to_json(value, exclude=unsaid)
        _converted.count(len(data))
        return Payload(metadata=_ENCODING, data=data)

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """See base class."""
        data = payload.data  # which is another copy each time
        _converted.count(len(data))
        if type_hint is None:
            return _ANYTHING.validate_json(data)
        model = _model_of_ours(type_hint)
        if model is not None:
            return model.model_validate_json(data)
        return self._of_others.from_payload(payload, type_hint)

    @cached_property
    def _of_others(self) -> PydanticJSONPlainPayloadConverter:
        """Keeps an adapter for each type that it has met: of workflows in the sandbox, types of theirs alone."""
        return PydanticJSONPlainPayloadConverter()


class _Converted:
    """Has garbage collected after many bytes, for Python counts objects, and the SDK leaves each run behind in a cycle.

    Such a cycle has the run's input and some hundred objects, of which a worker collects none for hours.
    """

    def __init__(self) -> None:
        self._bytes = 0

    def count(self, size: int) -> None:
        """Take note of a payload that was made or read."""
        self._bytes += size
        if self._bytes >= _BYTES_PER_COLLECTION:
            self._bytes = 0
            gc.collect()


_converted = _Converted()


def _model_of_ours(hint: object) -> type[BaseModel] | None:
    if isinstance(hint, type) and issubclass(hint, BaseModel) and _is_ours(hint):
        return hint
    return None


def _is_ours(type_: type) -> bool:
    return type_.__module__.startswith(_OURS)


@cache
def _defaults(model: type[BaseModel]) -> Mapping[str, Any]:
    fields = model.model_fields.items()
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in fields
        if not field.is_required()
    }
