"""How a call becomes an activity: queue, sizes, deadlines, budget."""
