"""The Temporal activities: thin adapters between the network edge and a worker."""
