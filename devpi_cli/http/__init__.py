"""Make HTTP requests: connections, TLS, retries, deadlines and failures."""
