"""The catalogue: APIs of a project, what they say of their operations, and requests of others as tasks."""
