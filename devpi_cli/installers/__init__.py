"""Read, write and undo the index settings of pip, uv and others."""
