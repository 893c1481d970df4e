"""Amends: a self-hosted desk for a brand's unhappy customers on social media."""

__version__ = "0.1.0"
