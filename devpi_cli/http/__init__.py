"""How a request is made."""
