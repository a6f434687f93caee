"""Rules about the contents of indexes."""
