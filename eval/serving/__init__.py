"""Serving: what is exported, what the server accepts, and a client."""
