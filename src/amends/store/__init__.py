"""The only Django app with tables: rows, their constraints, and every named read."""
