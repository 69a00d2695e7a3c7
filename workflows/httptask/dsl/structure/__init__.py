"""Whether data has the shape of a definition, told in words of ours and for every task at once."""

from httptask.dsl.structure.check import Structure, check_structure, read_definition

__all__ = ["Structure", "check_structure", "read_definition"]
