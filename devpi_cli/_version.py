"""The version, a literal: it is shown without a look at the installed metadata."""

__version__ = "0.1.0"
