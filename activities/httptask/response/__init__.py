"""What came back: a body or the events of a stream."""
