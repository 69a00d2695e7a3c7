"""Operations of the catalogue as tasks that call them: with valid values, a connection, and names of secrets."""

from httptask.catalog.prepare.parts import OptionalFields
from httptask.catalog.prepare.prepared import Prepared, PreparedBody
from httptask.catalog.prepare.preparing import placeholders, prepare

__all__ = ["OptionalFields", "Prepared", "PreparedBody", "placeholders", "prepare"]
