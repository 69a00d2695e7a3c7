"""What all branches of one run share."""

from temporalio import workflow

from httptask.dsl.program import Program
from httptask.interpreter.evaluation import Evaluator
from httptask.interpreter.state import RunState
from httptask.interpreter.status import StatusBoard
from httptask.interpreter.variables import Variables, workflow_variables
from httptask.scheduling.budget import Spending
from httptask.scheduling.recorded_decisions import Pacer
from httptask.scheduling.scheduler import Scheduler
from httptask.workflows.live_text import LiveStream

__all__ = ["Services"]


class Services:
    """The program that runs, where it stands, and what evaluates, paces, schedules and shows it.

    Attributes:
        draining: set when the run is to continue as new; branches then stop at their next task boundary.
    """

    def __init__(
        self,
        program: Program,
        state: RunState,
        board: StatusBoard,
        stream: LiveStream,
        continue_as_new_after: int | None,
    ) -> None:
        self.program = program
        self.state = state
        self.pacer = Pacer()
        self.evaluator = Evaluator(self.pacer)
        self.scheduler = Scheduler()
        self.board = board
        self.stream = stream
        self.budget = Spending.of(program.definition.document.metadata, state)
        self.draining = False
        self._continue_as_new_after = continue_as_new_after

    def consider_continuing_as_new(self) -> None:
        """Start to drain when the history has become long."""
        info = workflow.info()
        limit = self._continue_as_new_after
        if info.is_continue_as_new_suggested() or (
            limit is not None and info.get_current_history_length() > limit
        ):
            self.draining = True

    def workflow_variables(self) -> Variables:
        """The variables that every expression may read."""
        return workflow_variables(self.program, self.state, workflow.info().workflow_id)
