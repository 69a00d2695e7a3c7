"""What a command writes, and how it is interrupted."""
