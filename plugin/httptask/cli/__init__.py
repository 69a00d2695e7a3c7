"""The `httptask` command."""

import os
import signal

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C ends it silently while its modules are still being imported."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else whoever started this command wants it to be left alone
        signal.signal(signal.SIGINT, _end)
    from httptask.cli.app import main as run

    signal.signal(signal.SIGINT, before)
    run()


def _end(_number: int, _frame: object) -> None:
    os._exit(_INTERRUPTED)
