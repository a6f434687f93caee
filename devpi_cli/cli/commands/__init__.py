"""One file per command, with the name of the command."""
