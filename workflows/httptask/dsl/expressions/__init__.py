"""jq runtime expressions: parsed in this process, evaluated in supervised helper processes.

`parse_expression` and `parse_template` find every fault without running anything; `evaluate`,
`evaluate_condition` and `render` run what was parsed. They are synchronous: workflow code may call them.
"""

from httptask.dsl.expressions.compiling import compile_check
from httptask.dsl.expressions.errors import ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy
from httptask.dsl.expressions.evaluation import LIMIT_SECONDS, Scope, evaluate, evaluate_condition
from httptask.dsl.expressions.expression import Expression, is_whole_expression, parse_expression
from httptask.dsl.expressions.joined_text import SERVER
from httptask.dsl.expressions.pool import shutdown
from httptask.dsl.expressions.rendering import Rendered, render
from httptask.dsl.expressions.template import (
    Secret,
    Template,
    TemplateText,
    has_expression,
    is_expression,
    parse_address,
    parse_template,
)

__all__ = [
    "LIMIT_SECONDS",
    "SERVER",
    "Expression",
    "ExpressionFailed",
    "ExpressionLimitExceeded",
    "ExpressionsBusy",
    "Rendered",
    "Scope",
    "Secret",
    "Template",
    "TemplateText",
    "compile_check",
    "evaluate",
    "evaluate_condition",
    "has_expression",
    "is_expression",
    "is_whole_expression",
    "parse_address",
    "parse_expression",
    "parse_template",
    "render",
    "shutdown",
]
