"""Fix and continue: a run that goes on from outputs of an earlier one, with the same definition or a changed one."""

from httptask.reruns.earlier import Earlier, NotRerunnable, read_earlier
from httptask.reruns.planning import plan_rerun
from httptask.reruns.rerun import Misfit, Rerun, RerunReport, ReusedTask

__all__ = [
    "Earlier",
    "Misfit",
    "NotRerunnable",
    "Rerun",
    "RerunReport",
    "ReusedTask",
    "plan_rerun",
    "read_earlier",
]
