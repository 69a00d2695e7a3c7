"""What other runtimes of the standard may not understand in a definition that is valid under it."""

from collections.abc import Iterator
from typing import Final

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.dsl.checks.known_shapes import bound_shape
from httptask.dsl.checks.places import text_at
from httptask.dsl.expression_parts import TemplateUse
from httptask.dsl.expressions import is_whole_expression
from httptask.dsl.model import CallTask
from httptask.dsl.program import Program
from httptask.json.pointer import child_pointer

__all__ = ["portable_uses"]

_POLICY: Final = "/with/endpoint/authentication"


def portable_uses(program: Program) -> list[Fault]:
    """Each use of an addition of this runtime, as a warning with what would be portable instead."""
    faults = [
        *_metadata(program),
        *_functions(program),
        *_catalogs(program),
        *_tasks_argument(program),
        *_errors(program),
    ]
    for use in program.templates:
        faults += [*_interpolation(program, use), *_secrets(use), *_certificate(use)]
    return list(dict.fromkeys(faults))


def _not_portable(pointer: str, message: str, hint: str, *, at_key: bool = False) -> Fault:
    return TextFault(pointer, "not-portable", message, hint, Severity.WARNING, at_key)


def _metadata(program: Program) -> Iterator[Fault]:
    tasks = {node.pointer: node.task.metadata for node in program.nodes.values()}
    for pointer, metadata in {"/document": program.definition.document.metadata, **tasks}.items():
        if "httptask" in metadata:
            place = f"{pointer}/metadata/httptask"
            message = "`metadata.httptask` is read by httptask only"
            yield _not_portable(place, message, "others ignore it", at_key=True)


def _functions(program: Program) -> Iterator[Fault]:
    for node in program.nodes.values():
        if isinstance(node.task, CallTask) and node.kind.portable_hint is not None:
            message = f"`{node.task.call}` is a function of httptask's catalogue"
            yield _not_portable(f"{node.pointer}/call", message, node.kind.portable_hint)


def _catalogs(program: Program) -> Iterator[Fault]:
    for name in program.definition.use.catalogs:
        hint = "write its functions under `use.functions`"
        message = "a catalogue in a folder is read by httptask; others may load them from URLs only"
        yield _not_portable(child_pointer("/use/catalogs", name), message, hint, at_key=True)


def _tasks_argument(program: Program) -> Iterator[Fault]:
    for use in program.uses:
        if "tasks" in use.expression.variables:
            hint = "keep the value with `export.as` and read it from `$context`"
            yield _not_portable(use.pointer, "`$tasks` is an argument of httptask's expressions", hint)


def _errors(program: Program) -> Iterator[Fault]:
    """What an error that a `try` has caught holds beside the members of RFC 7807."""
    for use in program.uses:
        for name in sorted(use.expression.variables):
            own = {"details", "error"}.intersection(filter(None, use.expression.keys_of(name)))
            if own and bound_shape(program, use.task, name) is not None:
                message = f"`${name}.{min(own)}` is in httptask's errors only"
                yield _not_portable(use.pointer, message, "tell errors apart by `type` and `status`")


def _interpolation(program: Program, use: TemplateUse) -> Iterator[Fault]:
    for pointer, _ in use.template.expressions:
        text = text_at(program, pointer)
        if text is not None and not is_whole_expression(text):
            hint = """write one expression: '${ "text \\(.value)" }'"""
            yield _not_portable(pointer, "the standard doesn't say that text around `${ }` is kept", hint)


def _secrets(use: TemplateUse) -> Iterator[Fault]:
    for reference in use.template.secrets:
        pointer = use.pointer + reference.pointer
        if "/authentication" not in pointer:
            hint = "put secrets into `authentication`"
            message = (
                f"other runtimes may refuse `$secrets.{reference.name}` here: the standard restricts secrets"
            )
            yield _not_portable(pointer, message, hint)


def _certificate(use: TemplateUse) -> Iterator[Fault]:
    is_policy = use.pointer.startswith("/use/authentications/") or use.pointer.endswith(_POLICY)
    if is_policy and "certificate" in use.template.value:
        hint = "`use` the name of the connection: authentication: { use: NAME }"
        message = "the standard names `certificate` and doesn't say what it holds"
        yield _not_portable(f"{use.pointer}/certificate", message, hint, at_key=True)
