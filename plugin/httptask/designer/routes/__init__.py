"""What the designer can be asked for, a module for each of its parts."""
