"""Buckets on loopback, as Amazon S3 and Google Cloud Storage speak of them; in a thread, for clients that block."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["BUCKET", "Buckets", "object_server"]

BUCKET = "payloads"


@dataclass
class Buckets:
    """What is stored, in the one bucket that there is."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    uploads: int = 0


@contextmanager
def object_server() -> Generator[Buckets]:
    """A running server."""
    buckets = Buckets()

    class Handler(_Handler):
        stored = buckets

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    buckets.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield buckets
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stored: Buckets

    def do_GET(self) -> None:
        path, query = self._target()
        match path.split("/"):
            case ["download", "storage", "v1", "b", bucket, "o", name]:
                self._object(bucket, unquote(name))
            case ["storage", "v1", "b", bucket, "o"]:
                self._answer(200 if bucket == BUCKET else 404, b'{"items": []}')
            case ["storage", "v1", "b", bucket, "o", name]:
                self._metadata(bucket, unquote(name))
            case [bucket] if "list-type" in query:
                self._answer(200, b"<ListBucketResult/>") if bucket == BUCKET else self._no_bucket()
            case [bucket, *name]:
                self._object(bucket, unquote("/".join(name)))
            case _:
                self._answer(400)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        bucket, _, name = self._target()[0].partition("/")
        self._store(bucket, unquote(name), self._body())
        self._answer(200 if bucket == BUCKET else 404)

    def do_POST(self) -> None:
        """An upload to Google: metadata, then the object, in a multipart body."""
        bucket = self._target()[0].split("/")[4]
        body = self._body()
        boundary = b"--" + self.headers["Content-Type"].partition('boundary="')[2].strip('"').encode()
        metadata, content = (
            part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
            for part in body.split(boundary + b"\r\n", 2)[1:]
        )
        name = json.loads(metadata)["name"]
        self._store(bucket, name, content.removesuffix(b"\r\n" + boundary + b"--"))
        self._metadata(bucket, name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass

    def _target(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return parts.path.strip("/"), parse_qs(parts.query)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _store(self, bucket: str, name: str, data: bytes) -> None:
        if bucket == BUCKET:
            self.stored.objects[name] = data
            self.stored.uploads += 1

    def _object(self, bucket: str, name: str) -> None:
        if bucket == BUCKET and name in self.stored.objects:
            self._answer(200, self.stored.objects[name], "application/octet-stream")
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")

    def _metadata(self, bucket: str, name: str) -> None:
        known = bucket == BUCKET and name in self.stored.objects
        self._answer(200 if known else 404, json.dumps({"bucket": bucket, "name": name}).encode())

    def _no_bucket(self) -> None:
        self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>", "application/xml")

    def _answer(self, status: int, body: bytes = b"", kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
