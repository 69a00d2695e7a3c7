"""The network edge: one HTTP request in, one answer or one typed error out. Usable without Temporal.

Importing this package does not import a client library: workflow code needs only the models and errors.
`httptask.client.edge.Edge` sends.
"""
