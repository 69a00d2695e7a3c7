"""Commands as people paste them: with a fence of Markdown, a word processor's signs, another program before curl."""

import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from httptask.catalog.errors import CatalogError

__all__ = ["ShellCommand", "ShellText", "check_signs", "check_text", "options_of", "without_fence"]

_NO_TEXT: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of surrogate pairs that don't stand for bytes of the command line."""
_LONGEST: Final = 1024 * 1024
_POWERSHELL: Final = re.compile(
    r"\s*(?:\$\w+\s*=\s*)?(?:Invoke-WebRequest|Invoke-RestMethod|New-Object|iwr|irm)\s", re.IGNORECASE
)
_FENCED: Final = re.compile(r"\s*(?P<fence>```+|~~~+)[^\n`]*\n(?P<block>.*?)\n[ \t]*(?P=fence)\s*", re.DOTALL)
_CODE: Final = re.compile(r"\s*`(?P<code>curl\s[^`]*)`\s*")
_SIGNS: Final = {
    "a typographic quote": (
        re.compile("(?:-[A-Za-z]|[\\w.-]*=)?[\u2018-\u201f\u00ab\u00bb\u2039\u203a]"),
        "write straight quotes, as a word processor does not: '...'",
    ),
    "a dash that begins no option": (
        re.compile("[\u2010-\u2015\u2212]+[A-Za-z-]"),
        "a word processor made it: write `-` or `--`",
    ),
    "a space that separates no words": (re.compile(r"[^\S\x00-\x7f]"), "write a plain space"),
}
"""What stands for other signs at the beginning of a word."""
_PROGRAMS: Final = frozenset({"curl", "curl.exe"})
_BEFORE: Final = frozenset({"command", "env", "exec", "nohup", "sudo", "time", "timeout", "watch", "xargs"})
_OTHERS: Final = frozenset({"cat", "echo", "http", "https", "jq", "printf", "wget", "xh"})


@dataclass
class ShellCommand:
    """A command.

    Attributes:
        words: its name, and what it is given.
        stdin: the file that its standard input is; None where it is the terminal's, or another command's output.
    """

    words: list[str] = field(default_factory=list[str])
    stdin: str | None = None


@dataclass
class ShellText:
    """What commands are made of, as far as it was read.

    Attributes:
        files: contents that stand in the command itself, by the name that the shell would give to them.
        notes: what was left out.
    """

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    notes: list[str] = field(default_factory=list[str])


def check_text(text: str) -> None:
    """Refuse what is no text of commands at all.

    Raises:
        CatalogError: it is too long, no Unicode, or written for PowerShell.
    """
    if len(text) > _LONGEST:
        raise CatalogError("the text is longer than a megabyte", "give less of it at once")
    if _NO_TEXT.search(text):
        raise CatalogError("the text has half of a surrogate pair", "paste the command as it was copied")
    if _POWERSHELL.match(text):
        raise CatalogError("this is written for PowerShell", "copy it as cURL, for bash or for cmd")


def without_fence(text: str) -> str:
    """The code of a text that is a block of Markdown as a whole, on the lines where it stood."""
    if (fenced := _FENCED.fullmatch(text)) is not None:
        return "\n" * text.count("\n", 0, fenced.start("block")) + fenced["block"]
    code = _CODE.fullmatch(text)
    return text if code is None else code["code"]


def check_signs(text: str, at: int, place: str) -> None:
    """Refuse, at the beginning of a word, what a word processor or a page makes of a command's own signs.

    Raises:
        CatalogError: the shell would take such a sign for a part of the word.
    """
    for what, (pattern, hint) in _SIGNS.items():
        if pattern.match(text, at) is not None:
            raise CatalogError(f"{place}: {what}", hint)


def options_of(command: ShellCommand, number: int) -> list[str]:
    """What curl is given.

    Raises:
        CatalogError: the command is another program's, which is named if it is a known one.
    """
    name = PurePath(command.words[0].replace("\\", "/")).name
    if name in _PROGRAMS:
        return command.words[1:]
    message = f"command {number} is none of curl"
    if name in _BEFORE:
        raise CatalogError(f"{message}, but of `{name}`", f"leave `{name}` out: begin with curl")
    if name in _OTHERS:
        raise CatalogError(f"{message}, but of `{name}`", "write the request as a command of curl alone")
    raise CatalogError(message, "keep the curl commands alone")
