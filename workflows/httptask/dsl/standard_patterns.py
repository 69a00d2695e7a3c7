"""What the standard gives to fields, wherever they stand: patterns of its schema, its types of errors."""

import re
from collections.abc import Mapping
from typing import Final

from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import closest
from httptask.dsl.expressions import is_whole_expression

__all__ = [
    "ERROR_TYPE_PREFIX",
    "STANDARD_ERRORS",
    "STANDARD_ERROR_TYPES",
    "URI",
    "expression_fault",
    "is_same_error_type",
    "is_uri",
    "meant_error_type",
]

URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*")
"""`uriTemplate`."""
_SPACE: Final = re.compile(r"\s")
_EXPRESSIONS: Final = re.compile(r"\$\{.*\}", re.DOTALL)
ERROR_TYPE_PREFIX: Final = "https://serverlessworkflow.io/spec/1.0.0/errors/"
STANDARD_ERRORS: Final[Mapping[str, int]] = {
    "configuration": 400,
    "validation": 400,
    "expression": 400,
    "authentication": 401,
    "authorization": 403,
    "timeout": 408,
    "communication": 500,
    "runtime": 500,
}
"""Types of errors, each with its status (dsl-reference.md, Standard Error Types)."""
STANDARD_ERROR_TYPES: Final = [ERROR_TYPE_PREFIX + name for name in STANDARD_ERRORS]
_ERROR_TYPE: Final = re.compile(
    r"https?://(?:serverlessworkflow\.io|open-workflow-specification\.org)/"
    r"(?:spec/[0-9.]+/errors|dsl/errors/types)/([^/]+)"
)
"""The standard and its conformance kit write them in each of these ways."""
_ONE_LINE: Final = "write it on one line, or in quotes, where YAML joins lines"


def is_uri(text: str) -> bool:
    """Whether a text is an absolute URI, which has no white space but in an expression."""
    return URI.match(text) is not None and not _SPACE.search(_EXPRESSIONS.sub("", text))


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


def is_same_error_type(one: str, other: str) -> bool:
    """Whether two types of errors are the same: those of the standard also where they are written otherwise."""
    return _plain(one) == _plain(other)


def meant_error_type(type_: str) -> str | None:
    """The standard's type that somebody meant by one that there is not: its bare name, or a misspelt one."""
    name = _plain(type_)
    if ("/" in name and name == type_) or (name != type_ and name in STANDARD_ERRORS):
        return None
    meant = name if name in STANDARD_ERRORS else closest(name, STANDARD_ERRORS)
    return None if meant is None else ERROR_TYPE_PREFIX + meant


def _plain(type_: str) -> str:
    """The name of a type of the standard's; any other type as it is."""
    found = _ERROR_TYPE.fullmatch(type_)
    return type_ if found is None else found[1]
