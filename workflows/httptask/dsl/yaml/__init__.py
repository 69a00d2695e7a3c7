"""YAML 1.2 (and so JSON) into plain data with positions, within bounds, every fault reported."""

from httptask.dsl.yaml.builder import MAX_DEPTH, LocatedFault
from httptask.dsl.yaml.positions import Place, Positions
from httptask.dsl.yaml.reader import MAX_BYTES, Document, read_yaml

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "LocatedFault", "Place", "Positions", "read_yaml"]
