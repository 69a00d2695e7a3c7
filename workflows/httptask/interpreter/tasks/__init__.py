"""How each kind of task runs, one module each; what is known of it before it runs is in `httptask.dsl.tasks`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from httptask.dsl.tasks.activity import ACTIVITY
from httptask.dsl.tasks.chat import CHAT_COMPLETION
from httptask.dsl.tasks.do import DO
from httptask.dsl.tasks.emit import EMIT
from httptask.dsl.tasks.for_each import FOR
from httptask.dsl.tasks.fork import FORK
from httptask.dsl.tasks.function import FUNCTION
from httptask.dsl.tasks.http import HTTP, HTTP_REQUEST
from httptask.dsl.tasks.kind import TaskKind
from httptask.dsl.tasks.listen import LISTEN
from httptask.dsl.tasks.map_items import MAP
from httptask.dsl.tasks.openapi import OPENAPI
from httptask.dsl.tasks.raise_error import RAISE
from httptask.dsl.tasks.run_workflow import RUN
from httptask.dsl.tasks.set_data import SET
from httptask.dsl.tasks.switch import SWITCH
from httptask.dsl.tasks.try_catch import TRY
from httptask.dsl.tasks.wait import WAIT
from httptask.interpreter.task_context import Child, Step, TaskContext
from httptask.interpreter.tasks.activity import run_activity
from httptask.interpreter.tasks.chat import run_chat_completion
from httptask.interpreter.tasks.do import run_do
from httptask.interpreter.tasks.emit import run_emit
from httptask.interpreter.tasks.for_each import run_for
from httptask.interpreter.tasks.fork import run_fork
from httptask.interpreter.tasks.function import run_function
from httptask.interpreter.tasks.http import run_http
from httptask.interpreter.tasks.listen import run_listen
from httptask.interpreter.tasks.map_items import run_map
from httptask.interpreter.tasks.openapi import run_openapi
from httptask.interpreter.tasks.raise_error import run_raise
from httptask.interpreter.tasks.run_workflow import run_workflow
from httptask.interpreter.tasks.set_data import run_set
from httptask.interpreter.tasks.switch import run_switch
from httptask.interpreter.tasks.try_catch import run_try
from httptask.interpreter.tasks.wait import run_wait

__all__ = ["RUNNERS", "Runner"]

Runner = Callable[[TaskContext, Child | None], Awaitable[Step]]

RUNNERS: Final[Mapping[TaskKind[Any], Runner]] = {
    FOR: run_for,
    HTTP: run_http,
    HTTP_REQUEST: run_http,
    OPENAPI: run_openapi,
    CHAT_COMPLETION: run_chat_completion,
    MAP: run_map,
    ACTIVITY: run_activity,
    FUNCTION: run_function,
    DO: run_do,
    FORK: run_fork,
    EMIT: run_emit,
    LISTEN: run_listen,
    RAISE: run_raise,
    RUN: run_workflow,
    SET: run_set,
    SWITCH: run_switch,
    TRY: run_try,
    WAIT: run_wait,
}
