"""Pure rules over what a server has."""
