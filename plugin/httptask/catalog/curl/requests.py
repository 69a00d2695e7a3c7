"""What curl would send: its options put together to requests, as curl does it (measured against 7.88)."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final

from httptask.catalog.curl.data import joined_data, joined_query, url_query
from httptask.catalog.curl.forms import form_parts
from httptask.catalog.curl.options import Given
from httptask.catalog.curl.urls import expand_globs
from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.files import Files
from httptask.catalog.importing.request import ImportedRequest, Login
from httptask.catalog.importing.urls import Address, read_url
from httptask.http.headers import FORM_TYPE, has_control_character
from httptask.http.url import encode_component
from httptask.secrets.placeholders import has_placeholder

__all__ = ["requests_of"]

_DATA: Final = ("data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json")
_FORM: Final = ("form", "form-string")
_CURLS_OWN: Final = {"content-type": "Content-Type", "accept": "Accept", "user-agent": "User-Agent"}


def requests_of(given: Given, files: Files, secrets: Secrets, *, as_json: bool) -> Iterator[ImportedRequest]:
    """The requests of a command, in the order in which curl sends them.

    Args:
        given: its options.
        files: that it names.
        secrets: takes its credentials.
        as_json: whether a body that is JSON is sent as such where curl, told nothing of its type, calls it a form.

    Raises:
        CatalogError: curl would refuse the command, or nothing can send what it sends.
    """
    urls = given.all("url")
    uploads = [value for _, value in given.all("upload-file")]
    if not urls:
        raise CatalogError("a curl command without a URL", "name the address")
    _check_together(given, uploads)
    for index, (_, text) in enumerate(urls):
        upload = uploads[index] if index < len(uploads) else None
        for expanded in [text] if given.holds("globoff") else expand_globs(text):
            request = _request(given, expanded, upload, files, secrets)
            if as_json and request.json_as_form is not None:
                request.body = request.json_as_form
                request.drop_header("content-type")
                request.headers.append(("Content-Type", "application/json"))
            yield request


def _check_together(given: Given, uploads: Sequence[str]) -> None:
    bodies = [
        name for names in (_DATA, _FORM) if given.all(*names) for name in [f"--{given.all(*names)[0][0]}"]
    ]
    kinds = [*bodies, *(["--upload-file"] if uploads else [])]
    if given.holds("head") and not given.holds("get"):
        kinds.append("--head")
    if len(kinds) > 1:
        raise CatalogError(f"curl refuses {kinds[0]} together with {kinds[1]}", "keep one of them")
    if given.holds("get") and (uploads or given.all(*_FORM)):
        raise CatalogError("--get has no place for files", "write the query into the URL")
    if given.holds("get") and given.all(*_DATA) and given.all("url-query"):
        raise CatalogError("curl leaves --url-query out beside --get", "keep one of them")
    if kinds and "--head" not in kinds and not given.holds("get") and given.last("range") is not None:
        raise CatalogError(f"--range together with {kinds[0]} asks for no part", "leave it out")
    if given.last("user") and given.last("oauth2-bearer"):
        raise CatalogError("--user together with --oauth2-bearer", "keep one of them")
    if given.holds("digest") and given.holds("basic"):
        raise CatalogError("--digest together with --basic", "keep one of them")


def _request(given: Given, text: str, upload: str | None, files: Files, secrets: Secrets) -> ImportedRequest:
    data = given.all(*_DATA)
    is_query = given.holds("get")
    pieces = [url_query(value, files) for _, value in given.all("url-query")]
    pieces += [joined_data(data, files)] if data and is_query else []
    scheme = given.last("proto-default") or "http"
    url = read_url(joined_query(text, pieces), scheme, keeps_dots=given.holds("path-as-is"))
    secrets.begin(url.host, url.text)
    request = ImportedRequest("GET", url, "curl", notes=list(given.notes))
    if upload is not None:
        request.method = "PUT"
        request.body = files.text(upload, "upload-file")
        request.url = _with_file_name(url, upload)
    elif parts := given.all(*_FORM):
        request.method, request.parts = "POST", form_parts(parts, files)
    elif data and not is_query:
        request.method, request.body = "POST", joined_data(data, files)
        request.has_raw_variable = any(
            secrets.has_raw_variable(value) for name, value in data if name != "data-urlencode"
        )
    request.method = given.last("request") or ("HEAD" if given.holds("head") else request.method)
    _headers(given, request, files)
    if request.parts is not None and "content-type" in request.removed:
        raise CatalogError("--form with a Content-Type that is taken away", "leave that --header out")
    _login(given, request)
    _settings(given, request)
    return request


def _with_file_name(url: Address, upload: str) -> Address:
    """A folder's address takes the name of the file."""
    head, mark, query = url.text.partition("?")
    name = encode_component(PurePath(upload).name) if head.endswith("/") and upload != "-" else ""
    return Address(head + name + mark + query, url.host, url.user)


