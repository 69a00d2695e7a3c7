"""Values of secrets: where they come from, where they may go, and how they are taken out of what is shown."""
