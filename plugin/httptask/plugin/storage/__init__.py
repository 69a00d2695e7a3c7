"""Where large values lie, outside of Temporal."""
