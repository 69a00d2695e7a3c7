"""JSON values: their types, places in them, schemas."""
