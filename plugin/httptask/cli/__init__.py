"""The `httptask` command."""

import os
import signal

from httptask.cli.terminal.notice import clear_notice, show_notice
from httptask.cli.terminal.streams import prepare_streams

__all__ = ["main"]

_INTERRUPTED = 130
_COMPLETION = "_HTTPTASK_COMPLETE"


def main() -> None:
    """Run the command line; Ctrl-C ends it silently while its modules are still being imported."""
    prepare_streams()
    if _COMPLETION not in os.environ:  # a shell that completes a command shows what that says
        show_notice("loading")
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else whoever started this command wants it to be left alone
        signal.signal(signal.SIGINT, _end)
    from httptask.cli.commands.app import main as run

    signal.signal(signal.SIGINT, before)
    run()


def _end(_number: int, _frame: object) -> None:
    clear_notice()
    os._exit(_INTERRUPTED)
