"""Logs, traces and metrics of a command."""
