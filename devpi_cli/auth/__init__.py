"""Where a login comes from."""
