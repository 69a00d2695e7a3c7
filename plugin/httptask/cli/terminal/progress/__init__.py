"""Showing a run while it goes on."""
