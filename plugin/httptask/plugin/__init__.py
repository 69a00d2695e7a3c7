"""The Temporal plugin: `HttpTaskPlugin` gives a worker or client the HTTP tasks of this package."""

from httptask.activities.allowed_activities import AllowedActivity
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
