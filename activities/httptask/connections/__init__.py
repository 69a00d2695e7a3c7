"""A server, and what is set for all requests to it."""
