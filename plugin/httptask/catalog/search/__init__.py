"""Finding operations by what they do."""
