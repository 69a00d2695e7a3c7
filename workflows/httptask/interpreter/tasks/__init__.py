"""The kinds of task, one module each; a new kind is a new module and a line in this table."""

from collections.abc import Awaitable, Callable, Mapping

from httptask.interpreter.task_context import Child, Step, TaskContext
from httptask.interpreter.tasks.activity import run_activity
from httptask.interpreter.tasks.chat import run_chat_completion
from httptask.interpreter.tasks.do import run_do
from httptask.interpreter.tasks.for_each import run_for
from httptask.interpreter.tasks.http import run_http
from httptask.interpreter.tasks.map_items import run_map
from httptask.interpreter.tasks.raise_error import run_raise
from httptask.interpreter.tasks.set_data import run_set
from httptask.interpreter.tasks.switch import run_switch
from httptask.interpreter.tasks.wait import run_wait

__all__ = ["KINDS", "Kind"]

Kind = Callable[[TaskContext, Child | None], Awaitable[Step]]

KINDS: Mapping[str, Kind] = {
    "call.activity": run_activity,
    "call.chatCompletion": run_chat_completion,
    "call.http": run_http,
    "call.httpRequest": run_http,
    "call.map": run_map,
    "do": run_do,
    "for": run_for,
    "raise": run_raise,
    "set": run_set,
    "switch": run_switch,
    "wait": run_wait,
}
