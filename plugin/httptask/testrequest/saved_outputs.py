"""A file with outputs of tasks, by name: what one test request leaves behind for the next."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic_core import from_json

from httptask.http.files import replace_file
from httptask.json.types import is_object

__all__ = ["OutputsInvalid", "SavedOutputs"]


class OutputsInvalid(ValueError):
    """The file can't be read, or holds something else."""


@dataclass(frozen=True, slots=True)
class SavedOutputs:
    """Outputs that a file holds: `{"TASK": ...}`, as `--outputs @FILE` takes them."""

    file: Path
    outputs: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Those of a file, none where there is no file yet.

        Raises:
            OutputsInvalid: it is a file, and not of outputs; or its folder is not there.
        """
        try:
            if not file.exists():
                if not file.parent.is_dir():
                    raise OutputsInvalid(f"there is no folder {file.parent}")
                return cls(file, {})
            found = from_json(file.read_bytes())
        except OSError as error:
            raise OutputsInvalid(f"{file}: {error.strerror}") from None
        except ValueError as error:
            if isinstance(error, OutputsInvalid):
                raise
            found = None
        if not is_object(found):
            raise OutputsInvalid(f"{file} holds something else than outputs of tasks")
        return cls(file, found)

    def add(self, task: str, output: Any) -> None:
        """Keep the output of a task, in place of an earlier one, with those that came into the file meanwhile.

        Raises:
            OutputsInvalid: it became another file meanwhile, or can't be written.
        """
        self._write(lambda kept: {**kept, task: output})

    def remove(self, task: str) -> None:
        """Keep the output of a task no longer.

        Raises:
            OutputsInvalid: as of `add`.
        """
        self._write(lambda kept: {name: output for name, output in kept.items() if name != task})

    def _write(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        def edited() -> str:
            return json.dumps(change(self.read(self.file).outputs), indent=2, ensure_ascii=False) + "\n"

        try:
            replace_file(self.file, edited)
        except OSError as error:
            raise OutputsInvalid(f"{self.file}: {error.strerror}") from error
