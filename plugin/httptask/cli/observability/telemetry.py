"""Spans and metrics of a worker, exported as the environment and the options say."""

import logging
import os
from typing import TYPE_CHECKING

from httptask.cli.observability.listening import not_served
from httptask.cli.terminal.console import print_note

if TYPE_CHECKING:
    from temporalio.client import Plugin

__all__ = ["flush_spans", "set_runtime", "tracing_plugins"]

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_FLUSH_MILLISECONDS = 3000


def set_runtime(*, log_core: bool, metrics_address: str | None = None) -> None:
    """Direct the log of Temporal's core, which goes to stdout by itself, where results belong; export metrics.

    Args:
        log_core: whether the log goes to `logging`; otherwise nowhere.
        metrics_address: where Prometheus finds `/metrics`, `host:port`.

    Raises:
        CliError: nothing can listen there.
    """
    from temporalio.runtime import (
        LogForwardingConfig,
        LoggingConfig,
        PrometheusConfig,
        Runtime,
        TelemetryConfig,
        TelemetryFilter,
    )

    config = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(
            logger=logging.getLogger("temporalio.core"),
            prepend_target_on_message=False,
            append_log_fields_to_message=False,
        ),
    )
    metrics = (
        PrometheusConfig(
            metrics_address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
        )
        if metrics_address is not None
        else None
    )
    try:
        runtime = Runtime(telemetry=TelemetryConfig(logging=config if log_core else None, metrics=metrics))
    except (RuntimeError, ValueError):
        raise not_served("metrics", metrics_address or "") from None
    Runtime.set_default(runtime)


def tracing_plugins() -> "list[Plugin]":
    """What makes Temporal's calls spans, if OpenTelemetry's own variables name a collector."""
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return []
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider
    except ImportError:
        print_note("no spans are exported: install httptask[otel] for them")
        return []
    resource = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", "httptask")})
    provider = create_tracer_provider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return [OpenTelemetryPlugin(add_temporal_spans=True)]


def flush_spans() -> None:
    """Send the spans that are not sent yet; a collector that does not answer is not waited for long."""
    from opentelemetry import trace

    flush = getattr(trace.get_tracer_provider(), "force_flush", None)
    if flush is not None:
        flush(_FLUSH_MILLISECONDS)
