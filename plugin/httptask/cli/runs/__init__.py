"""Runs: started, followed, shown."""
