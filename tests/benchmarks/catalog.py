"""What it takes to add real API documents, to show each of their operations, and to prepare a request of it.

    uv run python -m tests.benchmarks.catalog DIR
    uv run python -m tests.benchmarks.catalog DIR --queries FILE

DIR holds documents as they are published, one file or one folder for each; no document is committed here. Those that
the bounds were set by are in their publishers' repositories: openai/openai-openapi, kubernetes-client/python,
twilio/twilio-oai, slackapi/slack-api-specs, PagerDuty/api-schema, plaid/plaid-openapi, box/box-openapi, Asana/openapi,
Adyen/adyen-openapi, discord/discord-api-spec, figma/rest-api-spec, getsentry/sentry-api-schema, XeroAPI/Xero-OpenAPI,
intercom/Intercom-OpenAPI, square/connect-api-specification, mistralai/platform-docs-public, netlify/open-api,
sonallux/spotify-web-api, docusign/OpenAPI-Specifications, okta/okta-management-openapi-spec, readmeio/oas-examples,
digitalocean/openapi (its folder `specification`), and github/rest-api-description.

With FILE it is measured how often `catalog search` finds what was meant among the first three: a line of JSON for each
query, {"query": "send a message", "expected": ["slack.chat_postMessage"]}, where an API has the name of its file up to
the first dot. Each is asked as it stands and with one slip; SQLite's porter alone is asked the same.

The last line is the result as JSON. Seconds are CPU time of a process of its own for each document, and stand beside
what it takes to parse the same files and to write them into a new folder, and nothing else: a folder of thousands costs
the file system more than us. MiB are the most that it held.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import yaml12

from httptask.catalog.catalog import Catalog
from httptask.catalog.markdown import reference_page
from httptask.catalog.sources import files_below, root_document
from httptask.openapi.depth import SHOWN

from . import catalog_prepare, catalog_search

LONGEST_ADD = 2.0
MOST_MIB = 300
LONGEST_SHOW = 0.05


def measured(path: Path) -> dict[str, Any]:
    """What one document takes."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder), Path(folder) / ".httptask")
        began = time.process_time()
        document = root_document(path)
        added = catalog.add(document.name, files_below(document.parent), name="measured")
        seconds = time.process_time() - began
        parsed = seconds_of_parsing(catalog.documents(catalog.entry("measured")), Path(folder) / "copied")
        mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        shown, failed, longest_page = [], [], 0
        for one in added.operations:
            try:
                took, page = show(catalog, f"measured.{one.name}")
            except Exception:  # noqa: BLE001 - counted, whatever it is
                failed.append(f"{one.name}: {traceback.format_exc().splitlines()[-1]}")
                continue
            shown.append(took)
            longest_page = max(longest_page, len(page))
        prepared = catalog_prepare.measured(catalog, [f"measured.{one.name}" for one in added.operations])
    shown.sort()
    return {
        "document": path.name,
        "operations": len(added.operations),
        "problems": added.about.problems,
        "add_seconds": round(seconds, 2),
        "add_times_parsing": round(seconds / parsed, 1),
        "add_mib": round(mib),
        "show_milliseconds_median": round(shown[len(shown) // 2] * 1000, 1) if shown else None,
        "show_milliseconds_most": round(shown[-1] * 1000, 1) if shown else None,
        "longest_page": longest_page,
        "failed": [*failed, *prepared.failed],
        "bodies": prepared.bodies,
        "bodies_unfit": prepared.unfit,
        "whole_bodies": prepared.whole_bodies,
        "whole_bodies_unfit": prepared.whole_unfit,
        "tasks_refused": prepared.refused,
        "prepare_milliseconds_median": prepared.milliseconds(1, 2),
        "prepare_milliseconds_p99": prepared.milliseconds(99, 100),
    }


def seconds_of_parsing(documents: Path, folder: Path) -> float:
    """What it takes to parse the files of a document, and to write them elsewhere."""
    began = time.process_time()
    for file in (file for file in documents.rglob("*") if file.is_file()):
        text = file.read_text("utf-8-sig")
        json.loads(text) if text.lstrip().startswith("{") else yaml12.parse_yaml(text)
        copy = folder / file.relative_to(documents)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, "utf-8")
    return time.process_time() - began


def show(catalog: Catalog, name: str) -> tuple[float, str]:
    """The least of up to three times of what `catalog show` does, for others use the machine too, and the page."""
    least, page = LONGEST_SHOW * 1000, ""
    for _ in range(3):
        began = time.process_time()
        reference = catalog.reference(name, SHOWN)
        page = reference_page(reference)
        least = min(least, time.process_time() - began)
        if least <= LONGEST_SHOW:
            break
    json.dumps(reference.as_json())
    return least, page


def missed(found: dict[str, Any]) -> list[str]:
    """The bounds that a document is beyond."""
    bounds = {
        "add_seconds": found["add_seconds"] <= LONGEST_ADD,
        "add_mib": found["add_mib"] <= MOST_MIB,
        "show_milliseconds_most": (found["show_milliseconds_most"] or 0) <= LONGEST_SHOW * 1000,
        "failed": not found["failed"],
        "tasks_refused": not found["tasks_refused"],
    }
    return [name for name, kept in bounds.items() if not kept]


def main() -> int:
    [_, argument, *one] = sys.argv
    if one[:1] == ["--queries"]:
        found = catalog_search.measured(Path(argument), Path(one[1]))
        print(json.dumps(found))
        return 1 if found["missed"] else 0
    if one == ["--one"]:
        print(json.dumps(measured(Path(argument))))
        return 0
    documents, broken = [], []
    for path in sorted(Path(argument).iterdir()):
        command = [sys.executable, "-m", "tests.benchmarks.catalog", str(path), "--one"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            broken.append(path.name)
            print(f"{path.name:28} was not measured", flush=True)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        found["missed"] = missed(found)
        documents.append(found)
        print(
            f"{found['document']:28} {found['operations']:5} operations, {found['problems']:3} problems; "
            f"add {found['add_seconds']:5.2f} s, {found['add_times_parsing']} times parsing, {found['add_mib']:4} MiB; "
            f"show {found['show_milliseconds_median']} ms, at most {found['show_milliseconds_most']} ms; "
            f"longest page {found['longest_page']}; "
            f"bodies {found['bodies'] - len(found['bodies_unfit'])} of {found['bodies']} valid, with all fields "
            f"{found['whole_bodies'] - len(found['whole_bodies_unfit'])} of {found['whole_bodies']}; {found['missed'] or 'within all bounds'}",
            flush=True,
        )
    result = {
        "documents": len(documents),
        "operations": sum(found["operations"] for found in documents),
        "failed": sum(len(found["failed"]) for found in documents),
        "add_seconds": max(found["add_seconds"] for found in documents),
        "add_mib": max(found["add_mib"] for found in documents),
        "show_milliseconds": max(found["show_milliseconds_most"] or 0 for found in documents),
        **_bodies(documents),
        "missed": {found["document"]: found["missed"] for found in documents if found["missed"]},
    }
    result["missed"] |= {name: ["measured"] for name in broken}
    if result["bodies_valid"] < catalog_prepare.LEAST_VALID:
        result["missed"]["all"] = ["bodies_valid"]
    print(json.dumps(result))
    return 1 if result["missed"] else 0


def _bodies(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """How many of the prepared bodies fit their own schema, and why the others do not."""
    bodies = sum(found["bodies"] for found in documents)
    whole = sum(found["whole_bodies"] for found in documents)
    unfit = [f"{found['document']}: {one}" for found in documents for one in found["bodies_unfit"]]
    whole_unfit = sum(len(found["whole_bodies_unfit"]) for found in documents)
    return {
        "bodies": bodies,
        "bodies_valid": round(1 - len(unfit) / max(bodies, 1), 4),
        "bodies_unfit": unfit,
        "whole_bodies": whole,
        "whole_bodies_valid": round(1 - whole_unfit / max(whole, 1), 4),
        "tasks_refused": sum(len(found["tasks_refused"]) for found in documents),
        "prepare_milliseconds_p99": max(found["prepare_milliseconds_p99"] or 0 for found in documents),
    }


if __name__ == "__main__":
    sys.exit(main())
