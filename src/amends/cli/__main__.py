"""`python -m amends.cli`: the same as the command `amends`."""

from amends.cli import main

main()
