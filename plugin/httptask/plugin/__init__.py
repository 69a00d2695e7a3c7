"""The Temporal plugin: `HttpTaskPlugin` gives a worker or client the HTTP tasks of this package."""

from httptask.activities.allowance import AllowedActivity
from httptask.plugin.definitions import DefinitionRegistry, ServedDefinition
from httptask.plugin.live_text import LiveText, live_texts
from httptask.plugin.plugin import HttpTaskPlugin
from httptask.plugin.replay import ReplayedTask, ReplayFailed, replay_tasks, runs_definition
from httptask.plugin.status import SIMULATED_MEMO, fetch_status, with_attempts, with_simulated
from httptask.plugin.storage.buckets import gcs_storage, s3_storage
from httptask.plugin.storage.folder import StoredPayloadMissing, folder_storage

__all__ = [
    "SIMULATED_MEMO",
    "AllowedActivity",
    "DefinitionRegistry",
    "HttpTaskPlugin",
    "LiveText",
    "ReplayFailed",
    "ReplayedTask",
    "ServedDefinition",
    "StoredPayloadMissing",
    "fetch_status",
    "folder_storage",
    "gcs_storage",
    "live_texts",
    "replay_tasks",
    "runs_definition",
    "s3_storage",
    "with_attempts",
    "with_simulated",
]
