"""Runs a definition."""
