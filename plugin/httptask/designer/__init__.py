"""The designer's server: definitions of a folder, edited, tried and run in a browser."""
