"""The tables of pages that the code makes: docs/configuration.md from the models that read `httptask.toml`,
docs/chat-completions.md from what chat requests are checked by, docs/write-a-definition.md from the kinds of task,
docs/public-api.md from what packages export, docs/performance.md from what benchmarks measured.

    uv run poe reference

writes them anew between their markers; with `--check` nothing is written, and what is outdated is shown and fails.
"""

# pyright: basic
import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from difflib import unified_diff
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.event_sink import EventSink
from httptask.config.sections import GcsSection, Policy, S3Section, StorageSection, Webhook, WorkerPolicy
from httptask.connections.connection import Connection, Price
from httptask.connections.route import Proxy, Tls
from httptask.diagnostics.attribute_docs import attribute_docs
from httptask.dsl.tasks import CALLS, KINDS
from httptask.dsl.tasks.function import FUNCTION
from httptask.http.models import Limits
from httptask.resilience.retry import Retry
from httptask.secrets.store import SecretSource

from .chat_reference import CHAT_PAGE, CHAT_TABLES
from .performance import PERFORMANCE_PAGE, PERFORMANCE_TABLES
from .public_api import API_PAGE, stubs

__all__ = ["PAGE", "TABLES", "TASKS_PAGE", "outdated", "with_tables"]

PAGE = Path(__file__).parents[2] / "docs/configuration.md"
TASKS_PAGE = PAGE.with_name("write-a-definition.md")
TABLES: Mapping[str, type[BaseModel]] = {
    "connections.NAME": Connection,
    "connections.NAME.limits": Limits,
    "connections.NAME.retry": Retry,
    "connections.NAME.price": Price,
    "connections.NAME.proxy": Proxy,
    "connections.NAME.tls": Tls,
    "secrets.NAME": SecretSource,
    "activities.NAME": AllowedActivity,
    "storage": StorageSection,
    "storage.s3": S3Section,
    "storage.gcs": GcsSection,
    "events": EventSink,
    "policy": Policy,
    "webhooks.NAME": Webhook,
    "worker": WorkerPolicy,
}

_MARKED = re.compile(r"(<!-- (keys|table|stubs) of (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}


def with_tables(page: str) -> str:
    """The page with each table as the code has it."""
    return _MARKED.sub(lambda found: f"{found[1]}{_made(found[2], found[3])}{found[4]}", page)


def outdated(page: Path) -> str:
    """What of a page is other than the code has it, as a diff, and what writes it anew; empty if nothing is."""
    text = page.read_text()
    changes = unified_diff(text.splitlines(), with_tables(text).splitlines(), page.name, "code", lineterm="")
    told = "\n".join(changes)
    return told and f"{told}\n\nwrite it anew: uv run poe reference"


def _made(kind: str, name: str) -> str:
    if kind == "stubs":
        return stubs(name)
    if kind == "keys":
        return _table(TABLES[name])
    return _OTHER_TABLES[name]()


def _kinds_of_task() -> str:
    named = {
        **{f"call: {function}": kind for function, kind in CALLS.items()},
        "call: NAME": FUNCTION,
        **{kind.keyword: kind for kind in KINDS},
    }
    rows = (f"| `{name}` | {kind.does} | {kind.yields} |" for name, kind in named.items())
    return "".join(f"{line}\n" for line in ("| Task | What it does | Output |", "|---|---|---|", *rows))


def _table(model: type[BaseModel]) -> str:
    docs = attribute_docs(model)
    fields = {name: field for name, field in model.model_fields.items() if name != "name"}
    rows = [_row(field.alias or name, field, docs[name]) for name, field in fields.items()]
    return "".join(f"{line}\n" for line in ("| Key | Type | Default | |", "|---|---|---|---|", *rows))


def _row(name: str, field: FieldInfo, doc: str) -> str:
    meaning = " ".join(doc.split()).removesuffix(".")
    return f"| `{name}` | {_type(field.annotation)} | {_default(field)} | {meaning[0].lower()}{meaning[1:]} |"


def _type(annotation: Any) -> str:
    if get_origin(annotation) in (UnionType, Union):
        return " or ".join(_type(member) for member in get_args(annotation) if member is not NoneType)
    origin = get_origin(annotation) or annotation
    if origin in (tuple, frozenset):
        return "list"
    return "text" if origin is Literal else _WORDS.get(origin, "table")


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required() or value is None:
        return ""
    if isinstance(value, BaseModel):
        return "`{}`"
    return f"`{json.dumps(list(value) if isinstance(value, frozenset) else value)}`"


_OTHER_TABLES: Mapping[str, Callable[[], str]] = {
    "tasks": _kinds_of_task,
    **CHAT_TABLES,
    **{f"performance.{name}": table for name, table in PERFORMANCE_TABLES.items()},
}


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.reference")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is outdated")
    pages = (PAGE, CHAT_PAGE, TASKS_PAGE, API_PAGE, PERFORMANCE_PAGE)
    if parser.parse_args().check:
        sys.exit("\n\n".join(filter(None, map(outdated, pages))) or None)
    for page in pages:
        page.write_text(with_tables(page.read_text()))


if __name__ == "__main__":
    _main()
