"""Measurements, each one command with its baseline in the same run: ``python -m benchmarks.<name>``."""
