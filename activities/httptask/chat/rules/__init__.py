"""Rules that more than one field has a part in: what the types of the fields can't say."""

from typing import Final

from httptask.chat.rules import conversation, options, tools
from httptask.chat.rules.rule import Rule

__all__ = ["RULES"]

RULES: Final[tuple[Rule, ...]] = (*options.RULES, *tools.RULES, *conversation.RULES)
"""Each is silent where something that it depends on is `UNKNOWN`."""
