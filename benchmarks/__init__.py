"""How fast Amends is, beside something plain that does the same: `python benchmarks/run.py`."""
