"""Commands of a POSIX shell, read as bash reads what is pasted into it, without running anything.

Variables stay, as placeholders; what the shell would compute is refused by its name and place.
"""

import base64
import binascii
import json
import re
import sys
from dataclasses import dataclass
from typing import Final, NoReturn

from httptask.catalog.curl.pasted import ShellCommand, ShellText, check_signs
from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets

__all__ = ["read_commands"]

_BREAK: Final = re.compile(r"\r?\n")
_CONTINUATION: Final = re.compile(r"\\\r?\n")
_LINE: Final = re.compile(r"[^\n]*(?:\n|$)")
_BLANK: Final = re.compile(r"[ \t]+")
_SEPARATOR: Final = re.compile(r"&&|\|\||;|&|\r?\n")
_WRITES: Final = re.compile(r"(?:\d*|&)>(?:>|\||&(?=[0-9-]))?[ \t]*")
_READS: Final = re.compile(r"0?(?P<kind><<<|<<-?|<(?![<>&]))[ \t]*")
_READS_OTHERWISE: Final = re.compile(r"\d*<[<>&]?")
_QUOTES: Final = re.compile(r"['\"\\]")
_PLAIN: Final = re.compile(r"[^\s\\'\"$`;|&<>()]+")
_IN_QUOTES: Final = re.compile(r'[^\\"$`]+')
_VARIABLE: Final = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
_FIELD: Final = re.compile(
    r"""\$\(printf %s "\$([A-Za-z_]\w*)" \| jq -r '?\.("(?:[^"\\]|\\.)*")(\|@uri|\|tojson\|\.\[1:-1\])?'?\)""",
)
_ESCAPED: Final = re.compile(
    r"""\$\(jq -rn --arg v "\$([A-Za-z_]\w*)" '\$v\|(?:@uri|tojson\|\.\[1:-1\])'\)"""
)
"""A variable as `test-request` writes it where its value needs escapes."""
_PRINT: Final = re.compile(r"printf %s ")
_DECODE: Final = re.compile(r" \| base64 --decode")
_PRINT_END: Final = re.compile(r"; |\)")
_BRACES: Final = re.compile(r"\{[^{}\s]*\}")
_PARAMETER: Final = re.compile(r"\$[0-9@*#?$!-]")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")
_ESCAPES: Final = {
    "a": 7, "b": 8, "e": 27, "E": 27, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11,
    "\\": 92, "'": 39, '"': 34, "?": 63,
}  # fmt: skip
_NUMBERED: Final = re.compile(
    r"x(?P<byte>[0-9A-Fa-f]{1,2})|u(?P<short>[0-9A-Fa-f]{1,4})|U(?P<long>[0-9A-Fa-f]{1,8})|"
    r"(?P<octal>[0-7]{1,3})|c(?P<control>.)",
    re.DOTALL,
)
_PROMPTS: Final = frozenset({"$", "%"})


@dataclass
class _HereDocument:
    """One that is announced, and begins on the next line."""

    name: str
    end: str
    is_indented: bool
    is_quoted: bool


def read_commands(text: str, secrets: Secrets, found: ShellText) -> list[ShellCommand]:
    """The commands, each as a program would get it.

    Args:
        text: one or more commands.
        secrets: takes the variables.
        found: takes what stands beside the words.

    Raises:
        CatalogError: the shell would compute something.
    """
    reader = _Reader(text.removeprefix("\ufeff"), secrets, found)
    return reader.commands()


