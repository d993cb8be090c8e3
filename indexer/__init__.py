"""Offline: sources to articles to vectors to a published snapshot."""
