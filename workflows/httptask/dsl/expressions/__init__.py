"""jq runtime expressions: parsed in this process, evaluated in supervised helper processes.

`parse_expression` and `parse_template` find every fault without running anything. What was parsed is run by
`evaluation` and `rendering`, which are synchronous: workflow code may call them.
"""

from httptask.dsl.expressions.errors import ExpressionFailed, ExpressionLimitExceeded, ExpressionsBusy
from httptask.dsl.expressions.expression import Expression, is_whole_expression, parse_expression
from httptask.dsl.expressions.joined_text import SERVER
from httptask.dsl.expressions.template import (
    Secret,
    Template,
    TemplateText,
    as_literal,
    expressions_of,
    has_expression,
    is_expression,
    parse_address,
    parse_template,
    read_literal,
)

__all__ = [
    "SERVER",
    "Expression",
    "ExpressionFailed",
    "ExpressionLimitExceeded",
    "ExpressionsBusy",
    "Secret",
    "Template",
    "TemplateText",
    "as_literal",
    "expressions_of",
    "has_expression",
    "is_expression",
    "is_whole_expression",
    "parse_address",
    "parse_expression",
    "parse_template",
    "read_literal",
]
