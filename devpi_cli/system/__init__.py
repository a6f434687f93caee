"""Use the operating system: files, folders, locks and signals."""
