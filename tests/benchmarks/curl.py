"""What commands of others become: curlconverter's, of which none is committed here.

    git clone --depth 1 https://github.com/curlconverter/curlconverter
    uv run python -m tests.benchmarks.curl curlconverter/test/fixtures/curl_commands

Each file that is imported is run by the real curl as well, against a server on loopback in the place of its own: what
arrives has to be the same, but for what the notes name. Prints a line of JSON with the counts, and one for each file that
is refused or wrong.
"""

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httptask.transport.network  # noqa: F401 - a first call would load it, within its time
from httptask.catalog.curl import import_curl
from httptask.catalog.errors import CatalogError
from httptask.client.edge import Edge
from httptask.secrets.store import SecretSource, SecretStore
from httptask.testing import Reply, ScriptedServer
from support.curl import run_by_bash, send_imported, taken

SERVERS = re.compile(r"localhost:\d+|httpbin\.org")
ENVIRONMENT = {"DO_API_TOKEN": "token-of-the-environment", "MYVARIABLE": "value"}
FILES = re.compile(r"(?:@|--upload-file |< )\"?([\w.][\w./-]*)")
NAMED = {
    "the header Connection is": ("connection",),
    "the header Accept-Encoding is": ("accept-encoding",),
    "--http2 is": ("upgrade", "http2-settings"),
    "-x is": ("proxy-connection",),
    "--proxy is": ("proxy-connection", "proxy-authorization"),
}
"""What a note says is not kept, and the headers that curl sends for it."""


async def compare(commands: dict[str, str]) -> dict[str, Any]:
    """Counts, and why commands are refused or wrong."""
    refused: dict[str, str] = {}
    wrong: dict[str, Any] = {}
    not_run: dict[str, str] = {}
    same = noted = requests = 0
    with tempfile.TemporaryDirectory() as place:
        async with ScriptedServer([Reply.of()]) as server:
            for name, text in commands.items():
                command = SERVERS.sub(f"127.0.0.1:{server.port}", text).replace("https://127", "http://127")
                write_files(command, Path(place))
                try:
                    notes = import_curl(command, Path(place)).notes
                except CatalogError as error:
                    refused[name] = error.message
                    continue
                code, errors = await run_by_bash(command, Path(place), ENVIRONMENT)
                by_curl = taken(server)
                await send(command, Path(place))
                imported = [without_type(told, notes) for told in taken(server)]
                if code:
                    not_run[name] = f"{errors.strip()}; {', '.join(notes)}"
                elif [without_named(told, notes) for told in by_curl] == imported and by_curl:
                    same, noted, requests = same + 1, noted + bool(notes), requests + len(by_curl)
                else:
                    wrong[name] = {"curl": repr(by_curl), "imported": repr(imported), "notes": notes}
    counts = {
        "files": len(refused) + len(wrong) + len(not_run) + same,
        "same": same,
        "of them with notes": noted,
    }
    counts |= {"requests": requests, "refused by name": len(refused), "not run by curl": len(not_run)}
    return {"counts": {**counts, "wrong": len(wrong)}, "refused": refused, "not run": not_run, "wrong": wrong}


def write_files(command: str, folder: Path) -> None:
    """Write the files that a command names by relative paths."""
    for name in FILES.findall(command):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"first line\r\n\xff" + name.encode())


def without_named(told: dict[str, Any], notes: tuple[str, ...]) -> dict[str, Any]:
    """What curl sends, but for what the notes say is sent otherwise."""
    named = [
        header for what, headers in NAMED.items() if any(what in note for note in notes) for header in headers
    ]
    headers = {name: value for name, value in told["headers"].items() if name not in named}
    is_in_capitals = "the method is sent in capital letters" in notes
    method = told["method"].upper() if is_in_capitals else told["method"]
    target = re.sub("^http://[^/]*", "", told["target"]) if "proxy-connection" in named else told["target"]
    return {"method": method, "target": target, "headers": headers, "body": told["body"]}


def without_type(told: dict[str, Any], notes: tuple[str, ...]) -> dict[str, Any]:
    """What a task sends, but for the Content-Type that every body of its has, where a note says so."""
    is_named = any("with a Content-Type, where curl sends none" in note for note in notes)
    headers = {
        name: value for name, value in told["headers"].items() if not is_named or name != "content-type"
    }
    return {**told, "headers": headers}


async def send(command: str, folder: Path) -> None:
    edges: list[Edge] = []

    def make(secrets: dict[str, str]) -> Edge:
        store = SecretStore({name: SecretSource(name=name, environment=name) for name in secrets}, secrets)
        edges.append(Edge({}, store, allow_private=("loopback",)))
        return edges[-1]

    await send_imported(command, folder, ENVIRONMENT, make)
    for edge in edges:
        await edge.aclose()


def main() -> None:
    """Print what came of the files in the folder that is named."""
    files = sorted(Path(sys.argv[1]).glob("*.sh"))
    found = asyncio.run(compare({file.stem: file.read_text() for file in files}))
    print(json.dumps(found.pop("counts")))
    for what, files in found.items():
        for name, why in files.items():
            print(f"{what}: {name}: {why}")


if __name__ == "__main__":
    main()
