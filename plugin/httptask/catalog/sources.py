"""Where the document of an API comes from: a file, a folder, or a URL; and the files that belong to it."""

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from httptask.catalog.errors import CatalogError, PrivateAddress
from httptask.catalog.importing.credentials import without_credentials
from httptask.client.edge import Edge
from httptask.config.sections import Policy
from httptask.egress.address import network_of, permission
from httptask.http.errors import AddressForbidden, HttpStatusError, HttpTaskError
from httptask.http.files import files_in, open_file
from httptask.http.limits import MAX_RESPONSE_BYTES
from httptask.http.models import HttpRequest, Limits
from httptask.openapi.text import MAX_BYTES, DocumentInvalid
from httptask.secrets.store import SecretStore

__all__ = ["download", "files_below", "root_document"]

_SUFFIXES: Final = (".json", ".yaml", ".yml")
_BEGINNING: Final = re.compile(
    rb"""(?:^|[{,]\s*)["']?(?:openapi|swagger)["']?\s*:\s*["']?[23]\b""", re.MULTILINE
)
"""The key that every API document has."""
_ACCEPT: Final = "application/json, application/yaml, text/yaml, */*;q=0.1"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_REDIRECTS: Final = range(300, 400)


def root_document(path: Path) -> Path:
    """The document of a file or folder: the file, or the only one in the folder that is an API's.

    Raises:
        CatalogError: there is none, or several.
    """
    if not path.exists():
        raise CatalogError(f"{path}: no such file or folder")
    if not path.is_dir():
        return path
    found = [file for file in files_in(path, _SUFFIXES) if _BEGINNING.search(_read(file))]
    if not found:
        raise CatalogError(
            f"{path}: no file in this folder is an OpenAPI document", "name the file that the API begins in"
        )
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise CatalogError(f"{path}: several documents: {names}", f"name one: {found[0]}")
    return found[0]


def files_below(folder: Path) -> Callable[[str], bytes | None]:
    """Reads files by their paths below a folder; None for what is none, or leads out of it."""
    home = os.path.realpath(folder)  # thousands of files: paths as text take half the time

    def read(name: str) -> bytes | None:
        file = os.path.realpath(f"{home}/{name}")
        if os.path.commonpath((home, file)) != home or not Path(file).is_file():
            return None
        return _read(file)

    return read


async def download(url: str, policy: Policy) -> tuple[str, bytes]:
    """The document at a URL, and a name for its file. It goes the way of all requests, and is bounded as a file is.

    Args:
        url: of the document; no connection of the project is used for it.
        policy: where such requests may go.

    Raises:
        CatalogError: it can't be had; PrivateAddress where it may not.
    """
    shown = without_credentials(url)
    request = HttpRequest(
        method="GET",
        url=url,
        headers={"Accept": _ACCEPT},
        raw=True,
        limits=Limits(response_bytes=MAX_RESPONSE_BYTES),
    )
    edge = Edge(
        {}, SecretStore({}, {}), allow_private=policy.allow_private, allowed_hosts=policy.allowed_hosts
    )
    try:
        response = await edge.send(request)
    except HttpStatusError as error:
        elsewhere = error.details.get("headers", {}).get("location")
        hint = (
            f"it has moved: add {without_credentials(elsewhere)}"
            if elsewhere and error.details.get("status") in _REDIRECTS
            else SAVED
        )
        raise CatalogError(f"{shown}: {error.message}", hint) from None
    except AddressForbidden as error:
        if (address := error.details.get("address")) is None:  # the operator allows other hosts alone
            raise CatalogError(f"{shown}: {error.message}", SAVED) from None
        told, cure = f"{shown}: {error.without_cure}", permission(address, "[policy]")
        raise PrivateAddress(told, cure, network_of(address)) from None
    except HttpTaskError as error:
        raise CatalogError(f"{shown}: {error.message}", SAVED) from None
    finally:
        await edge.aclose()
    return _file_name(shown), base64.b64decode(response.content or "")


SAVED: Final = "download it with what reaches it, and add the file"
"""The cure where this machine can't load a document."""


def _file_name(url: str) -> str:
    last = _UNSAFE.sub("-", PurePosixPath(urlsplit(url).path).name).lstrip(".-")
    return last or "openapi"


def _read(file: Path | str) -> bytes:
    with open_file(file) as opened:
        data = opened.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DocumentInvalid(f"has more than {MAX_BYTES} bytes")
    return data
