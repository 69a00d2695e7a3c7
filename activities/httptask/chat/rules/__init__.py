"""Rules that more than one field has a part in: what the types of the fields can't say."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.chat.faults import BodyFault
from httptask.chat.rules import conversation, options, tools
from httptask.chat.rules.rule import Rule

__all__ = ["RULES", "rule_faults"]

RULES: Final[tuple[Rule, ...]] = (*options.RULES, *tools.RULES, *conversation.RULES)


def rule_faults(body: Mapping[str, Any]) -> Iterator[BodyFault]:
    """Every breach of a rule; a rule is silent where something it depends on is `UNKNOWN`."""
    for rule in RULES:
        yield from rule.faults(body)
