"""One call, from the request to its answer, with credentials."""
