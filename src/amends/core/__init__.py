"""Nouns that two or more rooms share. No verbs with effects, no I/O, no clock."""
