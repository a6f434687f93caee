"""Speak the devpi protocol."""
