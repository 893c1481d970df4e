"""Django wiring from AMENDS_* variables."""
