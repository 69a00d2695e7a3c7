"""The kinds of task: what one table names, the others have as well."""

from httptask.dsl.tasks import KINDS
from httptask.interpreter.tasks import RUNNERS
from httptask.plugin.status import _ANSWERED_BY_FIXTURES


def test_every_kind_runs() -> None:
    assert set(RUNNERS) == set(KINDS)


def test_fixtures_answer_what_sends_requests() -> None:
    assert {kind.name for kind in KINDS if kind.sends_requests} == _ANSWERED_BY_FIXTURES
