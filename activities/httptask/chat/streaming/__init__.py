"""A streamed answer, put together."""
