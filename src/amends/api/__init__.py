"""The REST surface over the same desk actions."""
