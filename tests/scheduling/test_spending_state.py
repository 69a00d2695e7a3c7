"""What a run has used, and the share of its parts."""

from httptask.scheduling.spending_state import Spent


def test_what_a_part_has_used_is_told_apart_and_added() -> None:
    before = Spent(calls=3, questions=1, tokens=100, cost_usd=0.1)
    after = Spent(calls=5, questions=2, tokens=250, cost_usd=0.3, unpriced="m", simulated=True)
    part = after.since(before)
    assert part == Spent(calls=2, questions=1, tokens=150, cost_usd=0.2, unpriced="m", simulated=True)
    assert before.plus(part) == after
