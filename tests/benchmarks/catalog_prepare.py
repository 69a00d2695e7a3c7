"""Requests prepared of all operations of a document: how many of their bodies fit, and which tasks a definition takes."""

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from httptask.catalog.catalog import Catalog
from httptask.catalog.errors import CatalogError
from httptask.catalog.prepare import OptionalFields, Prepared, prepare
from httptask.catalog.prepare.request_schemas import RequestSchemas
from httptask.catalog.reference import Reference
from httptask.config import Config
from httptask.config.sections import Policy, WorkerPolicy
from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition

__all__ = ["LEAST_VALID", "Preparation", "measured"]

LEAST_VALID: Final = 0.995
"""Of all bodies; each other one is named with what its schema has against it."""
_SERVER: Final = "https://api.example.com"
_CONFIG: Final = Config(Path(), None, {}, {}, {}, Policy(), WorkerPolicy())
_DOCUMENT: Final = {"dsl": "1.0.3", "namespace": "catalog", "name": "prepared", "version": "1.0.0"}


@dataclass
class Preparation:
    """What came of the operations of one document.

    Attributes:
        bodies: how many were prepared with what is required.
        unfit: which of them do not fit their schema, and why.
        whole_bodies: how many were prepared with all fields.
        refused: operations whose task no definition takes, and why.
        failed: operations that could not be prepared at all.
    """

    bodies: int = 0
    unfit: list[str] = field(default_factory=list[str])
    whole_bodies: int = 0
    whole_unfit: list[str] = field(default_factory=list[str])
    refused: list[str] = field(default_factory=list[str])
    failed: list[str] = field(default_factory=list[str])
    seconds: list[float] = field(default_factory=list[float])

    def milliseconds(self, part: int, of: int) -> float | None:
        """That a part of the operations took at most, reading the reference included."""
        ordered = sorted(self.seconds)
        return round(ordered[len(ordered) * part // of] * 1000, 1) if ordered else None


def measured(catalog: Catalog, names: Sequence[str]) -> Preparation:
    """Prepare a request of each operation, with what is required and with all fields."""
    found = Preparation()
    for name in names:
        began = time.process_time()
        try:
            reference = catalog.reference(name)
            least = _prepared(reference, "none")
            found.seconds.append(time.process_time() - began)
            whole = _prepared(reference, "all")
        except Exception:  # noqa: BLE001 - counted, whatever it is
            found.failed.append(f"{name}: {traceback.format_exc().splitlines()[-1]}")
            continue
        if (fault := _fault(reference, least)) is not None:
            found.unfit.append(f"{name}: {fault}")
        if (fault := _fault(reference, whole)) is not None:
            found.whole_unfit.append(f"{name}: {fault}")
        found.bodies += least.body is not None
        found.whole_bodies += whole.body is not None
        found.refused += [f"{name}: {fault}" for fault in _refusals(least)]
    return found


def _prepared(reference: Reference, optional: OptionalFields) -> Prepared:
    try:
        return prepare(reference, _CONFIG, optional=optional)
    except CatalogError:  # no server is named
        return prepare(reference, _CONFIG, optional=optional, server=_SERVER)


def _fault(reference: Reference, prepared: Prepared) -> str | None:
    """What the body's own schema has against it, asked anew."""
    body, described = prepared.body, reference.operation.body
    if body is None or described is None:
        return None
    schema = next(one.schema for one in described.contents if one.media_type == body.media_type)
    if body.fault is not None:
        return f"{body.fault[0]}: {body.fault[1]}"
    schemas = RequestSchemas(reference.operation)
    return next(
        (f"{place}: {message}" for place, message, *_ in schemas.faults(schemas.of(schema), body.data)), None
    )


def _refusals(prepared: Prepared) -> list[str]:
    use = {"use": {"secrets": list(prepared.declared_secrets)}} if prepared.declared_secrets else {}
    faults = compile_definition({"document": _DOCUMENT, **use, "do": [{"request": prepared.task}]}).faults
    return [fault.message for fault in faults if fault.severity is Severity.ERROR]
