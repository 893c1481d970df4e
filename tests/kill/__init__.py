"""Processes that are killed at every named step, against a network that is slow, late and stale (P18)."""
