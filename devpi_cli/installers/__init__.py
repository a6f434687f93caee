"""The index settings of pip, uv and others: read, write, undo."""
