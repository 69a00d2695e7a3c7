"""The functions of catalogues: read from their folders where a definition is loaded, and put into it.

What runs is then all in the definition, and in the history of each run: a file that is changed changes no run.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from httptask.diagnostics.fault import Fault, TextFault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.diagnostics.words import Kind, quoted, wrong_kind
from httptask.dsl.bounds import MAX_BYTES, MAX_TASKS
from httptask.dsl.canonical import canonical_json
from httptask.dsl.checks.functions import folder_of
from httptask.dsl.locate import value_at
from httptask.dsl.model import VERSION_FORM, Catalog
from httptask.dsl.report import Report
from httptask.dsl.structure import RawTask, raw_tasks
from httptask.dsl.yaml import Place, Positions, read_yaml
from httptask.http.files import is_disguised, open_file
from httptask.json.pointer import child_pointer, json_pointer
from httptask.json.types import is_object

__all__ = ["FunctionFile", "Linked", "with_functions"]

_CALL: Final = re.compile(r"(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*):(?P<version>[^@/]+)@(?P<catalog>.+)")
_VERSION: Final = re.compile(VERSION_FORM)
_FILE: Final = "function.yaml"
_STAND_IN: Final[Mapping[str, Any]] = {"set": "${ . }"}
"""In place of a task that can't be read, which is told once."""


@dataclass(frozen=True, slots=True)
class FunctionFile:
    """The file of a function.

    Attributes:
        path: of the file.
        sha256: of its bytes, lower-case hexadecimal.
        positions: where the parts of the function's task stand in it.
    """

    path: Path
    sha256: str
    positions: Positions


@dataclass(slots=True)
class Linked:
    """A definition with the functions that it calls.

    Attributes:
        data: the definition; functions of catalogues stand under `use.functions`, by what `call` names them.
        files: those that were read, by the pointers of the functions.
        faults: of the definition.
        reports: of the files.
    """

    data: Any
    files: dict[str, FunctionFile] = field(default_factory=dict[str, FunctionFile])
    faults: list[Fault] = field(default_factory=list[Fault])
    reports: list[Report] = field(default_factory=list[Report])


def with_functions(data: Any, folder: Path) -> Linked:
    """Put the functions of catalogues into a definition that calls them, and those that they call.

    Args:
        data: the definition, which may be wrong in every way.
        folder: that its catalogues lie in.
    """
    linked = Linked(data)
    catalogs = value_at(data, ("use", "catalogs")) if is_object(data) else None
    if not is_object(catalogs) or not catalogs:
        return linked
    functions = value_at(data, ("use", "functions"))
    known: dict[str, Any] = dict(functions) if is_object(functions) else {}
    linked.data = {**data, "use": {**data["use"], "functions": known}}
    linking = _Linking(linked, known, folder, catalogs)
    linking.follow(raw_tasks(data))
    if not known:
        linked.data = data
    if linked.files and len(canonical_json(linked.data).encode()) > MAX_BYTES:
        message = f"with the functions that it calls the definition has more than {MAX_BYTES} bytes"
        hint = "call fewer, or shorter ones"
        linked.faults.append(TextFault("/use/catalogs", "too-large", message, hint, at_key=True))
    return linked


