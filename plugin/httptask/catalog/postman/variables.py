"""Variables of a collection, `{{name}}`: their values where they have one, and what stands for them where not."""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.recognition import holds_credential
from httptask.json.tree import objects_in

__all__ = ["Variables", "text_of", "values_of"]

_VARIABLE: Final = re.compile(r"\{\{([^{}]+)\}\}")
_STRING_OR_VARIABLE: Final = re.compile(r'("(?:[^"\\]|\\.)*")|(\{\{[^{}]+\}\})')
_DEEPEST: Final = 10
_OF_THE_RUN: Final = {
    "$timestamp": "$task.startedAt.epoch.seconds",
    "$isoTimestamp": "$task.startedAt.iso8601",
}
"""What a run knows of what Postman makes up for each request."""
_VAULT: Final = "vault:"

Value = tuple[str, bool]
"""What a variable holds, and whether Postman keeps it hidden."""


class Variables:
    """The variables that requests of a collection see.

    Args:
        values: of those that have one.
        secrets: takes those that hold credentials.

    Attributes:
        asked_for: members of the input, for variables that have no value.
        made_up: members of the input, for variables of which Postman makes up a value for each request.
    """

    def __init__(self, values: Mapping[str, Value], secrets: Secrets) -> None:
        self._values = values
        self._secrets = secrets
        self.asked_for: dict[str, None] = {}
        self.made_up: dict[str, None] = {}

    def fill(self, text: str, *, is_credential: bool = False) -> str:
        """A text with values in place of variables; placeholders stand for those that have none, and for credentials.

        Args:
            text: the text.
            is_credential: whether it holds one, so that its variables do.

        Raises:
            CatalogError: variables name each other in a circle.
        """
        return self._filled(text, self.missing, is_credential=is_credential)

    def fill_server(self, text: str) -> str:
        """The same for the server's address, which data can't choose.

        Raises:
            CatalogError: a variable of it has no value.
        """

        def refuse(name: str) -> str:
            raise CatalogError(
                f"the server's address has the variable {name}, which has no value",
                f"give it: --variable {shlex.quote(name)}=https://..., or the environment: --environment FILE",
            )

        return self._filled(text, refuse, is_credential=False)

    def fill_json(self, text: str) -> str:
        """A text that is JSON; a variable that stands there by itself, and has no value, becomes a whole value."""

        def filled(found: re.Match[str]) -> str:
            if found[1] is not None:
                return self.fill(found[1])
            value = self.fill(found[2])
            return value if self.value(found[2][2:-2].strip()) is not None else f'"{value}"'

        return _STRING_OR_VARIABLE.sub(filled, text)

    def value(self, name: str) -> str | None:
        """What a variable holds; None where that is nothing."""
        return self._values.get(name, ("", False))[0] or None

    def missing(self, name: str) -> str:
        """A placeholder for a variable without a value: a member of the input."""
        member = re.sub(r'["\\]|^\$', "", name)
        noted = self.made_up if name.startswith("$") else self.asked_for
        noted[member] = None
        return self._secrets.member_of_input(member)

    def _filled(
        self, text: str, unknown: Callable[[str], str], *, is_credential: bool, depth: int = 0
    ) -> str:
        def one(found: re.Match[str]) -> str:
            name = found[1].strip()
            value = self.value(name)
            is_hidden = self._values.get(name, ("", False))[1] or is_credential or holds_credential(name)
            if depth == _DEEPEST:
                raise CatalogError(f"the variable {name} stands for itself", "give it a value of its own")
            if name in _OF_THE_RUN:
                return self._secrets.expression(_OF_THE_RUN[name])
            if name.startswith(_VAULT) or (is_hidden and (value is None or _VARIABLE.search(value) is None)):
                return self._secrets.named_variable(name.removeprefix(_VAULT), value)
            if value is None:
                return unknown(name)
            return self._filled(value, unknown, is_credential=is_hidden, depth=depth + 1)

        return _VARIABLE.sub(one, text)


def values_of(listed: Any) -> Iterable[tuple[str, Value]]:
    """The variables of a collection, or of an environment, that count."""
    for _, entry in objects_in(listed):
        if not entry.get("disabled") and entry.get("enabled", True):
            name = text_of(entry.get("key", entry.get("id")))
            yield name, (text_of(entry.get("value")), entry.get("type") == "secret")


def text_of(value: Any) -> str:
    """A value as it stands in a request; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return ""
