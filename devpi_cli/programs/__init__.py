"""Find and run other programs."""
