"""Metrics of calls, beside the SDK's own: whatever exports those, Prometheus or OpenTelemetry, has these too."""

from datetime import timedelta

from temporalio import activity

from httptask.transport.observation import CallObservation

__all__ = ["count_call"]


def count_call(call: CallObservation) -> None:
    """Add a call to the metrics of its worker; outside an activity there are none."""
    if not activity.in_activity():
        return
    meter = activity.metric_meter().with_additional_attributes(
        {
            "method": call.method,
            "host": call.host,
            "connection": call.connection or "",
            "status": str(call.status or ""),
            "verdict": call.verdict,
        }
    )
    meter.create_counter("httptask_requests", "Requests that were sent, or were to be").add(1)
    meter.create_counter("httptask_received_bytes", "Bytes of answers, as they came").add(call.received)
    meter.create_histogram_timedelta(
        "httptask_request_latency", "From the start of a call to its end"
    ).record(timedelta(milliseconds=call.milliseconds))
