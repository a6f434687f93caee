"""Results as people read them, drawn on terminals: tables, trees, relative dates."""
