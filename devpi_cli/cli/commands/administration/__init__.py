"""The commands of ``devpi server`` for administrators, a file for each."""
