"""The line that says what a run has spent."""

import pytest

from httptask.cli.terminal.progress.wording import describe_spent
from httptask.scheduling.spending_state import Spent


@pytest.mark.parametrize(
    ("spent", "line"),
    [
        (
            Spent(calls=5, questions=4, tokens=1385, cost_usd=0.0123),
            "4 model calls, 1 HTTP call, 1,385 tokens, $0.0123",
        ),
        (Spent(calls=1, questions=1, tokens=8, cost_usd=0.00000016), "1 model call, 8 tokens, $0.00000016"),
        (Spent(calls=1, questions=1, tokens=8, cost_usd=0.000096), "1 model call, 8 tokens, $0.000096"),
        (Spent(calls=1, questions=1, tokens=8), "1 model call, 8 tokens, $0"),
        (Spent(calls=1, questions=1), "1 model call"),  # it failed, and may have cost something
        (Spent(calls=2), "2 HTTP calls"),
        (
            Spent(calls=1, questions=1, unmetered="m", unpriced="m"),
            "1 model call; usage of m not told",
        ),
        (
            Spent(calls=2, questions=2, tokens=5, cost_usd=0.5, unmetered="m", unpriced="k", simulated=True),
            "2 model calls, 5 tokens, $0.5000; usage of m not told; price of k not known; simulated",
        ),
    ],
)
def test_what_a_run_has_spent(spent: Spent, line: str) -> None:
    assert describe_spent(spent) == f"spent {line}"
