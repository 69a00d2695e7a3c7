"""Whether data has the shape of a definition, told in words of ours and for every task at once."""

from httptask.dsl.structure.check import Structure, check_structure, read_definition
from httptask.dsl.structure.functions import uncalled_functions
from httptask.dsl.structure.tasks import RawTask, raw_tasks

__all__ = [
    "RawTask",
    "Structure",
    "check_structure",
    "raw_tasks",
    "read_definition",
    "uncalled_functions",
]
