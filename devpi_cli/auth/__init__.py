"""Find the login for a server: environment, state, keyring, files, prompt."""
