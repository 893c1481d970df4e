"""The imperative shell: the only place that puts steps, rows and networks together."""
