"""The files of a project: configuration, definitions, inputs."""
