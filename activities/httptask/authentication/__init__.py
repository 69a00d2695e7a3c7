"""How a server authenticates its clients, as a connection declares it."""
