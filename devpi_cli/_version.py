"""Define the version as a literal, so that showing it does not read metadata."""

__version__ = "0.1.0"
