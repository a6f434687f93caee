"""``python -m devpi_cli``: the same as the ``devpi`` command."""

from devpi_cli.cli import main

if __name__ == "__main__":
    main()
