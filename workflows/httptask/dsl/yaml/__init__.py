"""YAML 1.2 (and so JSON) into plain data with positions, within bounds, every fault reported."""

from httptask.dsl.yaml.builder import LocatedFault
from httptask.dsl.yaml.positions import Place, Positions
from httptask.dsl.yaml.reader import Document, read_yaml

__all__ = ["Document", "LocatedFault", "Place", "Positions", "read_yaml"]
