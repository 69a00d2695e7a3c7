"""Workers that serve until they are stopped."""
