"""One file per network: limits as constants, pure `read_*`/`write_*`, then a small class with the roles it has."""
