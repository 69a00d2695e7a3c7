"""Whether and when a call is tried again, and how many at once."""
