"""The devpi protocol."""
