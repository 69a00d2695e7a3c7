"""Spans of chat completions, by the conventions of OpenTelemetry."""
