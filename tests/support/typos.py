"""Slips of the keyboard in the names of a definition."""

import random
from collections.abc import Sequence

__all__ = ["KEYS", "NAMES_AND_FIELDS", "typos"]

NAMES_AND_FIELDS = [
    ("then: {}", "notifyTeam"),
    ("then: {}", "finishQuietly"),
    ("$tasks.{}.priority", "classifyTicket"),
    ("$tasks.{}.summary", "classifyTicket"),
    ("$tasks.classifyTicket.{} ==", "priority"),
    ('x-priority: "${{ $tasks.classifyTicket.{}', "priority"),
    ("$tasks.classifyTicket.{}", "summary"),
]
"""Names of tasks and fields of schemas: the text around a word, and the word."""

KEYS = [
    ("{}:", "document"),
    (", {}:", "namespace"),
    (", {}:", "version"),
    ("use: {{ {}:", "secrets"),
    ("call: {}", "httpRequest"),
    ("call: {}", "chatCompletion"),
    ("{}:", "messages"),
    ("      {}:", "output"),
    ("      {}:", "switch"),
    ("{}:", "when"),
    ("$secrets.{}", "SLACK_WEBHOOK"),
    ("{}:", "method"),
    ("{}:", "endpoint"),
    ("{}:", "headers"),
    ("{}:", "timeout"),
    ("after: {{ {}:", "seconds"),
    ("      {}:", "metadata"),
]
"""The rest, in the same way."""


def _slips(word: str, seed: int) -> set[str]:
    """A dropped, a doubled and a pair of swapped letters, the first letter left alone."""
    chance = random.Random(f"{word}{seed}")
    at = chance.randrange(1, len(word) - 1)
    dropped = word[:at] + word[at + 1 :]
    doubled = word[:at] + word[at] + word[at:]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return {dropped, doubled, swapped} - {word}


def typos(words: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """What to replace in `DEFINITION`, by what, and the word that was meant."""
    return [
        (around.format(word), around.format(slip), word)
        for seed, (around, word) in enumerate(words)
        for slip in sorted(_slips(word, seed))
    ]
