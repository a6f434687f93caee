"""A devpi-server of one's own."""
