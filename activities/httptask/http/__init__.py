"""The models of requests and responses, headers, addresses and errors; workflow code needs no more of the network edge.

`httptask.client` sends.
"""