class _Reader:
    def __init__(self, text: str, secrets: Secrets, found: ShellText) -> None:
        self.text = text
        self.secrets = secrets
        self.found = found
        self.index = 0
        self.is_behind_pipe = False
        """What is read now takes the output of a command, and is left out."""
        self.announced: list[_HereDocument] = []

    def commands(self) -> list[ShellCommand]:
        commands: list[ShellCommand] = []
        command = ShellCommand()
        while self.index < len(self.text):
            if self._skip():
                continue
            if self._take(_WRITES) is not None:
                self.word()
            elif (separator := self._take(_SEPARATOR)) is not None:
                self._end(commands, command)
                command, self.is_behind_pipe = ShellCommand(), False
                if separator.endswith("\n"):
                    self._here_documents()
            elif self._peek() == "|":
                self.index += 1
                self._end(commands, command)
                command, self.is_behind_pipe = ShellCommand(), True
                self._note("what stands behind `|` is left out: it takes the response")
            else:
                self._argument(command)
        self._end(commands, command)
        return commands

    def _skip(self) -> bool:
        """Go past what separates words: blanks, continued lines, comments."""
        if self._take(_BLANK) is not None or self._take(_CONTINUATION) is not None:
            return True
        if self._peek() == "#":
            end = _BREAK.search(self.text, self.index)
            self.index = len(self.text) if end is None else end.start()
            return True
        return False

    def _argument(self, command: ShellCommand) -> None:
        at = self.index
        if not self.text.startswith("<(", at) and (found := _READS.match(self.text, at)) is not None:
            self.index = found.end()
            command.stdin = self._standard_input(found["kind"])
        elif not self.text.startswith("<(", at) and self._take(_READS_OTHERWISE) is not None:
            self._refuse(at, "a redirection of this kind", "put the text itself behind --data-binary")
        elif self._peek() in "()":
            self.index += 1
            self._refuse(at, "a subshell `(`", "keep the curl command alone")
        elif not command.words and _ASSIGNMENT.match(self.text, at):
            self._refuse(at, "the assignment of a variable", "put its value in its place, or leave it out")
            self.word()
        else:
            word = self.word()
            if command.words or word not in _PROMPTS:
                command.words.append(word)

    def _standard_input(self, kind: str) -> str:
        """The file that is read: of that name, or one that the command holds itself."""
        at = self.index
        word = self.word()
        if kind == "<":
            return word
        if kind == "<<<":
            return self._file(_bytes(word) + b"\n")
        is_quoted = _QUOTES.search(self.text, at, self.index) is not None
        document = _HereDocument(self._file(b""), word, kind == "<<-", is_quoted)
        self.announced.append(document)
        return document.name

    def _here_documents(self) -> None:
        """Read those that were announced on the line before."""
        for document in self.announced:
            start, lines = self.index, list[str]()
            while self.index < len(self.text):
                line = _LINE.match(self.text, self.index)
                assert line is not None  # which even an empty one is
                self.index = line.end()
                told = line[0].lstrip("\t") if document.is_indented else line[0]
                if told.rstrip("\r\n") == document.end:
                    break
                lines.append(told)
            else:
                self._refuse_open(start, "a here-document")
            self.found.files[document.name] = self._expanded("".join(lines), document, start)
        self.announced = []

    def _expanded(self, text: str, document: _HereDocument, start: int) -> bytes:
        if document.is_quoted:
            return _bytes(text)
        content = bytearray()
        inside = _Reader(self.text[:start] + text, self.secrets, self.found)
        inside.index, inside.is_behind_pipe = start, self.is_behind_pipe
        inside.quoted(content, None)
        return bytes(content)

    def _file(self, content: bytes) -> str:
        name = f"/dev/fd/{63 - len(self.found.files)}"
        self.found.files[name] = content
        return name

    def _end(self, commands: list[ShellCommand], command: ShellCommand) -> None:
        if command.words and not self.is_behind_pipe:
            commands.append(command)

    def word(self) -> str:
        """The next word, its quotes taken away."""
        content = bytearray()
        start = self.index
        check_signs(self.text, start, self._place(start))
        while self.index < len(self.text):
            at, sign = self.index, self._peek()
            if (plain := self._take(_PLAIN)) is not None:
                if any("," in found or ".." in found for found in _BRACES.findall(plain)):
                    self._refuse(at, "a brace expansion `{ , }`", "put the word in single quotes")
                content += _bytes(plain)
            elif self._take(_CONTINUATION) is not None:
                pass
            elif sign == "\\":
                content += _bytes(self.text[at + 1 : at + 2])
                self.index += 2
            elif sign == "'":
                content += _bytes(self._up_to("'", at, "a single quote"))
            elif sign == '"':
                self.index += 1
                self.quoted(content, at)
            elif sign in "$`":
                self._dollar(content, is_quoted=False)
            elif self.text.startswith("<(", at):
                content += _bytes(self._printed())
            else:
                break
        if self.index == start:  # an operator where a word belongs
            self.index += 1
        return content.decode("utf-8", "surrogateescape")

    def quoted(self, content: bytearray, opened: int | None) -> None:
        """Read on to the double quote that closes the one at an index; without one, to the end of the text."""
        while self.index < len(self.text):
            at, sign = self.index, self._peek()
            if (plain := self._take(_IN_QUOTES)) is not None:
                content += _bytes(plain)
            elif sign == '"':
                self.index += 1
                if opened is not None:
                    return
                content += b'"'
            elif self._take(_CONTINUATION) is not None:
                pass
            elif sign == "\\":
                following = self.text[at + 1 : at + 2]
                escaped = ("$", "`", "\\", '"') if opened is not None else ("$", "`", "\\")
                content += _bytes(following if following in escaped else f"\\{following}")
                self.index += 2
            else:
                self._dollar(content, is_quoted=True)
        if opened is not None:
            self._refuse_open(opened, "a double quote")

    def _dollar(self, content: bytearray, *, is_quoted: bool) -> None:
        at = self.index
        if (found := _FIELD.match(self.text, at)) is not None:
            self.index = found.end()
            content += _bytes(
                self.secrets.variable(found[1], json.loads(found[2]), is_escaped=bool(found[3]))
            )
        elif (found := _ESCAPED.match(self.text, at)) is not None:
            self.index = found.end()
            content += _bytes(self.secrets.variable(found[1], is_escaped=True))
        elif (found := _VARIABLE.match(self.text, at)) is not None:
            self.index = found.end()
            content += _bytes(self.secrets.variable(found[1] or found[2]))
        elif self.text.startswith("$'", at) and not is_quoted:
            self.index += 1
            self._ansi_c(content, at)
        elif self.text.startswith('$"', at) and not is_quoted:
            self.index += 1
        else:
            self._substitution(content, at)

    def _substitution(self, content: bytearray, at: int) -> None:
        """Refuse what the shell would put in; a dollar sign before nothing of that kind is itself."""
        kinds = {
            "`": "a command substitution `` ` ``",
            "$((": "an arithmetic expansion `$((`",
            "$(": "a command substitution `$(`",
            "${": "a parameter expansion `${`",
        }
        for opening, kind in kinds.items():
            if self.text.startswith(opening, at):
                self._refuse(at, kind, "put in what it yields, or a variable that holds it: `$NAME`")
        if _PARAMETER.match(self.text, at) is not None:
            self._refuse(at, "a parameter of the shell", "put in its value, or a variable of a name: `$NAME`")
        content += _bytes(self.text[at])
        self.index += 1

    def _ansi_c(self, content: bytearray, opened: int) -> None:
        r"""Read on behind `$'`, where escapes are those of C: `\n`, `\u00e4`, `\x41`."""
        self.index += 1
        while self.index < len(self.text):
            at, sign = self.index, self._peek()
            self.index += 1
            if sign == "'":
                return
            if sign != "\\":
                content += _bytes(sign)
                continue
            escape = self.text[at + 1 : at + 2]
            numbered = _NUMBERED.match(self.text, at + 1)
            if escape in _ESCAPES:
                content.append(_ESCAPES[escape])
                self.index += 1
            elif numbered is None:
                content += b"\\"
            else:
                content += _character(numbered)
                self.index = numbered.end()
        self._refuse_open(opened, "a single quote")

    def _printed(self) -> str:
        """A file that the command holds itself, as `test-request` shows those of bytes: `<(printf %s …)`."""
        at = self.index
        self.index += len("<(")
        whole = b""
        while self._take(_PRINT) is not None:
            content = _bytes(self.word())
            if self._take(_DECODE) is not None:
                try:
                    content = base64.b64decode(content, validate=True)
                except binascii.Error:
                    self._refuse(at, "a process substitution with what is no base64", "name a file instead")
            whole += content
            if self._take(_PRINT_END) == ")":
                return self._file(whole)
        self._refuse(at, "a process substitution `<(`", "name a file, or put the text itself there")
        return ""

    def _up_to(self, quote: str, opened: int, what: str) -> str:
        end = self.text.find(quote, opened + 1)
        if end < 0:
            self._refuse_open(opened, what)
        self.index = end + 1
        return self.text[opened + 1 : end]

    def _peek(self) -> str:
        return self.text[self.index : self.index + 1]

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.index)
        if found is None:
            return None
        self.index = found.end()
        return found[0]

    def _note(self, text: str) -> None:
        if text not in self.found.notes:
            self.found.notes.append(text)

    def _refuse(self, at: int, what: str, hint: str) -> None:
        if not self.is_behind_pipe:
            raise CatalogError(f"{self._place(at)}: {what}, and no shell runs here", hint)

    def _refuse_open(self, at: int, what: str) -> NoReturn:
        raise CatalogError(f"{self._place(at)}: {what} that is never closed", "paste the command as a whole")

    def _place(self, at: int) -> str:
        before = self.text[:at]
        return f"line {before.count(chr(10)) + 1}, column {at - before.rfind(chr(10))}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _character(escape: re.Match[str]) -> bytes:
    if escape["control"] is not None:
        return bytes([ord(escape["control"].upper()) & 0x1F])
    if escape["octal"] is not None:
        return bytes([int(escape["octal"], 8) & 0xFF])
    if escape["byte"] is not None:
        return bytes([int(escape["byte"], 16)])
    code = int(escape["short"] or escape["long"], 16)
    if code > sys.maxunicode:
        raise CatalogError("an escape `\\U` beyond Unicode", "paste the command as it was copied")
    return chr(code).encode("utf-8", "surrogatepass")
