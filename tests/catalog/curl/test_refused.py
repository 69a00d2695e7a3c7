"""What can't be kept is named; what a command holds of credentials stands in no message."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from httptask.catalog.curl import import_curl
from httptask.catalog.errors import CatalogError

URL = "https://api.example.com/"
REFUSED = {
    "a command substitution": (f'curl {URL} -H "X: $(date)"', "line 1, column 38: a command substitution `$(`"),
    "backticks": (f"curl {URL} \\\n  -d `date`", "line 2, column 6: a command substitution `` ` ``"),
    "a parameter expansion": (f"curl {URL}${{ID:-1}}", "a parameter expansion `${`"),
    "arithmetic": (f"curl {URL}$((1+1))", "an arithmetic expansion"),
    "a parameter of a script": (f'curl {URL} -d "$1"', "a parameter of the shell"),
    "an open here-document": (f"curl {URL} -d @- <<END\nx\n", "line 2, column 1: a here-document that is never"),
    "a redirection": (f"curl {URL} -T - <> file", "a redirection of this kind"),
    "a command in a here-document": (f"curl {URL} -d @- <<END\nx\n $(a)\nEND\n", "line 3, column 2: a command sub"),
    "a process substitution": (f"curl {URL} -d @<(date)", "a process substitution"),
    "a subshell": (f"(curl {URL})", "a subshell"),
    "an assignment": (f"KEY=x curl {URL}", "the assignment of a variable"),
    "a brace expansion": (f"curl {URL} -d {{a,b}}", "a brace expansion"),
    "an open quote": (f"curl '{URL}", "a single quote that is never closed"),
    "an open double quote": (f'curl "{URL}', "a double quote that is never closed"),
    "another command": (f"dump {URL}", "command 1 is none of curl"),
    "wget": (f"wget {URL}", "command 1 is none of curl, but of `wget`"),
    "a program before it": (f"curl {URL}; sudo -E curl {URL}", "command 2 is none of curl, but of `sudo`"),
    "typographic quotes": (f"curl \u201c{URL}\u201d", "line 1, column 6: a typographic quote"),
    "one of a header": (f"curl {URL} -H\u2018X: 1\u2019", "line 1, column 31: a typographic quote"),
    "one of an assignment": (f"curl {URL} --data-urlencode a=\u201ax\u2018", "a typographic quote"),
    "a long dash": (f"curl {URL} \\\n  \u2013X POST", "line 2, column 3: a dash that begins no option"),
    "a longer dash": (f"curl \u2014request POST {URL}", "a dash that begins no option"),
    "a no-break space": (f"curl {URL} -H\u00a0'X: 1'", "line 1, column 33: a space that separates no words"),
    "PowerShell": (f'$s = New-Object Session\nInvoke-WebRequest -Uri "{URL}"', "this is written for PowerShell"),
    "PowerShell in a fence": (f"```powershell\nirm {URL}\n```", "this is written for PowerShell"),
    "its short form": (f"irm {URL} -Headers @{{ A = 'b' }}", "this is written for PowerShell"),
    "input of a pipe": (f"echo x | curl {URL} -d @-", "command 1 is none of curl"),
    "nothing": ("# no command\n", "there is no command"),
    "no URL": ("curl -s", "a curl command without a URL"),
    "an unknown option": (f"curl --fantasy {URL}", "--fantasy: curl has no such option"),
    "an unknown letter": (f"curl -sW {URL}", "-W: curl has no such option"),
    "an ambiguous option": (f"curl --proxy-t x {URL}", "--proxy-t: several options"),
    "an equals sign": (f"curl --request=POST {URL}", "--request=: curl has no option of this form"),
    "no value": (f"curl {URL} -H", "-H needs a value"),
    "signed requests": (f"curl {URL} --aws-sigv4 aws:amz", "--aws-sigv4 can't be kept"),
    "another address": (f"curl {URL} --resolve a:443:10.0.0.1", "--resolve can't be kept"),
    "credentials of a file": (f"curl -n {URL}", "-n can't be kept"),
    "cookies of a file": (f"curl {URL} -b jar.txt", "--cookie names a file of cookies"),
    "a missing file": (f"curl {URL} -d @missing", "the file missing of --data can't be read: No such file"),
    "a missing file of a form": (f"curl {URL} -F file=@missing", "the file missing of --form can't be read"),
    "a file of zero bytes": (f"curl {URL} -d @zero", "the file of --data has zero bytes"),
    "standard input": (f"curl {URL} -d @-", "--data takes its data from standard input"),
    "two bodies": (f"curl {URL} -d a -F b=c", "curl refuses --data together with --form"),
    "a body for HEAD": (f"curl -I {URL} -d a", "curl refuses --data together with --head"),
    "a glob": (f"curl '{URL}?filter[name]=x'", "curl refuses the URL for its `[`"),
    "too many": (f"curl '{URL}[1-999]'", "the URL stands for 999 URLs"),
    "too many in all": (f"curl '{URL}[1-100]' {URL}", "there are more than 100 requests"),
    "a space": (f"curl '{URL}a b'", "the URL is empty, or has a space"),
    "another protocol": ("curl ftp://ftp.example.com/", "the URL's scheme is ftp"),
    "another host": (f"curl {URL} -H 'Host: other'", "the header Host names another server"),
    "another length": (f"curl {URL} -d abc -H 'Content-Length: 2'", "Content-Length says another length"),
    "dots that stay": (f"curl --path-as-is {URL}a/../b", "no task can send this"),
    "a variable as a method": (f'curl -X "$METHOD" {URL}', "no task can send this"),
    "a variable as a name": (f'curl {URL} -H "$NAME: x"', "no task can send this"),
    "a user that is a variable": (f'curl {URL} -u "$LOGIN"', "--user is one variable"),
    "a cookie outside ASCII": (f"curl {URL} -b 'a=ü'", "the value of the header Cookie has a character outside"),
    "a token of two lines": (f"curl {URL} --oauth2-bearer $'a\\nb'", "the bearer token has a line break"),
    "a user of two lines": (f"curl {URL} -u $'a\\nb:c'", "--user has a line break"),
    "two queries": (f"curl -G {URL} -d a=1 --url-query b=2", "curl leaves --url-query out beside --get"),
    "a part of a body": (f"curl {URL} -r 0-5 -d a=1", "--range together with --data asks for no part"),
    "parts in parts": (f"curl {URL} -F 'a=(;type=multipart/mixed'", "--form has parts within parts"),
    "headers of parts": (f"curl {URL} -F 'a=b;headers=\"X: y\"'", "--form has `headers=`"),
    "a type of parts": (f"curl {URL} -F a=b -H 'Content-Type: multipart/related; boundary=x'", "multipart/related"),
    "no type of parts": (f"curl {URL} -F a=b -H Content-Type:", "--form with a Content-Type that is taken away"),
    "a variable of Windows": (f'curl ^"{URL}%TOKEN%^"', "the variable %TOKEN%"),
    "a pipe of Windows": (f'curl ^"{URL}^" | more', "`|` outside quotes"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_by_name(name: str, tmp_path: Path) -> None:
    command, message = REFUSED[name]
    (tmp_path / "zero").write_bytes(b"\0")
    with pytest.raises(CatalogError) as refused:
        import_curl(command, tmp_path)
    assert message in refused.value.message
    assert refused.value.hint


NOTES = {
    "certificates": ("-k", "-k is not kept"),
    "redirects": ("--location", "--location is not kept: `redirects = 5`"),
    "attempts": ("--retry 3", "--retry is not kept"),
    "a proxy": ("-x http://a:geheim@p", "-x is not kept"),
    "compression": ("-H 'Accept-Encoding: br'", "the header Accept-Encoding is left out"),
    "framing": ("-H 'Connection: close'", "the header Connection is left out"),
    "a header taken away": ("-H 'Accept:'", "the header accept can't be left out"),
    "no agent": ("-A ''", "the header user-agent can't be left out"),
    "a header that curl drops": ("-H 'Geheim geheim'", "a --header without a colon is left out"),
    "two values": ("-H 'X: 1' -H 'X: 2'", "the header X is sent once, with both values"),
    "small letters": ("-X get", "the method is sent in capital letters"),
    "no type": ("-d a -H Content-Type:", "with a Content-Type, where curl sends none"),
    "json as a form": ("-d '{}'", "the body is JSON and is sent as a form"),
    "output": ("| jq .a", "what stands behind `|` is left out"),
    "odd characters": ("--url-query '+a=<' ", "< in the URL is percent-encoded"),
    "a file": ("-d @note.txt", "the content of note.txt stands in the task"),
}


@pytest.mark.parametrize("name", NOTES)
def test_is_imported_and_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a")
    options, note = NOTES[name]
    made = import_curl(f"curl {URL} {options}", tmp_path)
    assert any(note in told for told in made.notes), made.notes
    assert "geheim" not in f"{made}".lower()


LINE = re.compile(r" *(?:-(?P<letter>\S), |)\s*--(?P<name>\S+)(?P<value> <| \[)?")


def test_every_option_of_the_installed_curl_is_known(tmp_path: Path) -> None:
    listed = subprocess.run(["curl", "--help", "all"], capture_output=True, text=True, check=True).stdout
    options = [
        found for line in listed.splitlines() if (found := LINE.match(line)) and found["name"] != "next"
    ]
    assert len(options) > 200
    for option in options:
        value = ["1"] if option["value"] else []
        for written in (f"--{option['name']}", f"-{option['letter']}" if option["letter"] else None):
            if written is not None:
                unknown = import_outcome(" ".join(["curl", written, *value, URL]), tmp_path)
                assert "no such option" not in unknown, written
                assert "needs a value" not in unknown, written
                assert "without a URL" not in unknown, written


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert (
        import_outcome(f"curl {URL} -d @pipe", tmp_path)
        == "the file pipe of --data can't be read: is no regular file"
    )


def import_outcome(command: str, folder: Path) -> str:
    try:
        import_curl(command, folder)
    except CatalogError as error:
        return error.message
    return ""
