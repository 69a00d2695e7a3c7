"""Work of a command that goes on in an event loop."""

import asyncio
import gc

import pytest

from httptask.cli.terminal.background import run_async


def test_work_that_a_signal_keeps_from_beginning_is_not_warned_of(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    async def work() -> int:
        return 7

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    assert run_async(work()) == 7
    monkeypatch.setattr(asyncio, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_async(work())
    gc.collect()
    assert [str(one.message) for one in recwarn] == []
