"""The Temporal server that a command talks to."""
