"""The catalogue: requests of other APIs, prepared as tasks."""
