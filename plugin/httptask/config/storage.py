"""Where payloads go that are too large for Temporal."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

__all__ = ["GcsSection", "S3Section", "StorageSection"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class S3Section(_Section):
    """A bucket of Amazon S3, or of a server that speaks its protocol."""

    bucket: str
    """Name of the bucket."""
    region: str | None = None
    """Its region, unless AWS's own settings say it."""
    endpoint_url: str | None = None
    """Another server than Amazon's, such as `https://minio.example.com`."""


class GcsSection(_Section):
    """A bucket of Google Cloud Storage."""

    bucket: str
    """Name of the bucket."""


class StorageSection(_Section):
    """One place for payloads of 256 KiB and more; without one Temporal carries all of them."""

    directory: Path | None = None
    """A folder, relative to `httptask.toml`."""
    s3: S3Section | None = None
    """A bucket of Amazon S3, or of a server that speaks its protocol, see below."""
    gcs: GcsSection | None = None
    """A bucket of Google Cloud Storage, see below."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(place is not None for place in (self.directory, self.s3, self.gcs)) > 1:
            raise ValueError("names more than one place: keep one of directory, s3 and gcs")
        return self
