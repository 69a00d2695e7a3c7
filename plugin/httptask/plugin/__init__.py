"""The Temporal plugin: `HttpTaskPlugin` gives a worker or client the HTTP tasks of this package."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httptask.activities.allowed_activities import AllowedActivity
    from httptask.activities.event_sink import EventSink
    from httptask.activities.live_text import live_texts
    from httptask.chat.streaming.live_text import LiveText
    from httptask.interpreter.fetch_status import fetch_status
    from httptask.interpreter.status import RunStatus
    from httptask.interpreter.workflow_types import WORKFLOW_TYPE, RunInput
    from httptask.plugin.definitions import DefinitionRegistry, ServedDefinition
    from httptask.plugin.plugin import HttpTaskPlugin
    from httptask.plugin.storage.buckets import gcs_storage, s3_storage
    from httptask.plugin.storage.folder import StoredPayloadMissing, folder_storage

__all__ = [
    "WORKFLOW_TYPE",
    "AllowedActivity",
    "DefinitionRegistry",
    "EventSink",
    "HttpTaskPlugin",
    "LiveText",
    "RunInput",
    "RunStatus",
    "ServedDefinition",
    "StoredPayloadMissing",
    "fetch_status",
    "folder_storage",
    "gcs_storage",
    "live_texts",
    "s3_storage",
]

_MODULES = {
    "WORKFLOW_TYPE": "httptask.interpreter.workflow_types",
    "AllowedActivity": "httptask.activities.allowed_activities",
    "DefinitionRegistry": "httptask.plugin.definitions",
    "EventSink": "httptask.activities.event_sink",
    "HttpTaskPlugin": "httptask.plugin.plugin",
    "LiveText": "httptask.chat.streaming.live_text",
    "RunInput": "httptask.interpreter.workflow_types",
    "RunStatus": "httptask.interpreter.status",
    "ServedDefinition": "httptask.plugin.definitions",
    "StoredPayloadMissing": "httptask.plugin.storage.folder",
    "fetch_status": "httptask.interpreter.fetch_status",
    "folder_storage": "httptask.plugin.storage.folder",
    "gcs_storage": "httptask.plugin.storage.buckets",
    "live_texts": "httptask.activities.live_text",
    "s3_storage": "httptask.plugin.storage.buckets",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: the interpreter and all it needs are for workers."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
