"""What is sent: a request with its connection and its secrets, and what is shown of it."""
