"""Values whose types the standard's schema defines: durations, errors, authentication policies, schemas.

What is accepted here is valid under `schema/workflow.yaml` of the standard, whatever runs it later: a set is not
empty, a duration, an error, a policy and a schema are what its `$defs` of these names say.
"""

import re
from collections.abc import Iterator
from typing import Final

from httptask.authentication.policy import OidcPolicy, Policy
from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.durations import meant_duration, seconds_of
from httptask.dsl.model import AuthenticationPolicy, Duration, DurationLiteral, Export, Input, Output, Timeout
from httptask.dsl.program import Program
from httptask.dsl.standard_patterns import expression_fault, is_uri
from httptask.dsl.tasks.raise_error import error_faults
from httptask.dsl.tasks.try_catch import durations_of_policy, policy_faults
from httptask.json.pointer import child_pointer
from httptask.json.schema import compile_schema

__all__ = ["check_durations", "check_parts_of_use", "check_schemas"]

_SECRET: Final = re.compile(r"\$\{\s*\$secrets\b[^}]*\}")
_CERTIFICATE: Final = (
    "`use` the name of the connection, which shows its client certificate: authentication: { use: NAME }"
)
_DURATION: Final = re.compile(
    r"P(?!$)(\d+(\.\d+)?Y)?(\d+(\.\d+)?M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?"
    r"(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?"
)
"""`duration` of the standard's schema."""
_DURATION_HINT: Final = "write ISO 8601 (PT15M, PT1.5S) or parts: { minutes: 15 }"


def check_parts_of_use(program: Program) -> Iterator[Fault]:
    """Find errors and policies whose form the standard does not know, and that other tools would refuse."""
    for name, error in program.definition.use.errors.items():
        yield from error_faults(child_pointer("/use/errors", name), error)
    for name, retry in program.definition.use.retries.items():
        yield from policy_faults(child_pointer("/use/retries", name), retry)
    for name, policy in program.definition.use.authentications.items():
        yield from _policy(child_pointer("/use/authentications", name), policy, in_standard=True)
    for node in program.nodes.values():
        for pointer, written in node.kind.policies(node).items():
            yield from _policy(pointer, written, in_standard=node.kind.portable_hint is None)


def _policy(pointer: str, policy: Policy, *, in_standard: bool) -> Iterator[Fault]:
    if policy.certificate is not None and policy.certificate.use is not None and in_standard:
        message = "the standard's schema has no `certificate`"
        yield TextFault(f"{pointer}/certificate", "not-in-the-standard", message, _CERTIFICATE, at_key=True)
    if isinstance(policy, AuthenticationPolicy) and policy.use == "":
        hint = "write the name of a policy under `use.authentications`, or of a connection"
        yield Fault(f"{pointer}/use", "empty", "`use` names nothing", hint)
    for scheme, settings in policy.given():
        if isinstance(settings, OidcPolicy) and settings.authority is not None:
            yield from _authority(f"{pointer}/{scheme}/authority", settings.authority)


def _authority(pointer: str, authority: str) -> Iterator[Fault]:
    if not is_uri(authority):
        hint = "write it out from https:// on; a secret may hold all of the policy: `use` its name"
        yield Fault(pointer, "wrong-form", f"`{authority}` is no absolute URL", hint)
    elif "${" in _SECRET.sub("", authority.partition("://")[2].partition("/")[0]):
        message = "an expression stands in the name of the authorization server"
        hint = "write the server out; data may follow behind the first `/`"
        yield Fault(pointer, "server-from-data", message, hint)


def check_durations(program: Program) -> Iterator[Fault]:
    """Find waits, timeouts and intervals that are no duration; what expressions yield is known only at run time."""
    for pointer, written in _durations(program):
        if isinstance(written, Duration):
            if not written.model_fields_set:
                yield Fault(pointer, "empty", "the duration has no part", _DURATION_HINT)
        elif "${" in written:
            fault = expression_fault(pointer, written)
            yield from () if fault is None else (fault,)
        elif seconds_of(written) is None or not _DURATION.fullmatch(written):
            meant = meant_duration(written)
            hint = f"write {meant}" if meant not in (None, written) else _DURATION_HINT
            yield Fault(pointer, "duration", f"`{written}` is not a duration", hint)


def _durations(program: Program) -> Iterator[tuple[str, DurationLiteral]]:
    schedule = program.definition.schedule
    for key in () if schedule is None else ("every", "after"):
        if (written := getattr(schedule, key)) is not None and "${" not in str(written):
            yield f"/schedule/{key}", written
    timeouts = {"/timeout": program.definition.timeout}
    for name, named in program.definition.use.timeouts.items():
        timeouts[child_pointer("/use/timeouts", name)] = named
    for name, retry in program.definition.use.retries.items():
        yield from durations_of_policy(child_pointer("/use/retries", name), retry).items()
    for node in program.nodes.values():
        timeouts[f"{node.pointer}/timeout"] = node.task.timeout
        yield from node.kind.durations(node).items()
    for pointer, timeout in timeouts.items():
        if isinstance(timeout, Timeout):
            yield f"{pointer}/after", timeout.after


def check_schemas(program: Program) -> Iterator[Fault]:
    """Find schemas that do not compile: a wrong keyword, a regular expression that is none, a `$ref` to elsewhere."""
    for pointer, described in _described(program):
        if described is None or described.schema_ is None:
            continue
        try:
            compile_schema(described.schema_.document)
        except ValueError as invalid:
            hint = "see https://json-schema.org; references may only point into the schema itself"
            yield Fault(f"{pointer}/schema/document", "schema", f"not a JSON Schema: {invalid}", hint)


def _described(program: Program) -> Iterator[tuple[str, Input | Output | Export | None]]:
    yield "/input", program.definition.input
    yield "/output", program.definition.output
    for node in program.nodes.values():
        yield f"{node.pointer}/input", node.task.input
        yield f"{node.pointer}/output", node.task.output
        yield f"{node.pointer}/export", node.task.export
