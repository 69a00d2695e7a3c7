"""What a definition does, for who reads it before it runs."""
