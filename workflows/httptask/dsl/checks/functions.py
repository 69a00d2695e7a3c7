"""Functions and their catalogues: names, the folders that catalogues are, and the arguments of calls."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.diagnostics.words import name_of
from httptask.dsl.expressions import has_expression
from httptask.dsl.locate import Token, value_at
from httptask.dsl.model import Catalog, Endpoint
from httptask.dsl.program import Program
from httptask.dsl.structure.unsupported import unsupported
from httptask.dsl.tasks import CALLS, UNSUPPORTED_CALLS
from httptask.dsl.tasks.function import FUNCTION
from httptask.dsl.tasks.kind import TaskNode
from httptask.dsl.value_shape import MissingKey, ValueShape
from httptask.json.pointer import child_pointer, json_pointer
from httptask.json.schema import compile_schema
from httptask.json.tree import texts_of
from httptask.json.types import is_object

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

__all__ = ["FOLDER", "check_functions", "folder_of"]

FOLDER: Final = "file://./"
"""What the address of a folder beside a definition begins with: the standard asks for a URI with `//`."""
_OF_OTHER_KEYS: Final = frozenset({"additionalProperties", "unevaluatedProperties"})
_OF_KEYS: Final = _OF_OTHER_KEYS | {"required"}
"""Keywords of a schema that ask for keys alone."""
_CONDITIONAL: Final = frozenset({"anyOf", "else", "if", "not", "oneOf", "then"})
_DOWNLOAD: Final = "download it into a folder beside this file, and name that: endpoint: file://./FOLDER"
_BELOW: Final = "name a folder beside this file, or inside one: endpoint: file://./FOLDER"


def check_functions(program: Program) -> Iterator[Fault]:
    """Find names that are taken, catalogues that are no folder, and arguments that a function does not take."""
    use = program.definition.use
    for name in use.functions:
        if name in CALLS or name in UNSUPPORTED_CALLS:
            pointer = child_pointer("/use/functions", name)
            whose = "of httptask" if name in CALLS and name not in ("http", "openapi") else "of the standard"
            message = f"`call: {name}` is a call {whose}, so nothing can call this function"
            yield TextFault(pointer, "name-taken", message, "give it another name", at_key=True)
    for name, catalog in use.catalogs.items():
        yield from _catalog_faults(child_pointer("/use/catalogs", name), name, catalog)
    for node in program.nodes.values():
        if node.kind is FUNCTION:
            yield from _argument_faults(program, node)


def folder_of(catalog: Catalog) -> str | None:
    """The folder of a catalogue, from that of its definition on; None where it is no folder there."""
    address = catalog.endpoint.uri if isinstance(catalog.endpoint, Endpoint) else catalog.endpoint
    folder = unquote(address.removeprefix(FOLDER))
    parts = PurePosixPath(folder).parts
    if not address.startswith(FOLDER) or has_expression(address) or "\0" in folder:
        return None
    return folder if parts and ".." not in parts and parts[0] != "/" else None


def _catalog_faults(pointer: str, name: str, catalog: Catalog) -> Iterator[Fault]:
    at, address = f"{pointer}/endpoint", catalog.endpoint
    if name == "default":
        message = "`default` is the catalogue of httptask's own functions"
        yield TextFault(pointer, "name-taken", message, "give this one another name", at_key=True)
    if isinstance(address, Endpoint):
        if address.authentication is not None and folder_of(catalog) is not None:
            message = "a folder asks for no authentication"
            yield TextFault(f"{at}/authentication", "not-of-folders", message, "leave it out", at_key=True)
        at, address = f"{at}/uri", address.uri
    scheme, found, rest = address.partition("://")
    if has_expression(address):
        hint = "write the folder out: endpoint: file://./FOLDER"
        yield Fault(at, "expression-not-here", "a catalogue is read before anything runs", hint)
    elif found and scheme != "file":
        yield unsupported(at, "catalogue at a URL", _DOWNLOAD)
    elif not found and ":" not in address and not address.startswith("/"):
        message = f"`{address}` is no URI, which the standard asks for"
        yield Fault(at, "wrong-form", message, f"write {FOLDER}{address.removeprefix('./')}")
    elif folder_of(catalog) is None:
        hint = f"write {FOLDER}{rest}" if rest and rest[0] not in "./" else _BELOW
        yield Fault(at, "outside-folder", f"`{address}` leads out of the folder of the definition", hint)


def _argument_faults(program: Program, node: TaskNode) -> Iterator[Fault]:
    """Hold the arguments of a call against the schema of the function's input, as far as they are written out."""
    [task] = FUNCTION.body(node).tasks
    if task.task.input is None or task.task.input.schema_ is None:
        return
    schema, pointer = task.task.input.schema_.document, f"{node.pointer}/with"
    written = program.written(pointer)
    arguments = written if is_object(written) else {}
    shape = ValueShape.of(schema)
    meant: set[str] = set()
    for name in arguments:
        step = shape.read(name)
        near = closest(name, step.known) if isinstance(step, MissingKey) else None
        if isinstance(step, MissingKey) and step.kind is None and (step.closed or near):
            meant |= {near} if near else set()
            message = f"`{task.name}` takes no argument `{name}`"
            hint = hint_for_unknown(name, step.known, "its arguments")
            yield TextFault(child_pointer(pointer, name), "unknown-argument", message, hint, at_key=True)
    evaluate = program.definition.evaluate
    loose = evaluate is not None and evaluate.mode == "loose"
    with contextlib.suppress(ValueError):  # of a schema that is none, which another check tells
        for error in compile_schema(schema).iter_errors(arguments):
            path = tuple(error.instance_path)
            if not _depends_on_data(arguments, path, error.schema_path, loose=loose):
                yield from _unfit(node, task.name, path, error, meant)


def _depends_on_data(
    arguments: dict[str, Any], path: tuple[Token, ...], schema_path: Sequence[Token], *, loose: bool
) -> bool:
    """Whether what a schema has against arguments may hold for their expressions, and not for what comes of these."""
    if schema_path[-1] in _OF_KEYS and not _CONDITIONAL.intersection(schema_path):
        return False
    whole = arguments if _CONDITIONAL.intersection(schema_path) else value_at(arguments, path)
    return any(loose or has_expression(text) for text in texts_of(whole))


def _unfit(
    node: TaskNode, function: str, path: tuple[Token, ...], error: "ValidationError", meant: set[str]
) -> Iterator[Fault]:
    pointer, keyword = f"{node.pointer}/with", error.schema_path[-1]
    if keyword == "required" and not path:
        name = str(error.kind.as_dict()["property"])
        if name not in meant:
            place = pointer if "with_" in node.task.model_fields_set else node.pointer
            message = f"`{function}` needs an argument `{name}`"
            yield TextFault(place, "missing-argument", message, f"add it: with: {{ {name}: … }}", at_key=True)
    elif path or keyword not in _OF_OTHER_KEYS:  # of the arguments themselves those are told already
        at = pointer + json_pointer(path)
        message = (
            f"`{function}` does not take {name_of(path) if path else 'these arguments'}: {error.message}"
        )
        yield Fault(at, "argument", message, "its `input.schema` says what it takes")
