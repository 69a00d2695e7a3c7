"""Changes of a definition's text by what they mean."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.designer.outline import Checked, Offsets
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText, check_text
from httptask.designer.workspace import AskedWorkspace, Workspace
from httptask.dsl.renaming import rename_task, rename_variable, unname_variable
from httptask.dsl.yaml.editing import EditRefused, declare_secrets
from httptask.dsl.yaml.reader import read_yaml
from httptask.dsl.yaml.value_edits import insert_item, move_item, remove_value, rename_key, set_value
from httptask.json.types import is_array, is_object

router = APIRouter(tags=["editing"])

_MOST = 200
_UNDER_USE = "change it in the text, under `use.functions`"
_BOM = "\ufeff"


class SetEdit(BaseModel):
    """Gives the value at a pointer another one; what is around it is made where it is missing."""

    op: Literal["set"]
    pointer: str
    value: Any


class RemoveEdit(BaseModel):
    """Removes a key with its value, or an item: of a task, its item in the list (`/do/0`)."""

    op: Literal["remove"]
    pointer: str


class InsertEdit(BaseModel):
    """Puts a task into a list, before the one that is at `index`."""

    op: Literal["insert"]
    list: str
    index: int
    name: str
    task: Any


class MoveEdit(BaseModel):
    """Moves an item (`/do/2`) to a list, before the one that is at `index` there now."""

    op: Literal["move"]
    pointer: str
    list: str
    index: int


class RenameEdit(BaseModel):
    """Renames a task (`/do/0/classify`), and what names it."""

    op: Literal["rename"]
    pointer: str
    name: str


class RenameKeyEdit(BaseModel):
    """Gives a key another name: a case of a `switch`, a field of a schema. What names it elsewhere stays."""

    op: Literal["rename_key"]
    pointer: str
    name: str


class RenameVariableEdit(BaseModel):
    """Renames a variable that a task binds, as at `/do/0/each/for/each`, and the expressions that read it."""

    op: Literal["rename_variable"]
    pointer: str
    name: str | None
    """None takes out the name that stands there: it has the one of all that have none."""


class SecretsEdit(BaseModel):
    """Declares secrets under `use.secrets`."""

    op: Literal["secrets"]
    names: list[str]


Edit = Annotated[
    SetEdit
    | RemoveEdit
    | InsertEdit
    | MoveEdit
    | RenameEdit
    | RenameKeyEdit
    | RenameVariableEdit
    | SecretsEdit,
    Field(discriminator="op"),
]


class Edits(EditedText):
    """Changes of a text, one after the other: each means the text as those before it have left it."""

    edits: list[Edit] = Field(max_length=_MOST)


class TextChange(BaseModel):
    """Text in place of other text, in UTF-16 code units of the text before all of them."""

    from_: int = Field(serialization_alias="from")
    to: int
    insert: str


class EditedDefinition(Checked):
    """The text, and what became of it."""

    text: str
    changes: list[TextChange]


@router.post("/edits")
def edit_text(edits: Edits, workspace: AskedWorkspace) -> EditedDefinition:
    """Change a text where the changes mean it; 422 where it has a form that has to be changed by hand."""
    workspace.folder.file(edits.path)
    text = edits.text
    for number, edit in enumerate(edits.edits):
        try:
            before, text = text, _edited(text, _as_written(workspace, edits.path, text, edit))
            if isinstance(edit, RemoveEdit):
                text = _without_unread_secrets(before, text)
        except EditRefused as refused:
            raise Problem(422, refused.message, refused.hint, edit=number) from None
    looked = check_text(workspace, edits.path, text)
    return EditedDefinition(text=text, changes=changes_of(edits.text, text), **looked.model_dump())


def _as_written(workspace: Workspace, path: str, text: str, edit: Edit) -> Edit:
    """The same change where the text has it: blocks tell the tasks of functions where these are called.

    Raises:
        EditRefused: it would take a function's task from its place, or is not of this text.
    """
    told = {name: value for name in ("pointer", "list") if "/call" in (value := getattr(edit, name, ""))}
    loaded = workspace.load(path, text) if told else None
    program = None if loaded is None else loaded.program or loaded.draft
    if loaded is None or program is None:
        return edit
    for pointer in told.values():
        owns = {pointer, *(f"{pointer}/{name}" for name in program.definition.use.functions)}
        if not isinstance(edit, SetEdit) and owns & program.functions.keys():
            raise EditRefused("this is the task of a function, which is in no list", _UNDER_USE)
    written = {name: program.written_at(pointer) for name, pointer in told.items()}
    for function, file in loaded.functions.items():
        if any(f"{pointer}/".startswith(f"{function}/") for pointer in written.values()):
            raise EditRefused(f"this function is written in {file.path}", "change it there")
    return edit.model_copy(update=written)


def _edited(text: str, edit: Edit) -> str:
    match edit:
        case SetEdit():
            return set_value(text, edit.pointer, edit.value)
        case RemoveEdit():
            return remove_value(text, edit.pointer)
        case InsertEdit():
            return insert_item(text, edit.list, edit.index, {edit.name: edit.task})
        case MoveEdit():
            return move_item(text, edit.pointer, edit.list, edit.index)
        case RenameEdit():
            return rename_task(text, edit.pointer, edit.name)
        case RenameKeyEdit():
            return rename_key(text, edit.pointer, edit.name)
        case RenameVariableEdit():
            if edit.name is None:
                return unname_variable(text, edit.pointer)
            return rename_variable(text, edit.pointer, edit.name)
        case SecretsEdit():
            return declare_secrets(text, edit.names)


def _without_unread_secrets(before: str, after: str) -> str:
    """Take out of `use.secrets` what only the removed part has named: a run would not start without them.

    A name that stands anywhere else, be it in a comment, stays; so does a list that has to be changed by hand.
    """
    try:
        for name in _secrets_of(after):
            named = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
            left = len(named.findall(after))
            if left > 1 or left == len(named.findall(before)):
                continue
            names = _secrets_of(after)
            where = f"/use/secrets/{names.index(name)}"
            if len(names) == 1:
                where = "/use/secrets" if len(read_yaml(after).data["use"]) > 1 else "/use"
            after = remove_value(after, where)
    except EditRefused:
        pass
    return after


def _secrets_of(text: str) -> list[str]:
    data = read_yaml(text.removeprefix(_BOM)).data
    use = data.get("use") if is_object(data) else None
    names = use.get("secrets") if is_object(use) else None
    return [name for name in names if isinstance(name, str)] if is_array(names) else []


def changes_of(before: str, after: str) -> list[TextChange]:
    """What makes one text of another: lines that differ, and of a single one the part that does."""
    offsets = Offsets(before)
    bom = len(before) - len(before.removeprefix(_BOM))
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    kept = 0
    while kept < min(len(old), len(new)) - same and old[-1 - kept] == new[-1 - kept]:
        kept += 1
    inner = SequenceMatcher(None, old[same : len(old) - kept], new[same : len(new) - kept], autojunk=False)
    found: list[TextChange] = []
    for kind, i1, i2, j1, j2 in inner.get_opcodes():
        if kind != "equal":
            start, end = starts[same + i1], starts[same + i2]
            start, end, text = _narrowed(before, start, end, _joined(new, same + j1, same + j2))
            found.append(
                TextChange(from_=offsets.of_index(start - bom), to=offsets.of_index(end - bom), insert=text)
            )
    return found


def _joined(lines: Sequence[str], start: int, end: int) -> str:
    return "".join(lines[start:end])


def _narrowed(before: str, start: int, end: int, text: str) -> tuple[int, int, str]:
    """The same change, of nothing that stays."""
    while start < end and text and before[start] == text[0]:
        start, text = start + 1, text[1:]
    while start < end and text and before[end - 1] == text[-1]:
        end, text = end - 1, text[:-1]
    return start, end, text
