"""The guards: nouns, policy, precedence, the table of rules, and one module for each family of detectors."""
