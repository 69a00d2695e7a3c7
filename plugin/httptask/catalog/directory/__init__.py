"""APIs that are known, and not yet added."""
