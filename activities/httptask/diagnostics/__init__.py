"""How faults are worded."""