class _Linking:
    def __init__(
        self, linked: Linked, known: dict[str, Any], folder: Path, catalogs: Mapping[str, Any]
    ) -> None:
        self._linked = linked
        self._known = known
        self._own = frozenset(known)
        self._folder = folder
        self._home = folder.resolve()
        self._catalogs = catalogs
        self._bytes = 0

    def follow(self, tasks: Iterable[RawTask]) -> None:
        """Take up the functions that tasks call, and those that these call."""
        pending = [*tasks]
        while pending and len(self._known) <= MAX_TASKS:
            task = pending.pop(0)
            call = task.body.get("call")
            self._keep_apart(task)
            if not isinstance(call, str) or "@" not in call or call in self._known:
                continue
            if call.rpartition("@")[2] not in self._catalogs:
                continue
            body = self._read(call, json_pointer((*task.tokens, "call")))
            self._known[call] = dict(_STAND_IN) if body is None else body
            tokens = ("use", "functions", call)
            pending += [RawTask(tokens, self._known[call]), *raw_tasks(self._known[call], tokens)]

    def _keep_apart(self, task: RawTask) -> None:
        """Tell a function of a catalogue that calls one of the definition: it is there for others, too."""
        file = self._linked.files.get(json_pointer(task.tokens[:3]))
        call = task.body.get("call")
        if file is None or call not in self._own:
            return
        message = f"{quoted(call)} is a function of a definition, which those of catalogues don't see"
        hint = "put it into the catalogue, and call NAME:VERSION@CATALOG"
        pointer = json_pointer((*task.tokens[3:], "call"))
        place = file.positions.value(pointer)
        self._report(file.path, Fault(pointer, "unknown-function", message, hint), place)

    def _read(self, call: str, pointer: str) -> dict[str, Any] | None:
        """The task of a function; None where it can't be had, which is told."""
        found = _CALL.fullmatch(call)
        if found is None or not _VERSION.match(found["version"]):
            message = f"{quoted(call)} is no function of a catalogue"
            self._tell(
                pointer,
                message,
                f"write NAME:VERSION@{call.rpartition('@')[2]}, with a version such as 1.0.0",
            )
            return None
        folder = self._folder_of(found["catalog"])
        if folder is None:
            return None
        file = folder / "functions" / found["name"] / found["version"] / _FILE
        content = self._content(file, call, pointer, folder)
        return None if content is None else self._parsed(file, content, child_pointer("/use/functions", call))

    def _folder_of(self, name: str) -> Path | None:
        """The folder of a catalogue; None where its entry is at fault, which a check tells."""
        try:
            folder = folder_of(Catalog.model_validate(self._catalogs[name], strict=True))
        except ValidationError:
            return None
        return None if folder is None else self._folder / folder

    def _content(self, file: Path, call: str, pointer: str, folder: Path) -> bytes | None:
        try:
            is_inside = file.resolve().is_relative_to(self._home)
        except (OSError, RuntimeError):  # links in a circle
            is_inside = False
        if not is_inside:
            message = f"{file} leads out of the folder of the definition"
            self._tell(pointer, message, "copy the functions into a folder beside the definition")
            return None
        if is_disguised(file):
            self._tell(
                pointer,
                f"{file} is a link to a hidden file, or to one of another kind",
                "copy the function there",
            )
            return None
        try:
            with open_file(file) as opened:
                content = opened.read(MAX_BYTES + 1)
        except FileNotFoundError:
            self._tell(pointer, f"there is no file {file}", _hint_for_missing(call, folder))
            return None
        except OSError as error:
            self._tell(pointer, f"{file} can't be read: {error.strerror}", "check its permissions")
            return None
        self._bytes += len(content)
        if self._bytes > MAX_BYTES:
            message = f"the functions of catalogues that are called have more than {MAX_BYTES} bytes"
            self._tell(pointer, message, "call fewer, or shorter ones")
            return None
        return content

    def _parsed(self, file: Path, content: bytes, pointer: str) -> dict[str, Any] | None:
        try:
            document = read_yaml(content.decode())
        except UnicodeDecodeError as error:
            fault = Fault(
                "", "unreadable", f"byte {error.start + 1} of the file is not UTF-8", "save the file as UTF-8"
            )
            self._report(file, fault, Place(1, 1))
            return None
        for located in document.faults:
            self._report(file, located.fault, located.place)
        sha256 = hashlib.sha256(content).hexdigest()
        self._linked.files[pointer] = FunctionFile(file, sha256, document.positions)
        if not document.complete:
            return None
        if is_object(document.data) and document.data.keys() >= {"document", "do"}:
            hint = "write a task: `do:` with its tasks at the first level; `run: workflow` runs a definition"
            fault = Fault("", "not-a-task", "this is a whole definition, not a task", hint)
            self._report(file, fault, Place(1, 1))
            return None
        if not is_object(document.data):
            message = wrong_kind("the function", document.data, Kind.OBJECT)
            hint = "write a task: `input:` with the schema of its arguments, and what it does"
            self._report(file, Fault("", "wrong-type", message, hint), Place(1, 1))
            return None
        return document.data

    def _tell(self, pointer: str, message: str, hint: str) -> None:
        self._linked.faults.append(Fault(pointer, "unknown-function", message, hint))

    def _report(self, file: Path, fault: Fault, place: Place) -> None:
        self._linked.reports.append(Report.of(str(file), place, fault))


def _hint_for_missing(call: str, folder: Path) -> str:
    """The functions that there are in a catalogue, by what calls name."""
    catalog = call.rpartition("@")[2]
    names = sorted(
        f"{file.parent.parent.name}:{file.parent.name}@{catalog}"
        for file in folder.glob(f"functions/*/*/{_FILE}")
    )
    if not names:
        return f"the catalogue `{catalog}` has no function: write {folder}/functions/NAME/VERSION/{_FILE}"
    return hint_for_unknown(call, names, "functions of the catalogue")
