"""What the client remembers."""
