"""What commands cost: CPU, wall time and memory, beside those of devpi-client, twine and curl."""
