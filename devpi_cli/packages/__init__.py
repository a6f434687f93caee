"""Distributions and projects on disk."""
