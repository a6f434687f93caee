"""Load and save the state of the client."""
