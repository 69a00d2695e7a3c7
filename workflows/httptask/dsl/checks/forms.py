"""Forms that the standard's schema gives to fields: what is accepted is valid under it, whatever runs it later.

`schema/workflow.yaml` of the standard: an expression that is a whole field stands on one line, a set is not empty,
a duration, an error and a policy are what its `$defs` of these names say.
"""

import re
from collections.abc import Iterator
from typing import Final

from httptask.authentication.policy import OidcPolicy, Policy
from httptask.dsl.expressions import is_whole_expression
from httptask.dsl.faults import Fault, child_pointer
from httptask.dsl.functions import HttpArguments, HttpRequestArguments
from httptask.dsl.model import AuthenticationPolicy, Endpoint, ErrorDefinition, RaiseTask, SetTask
from httptask.dsl.program import Program, TaskNode

__all__ = ["check_forms", "expression_fault"]

_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*")
"""`uriTemplate`."""
_EXPRESSION: Final = re.compile(r"\s*\$\{.+\}\s*")
"""`runtimeExpression`."""
_SECRET: Final = re.compile(r"\$\{\s*\$secrets\b[^}]*\}")
_POINTER: Final = re.compile(r"(/([^/~]|~[01])*)*")
_ONE_LINE: Final = "write it on one line, or in quotes, where YAML joins lines"
_CERTIFICATE: Final = (
    "`use` the name of the connection, which shows its client certificate: authentication: { use: NAME }"
)


def check_forms(program: Program) -> Iterator[Fault]:
    """Find fields whose form the standard does not know, and that other tools would refuse."""
    for name, error in program.definition.use.errors.items():
        yield from _error(child_pointer("/use/errors", name), error)
    for name, policy in program.definition.use.authentications.items():
        yield from _policy(child_pointer("/use/authentications", name), policy, in_standard=True)
    for node in program.nodes.values():
        match node.task:
            case SetTask(set=made) if made == {}:
                hint = "write what is to be made, or `set: ${ {} }` for an empty object"
                yield Fault(f"{node.pointer}/set", "empty", "`set` is empty", hint, at_key=True)
            case RaiseTask(raise_=raised) if isinstance(raised.error, ErrorDefinition):
                yield from _error(f"{node.pointer}/raise/error", raised.error)
            case _:
                yield from _call(node)


def expression_fault(pointer: str, text: str) -> Fault | None:
    """What is wrong with a field that is one whole expression, where it holds one at all."""
    if not is_whole_expression(text):
        return Fault(
            pointer,
            "text-around-expression",
            "this field is one expression; text stands around it",
            'put all of it inside one `${ }`: `${ "text \\(.value)" }`',
        )
    if "\n" in text.strip():
        message = "this expression goes over several lines, which the standard doesn't allow here"
        return Fault(pointer, "expression-lines", message, _ONE_LINE)
    return None


def _call(node: TaskNode) -> Iterator[Fault]:
    arguments = node.arguments
    if not isinstance(arguments, HttpArguments | HttpRequestArguments):
        return
    for name in ("headers", "query", "form", "multipart"):
        text = getattr(arguments, name, None)
        if isinstance(text, str):
            yield from _members(f"{node.pointer}/with/{name}", name, text)
    endpoint, pointer = arguments.endpoint, f"{node.pointer}/with/endpoint"
    in_standard = isinstance(arguments, HttpArguments)
    if isinstance(endpoint, str) and in_standard:
        yield from _address(pointer, endpoint)
    elif isinstance(endpoint, Endpoint):
        yield from _address(f"{pointer}/uri", endpoint.uri) if in_standard else ()
        if endpoint.authentication is not None:
            yield from _policy(f"{pointer}/authentication", endpoint.authentication, in_standard=in_standard)


def _address(pointer: str, text: str) -> Iterator[Fault]:
    if "${" not in text or _URI.match(text) or _EXPRESSION.fullmatch(text):
        return  # whether it is an address otherwise is told by the checks of addresses
    if is_whole_expression(text):
        fault = expression_fault(pointer, text)
        yield from () if fault is None else (fault,)
    elif _SECRET.match(text.lstrip()):
        message = "the standard's `call: http` takes no text behind an address that is a secret"
        hint = "`call: httpRequest` takes it"
        yield Fault(pointer, "not-in-the-standard", message, hint)


def _members(pointer: str, name: str, text: str) -> Iterator[Fault]:
    """A part of a request that is a mapping (or, of `multipart`, a list), or an expression that yields one."""
    if "${" in text:
        fault = expression_fault(pointer, text)
        yield from () if fault is None else (fault,)
        return
    kind = "list" if name == "multipart" else "mapping"
    hint = f"write its members under it, or one expression that yields a {kind}"
    yield Fault(pointer, "wrong-type", f"`{name}` is text, not a {kind}", hint)


def _error(pointer: str, error: ErrorDefinition) -> Iterator[Fault]:
    if "${" in error.type and not _URI.match(error.type):
        fault = expression_fault(f"{pointer}/type", error.type)
        yield from () if fault is None else (fault,)
    elif not _URI.match(error.type):
        hint = "write a URI of your own, such as https://example.com/errors/out-of-stock"
        yield Fault(f"{pointer}/type", "wrong-form", f"`{error.type}` is no absolute URI", hint)
    if error.instance is not None and not _POINTER.fullmatch(error.instance):
        hint = "write a JSON Pointer such as /do/0/check, or leave it out: then it is the task's"
        yield Fault(f"{pointer}/instance", "wrong-form", f"`{error.instance}` is no JSON Pointer", hint)


def _policy(pointer: str, policy: Policy, *, in_standard: bool) -> Iterator[Fault]:
    if policy.certificate is not None and policy.certificate.use is not None and in_standard:
        message = "the standard's schema has no `certificate`"
        yield Fault(f"{pointer}/certificate", "not-in-the-standard", message, _CERTIFICATE, at_key=True)
    if isinstance(policy, AuthenticationPolicy) and policy.use == "":
        hint = "write the name of a policy under `use.authentications`, or of a connection"
        yield Fault(f"{pointer}/use", "empty", "`use` names nothing", hint)
    for scheme, settings in policy.given():
        if isinstance(settings, OidcPolicy) and settings.authority is not None:
            yield from _authority(f"{pointer}/{scheme}/authority", settings.authority)


def _authority(pointer: str, authority: str) -> Iterator[Fault]:
    if not _URI.match(authority):
        hint = "write it out from https:// on; a secret may hold all of the policy: `use` its name"
        yield Fault(pointer, "wrong-form", f"`{authority}` is no absolute URL", hint)
    elif "${" in _SECRET.sub("", authority.partition("://")[2].partition("/")[0]):
        message = "an expression stands in the name of the authorization server"
        hint = "write the server out; data may follow behind the first `/`"
        yield Fault(pointer, "server-from-data", message, hint)