def _headers(given: Given, request: ImportedRequest, files: Files) -> None:
    """The headers of `--header`, and those of other options where it names none of them."""
    lines = [line for _, value in given.all("header") for line in _lines(value, files)]
    for line in lines:
        _header(line, request)
    written = {name.lower() for name, _ in request.headers} | request.removed
    own: dict[str, str | None] = {
        "Content-Type": _content_type(given, has_body=request.body is not None),
        "Accept": "application/json" if given.all("json") else None,
        "User-Agent": given.last("user-agent"),
        "Referer": _referer(given.last("referer")),
        "Cookie": _cookie(given),
        "Range": _range(given.last("range")),
    }
    for name, value in own.items():
        if value and name.lower() not in written:
            request.headers.append((name, value))
    if own["Content-Type"] == FORM_TYPE and "content-type" not in written:
        request.json_as_form = _compact(request.body or "")
    if own["User-Agent"] == "" and "user-agent" not in written:
        request.removed.add("user-agent")


def _lines(value: str, files: Files) -> list[str]:
    return files.text(value[1:], "header").splitlines() if value.startswith("@") else [value]


def _header(line: str, request: ImportedRequest) -> None:
    """One line of `--header`: `Name: value`; `Name:` takes a header away, and `Name;` sends it empty."""
    name, colon, value = line.partition(":")
    if not colon:
        name, semicolon, rest = line.partition(";")
        if semicolon and not rest:
            request.headers.append((name.strip(), ""))
        else:
            request.removed |= {name.lower()} if semicolon else set()
            request.notes.append("a --header without a colon is left out, for curl does not send it")
    elif value.strip():
        request.headers.append((name, value.strip(" \t\r\n")))
    else:
        request.removed.add(name.lower())
        if name.lower() not in {*_CURLS_OWN, "expect", "host", "authorization", "cookie", "referer"}:
            request.notes.append("a --header without a value is left out, for curl does not send it")


def _content_type(given: Given, *, has_body: bool) -> str | None:
    if given.all("json"):
        return "application/json"
    return FORM_TYPE if has_body and given.all(*_DATA) else None


def _compact(body: str) -> str | None:
    """A body that is an object or a list of JSON, without what stands between its parts; None for another one."""
    if body[:1] not in ("{", "["):
        return None
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None


def _referer(value: str | None) -> str | None:
    return None if value is None else value.partition(";auto")[0]


def _cookie(given: Given) -> str | None:
    cookies = [value for _, value in given.all("cookie")]
    if any("=" not in cookie for cookie in cookies):
        raise CatalogError("--cookie names a file of cookies", "write the cookies out: --cookie 'NAME=VALUE'")
    return ";".join(cookies) or None


def _range(value: str | None) -> str | None:
    if value is None:
        return None
    return f"bytes={value}" if "-" in value else f"bytes={value}-"


def _login(given: Given, request: ImportedRequest) -> None:
    """`--user`, a token, or the user of the URL, unless a header says it already."""
    scheme = "digest" if given.holds("digest") else "basic"
    user = given.last("user")
    if "authorization" in request.removed or any(n.lower() == "authorization" for n, _ in request.headers):
        return
    if (token := given.last("oauth2-bearer")) is not None:
        request.token = token
    elif user is not None:
        name, colon, password = user.partition(":")
        if has_control_character(name):
            raise CatalogError(
                "--user has a line break or control character", "write name and password alone"
            )
        if not colon and has_placeholder(name):
            raise CatalogError(
                "--user is one variable", "write '$NAME:$PASSWORD', or '$NAME:' without a password"
            )
        request.login = Login(scheme, name, password if colon else None)
    elif request.url.user is not None:
        request.login = Login(scheme, *request.url.user)


def _settings(given: Given, request: ImportedRequest) -> None:
    seconds, size = given.last("max-time"), given.last("max-filesize")
    if seconds is not None:
        if not re.fullmatch(r"\d+(\.\d+)?", seconds):
            raise CatalogError("--max-time is no number of seconds", "write it as 30 or 2.5")
        request.seconds = float(seconds) or None
    if size is not None:
        found = re.fullmatch(r"(\d+)([bkmg]?)", size, re.IGNORECASE)
        if found is None:
            raise CatalogError("--max-filesize is no number of bytes", "write it as 100000 or 2M")
        request.response_bytes = int(found[1]) * 1024 ** "bkmg".index(found[2].lower() or "b") or None
