"""Runs as Temporal keeps them: found in its lists, and read from their histories."""
