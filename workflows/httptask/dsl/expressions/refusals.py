"""What an expression may not use, and what to use instead.

Two lists: functions of jq that read the machine, so that a replay would not see the same again, and what
people write out of habit from other languages.
"""

from typing import Final

__all__ = ["FOREIGN", "REFUSED_FUNCTIONS", "REFUSED_VARIABLES"]

_ENVIRONMENT = "expressions see no environment; declare a secret, or pass the value as workflow input"
_INPUT = "the current value is `.`, the task's input `$input`, the workflow's `$workflow.input`"
_CLOCK = "use `$workflow.startedAt` or `$task.startedAt`, which a replay sees again"
_TIME_ZONE = "the worker's time zone is no part of a run; use `gmtime` and `strftime`"
_LOG = "remove it; `httptask runs show` prints what each task got and gave"
_END = 'to fail, use `error("why")` or a `raise` task; to finish, `then: end`'
_MODULE = "modules can't be loaded; define functions in the expression: `def name: body;`"

REFUSED_FUNCTIONS: Final[dict[str, str]] = {
    "debug": _LOG,
    "env": _ENVIRONMENT,
    "get_jq_origin": _MODULE,
    "get_prog_origin": _MODULE,
    "get_search_list": _MODULE,
    "halt": _END,
    "halt_error": _END,
    "import": _MODULE,
    "include": _MODULE,
    "input": _INPUT,
    "input_filename": _INPUT,
    "input_line_number": _INPUT,
    "inputs": _INPUT,
    "localtime": _TIME_ZONE,
    "modulemeta": _MODULE,
    "now": _CLOCK,
    "stderr": _LOG,
    "strflocaltime": _TIME_ZONE,
}
"""Hints by name; a keyword (`import`) counts as a function."""

REFUSED_VARIABLES: Final[dict[str, str]] = {"ENV": _ENVIRONMENT, "__prog_args": _ENVIRONMENT}

FOREIGN: Final[dict[str, str]] = {
    "!": "write `… | not`",
    "!==": "write `!=`, which never converts types",
    "&&": "write `and`",
    "===": "write `==`, which never converts types",
    "?//": "for a default put a space between the two: `? //`",
    "||": "write `or`; for a default `//`",
}
"""Hints by operator."""
