# The recipes of daily work; `just` alone lists them. None is needed: each is one line that can be typed.

export PYTHONPATH := "src"
py := ".venv/bin/python"

# list the recipes
default:
  @just --list --unsorted

# set .venv up for development
setup:
  python3 run.py setup --dev

# the fast tests, both processors; arguments go to pytest
test *args:
  python3 run.py test {{args}}

# the tests of what you are at: `just fast tests/reply`
fast *args:
  {{py}} -m pytest -q -x --ff -m "not browser and not postgres and not bluesky and not mastodon and not shared and not slow" {{args}}

# format and lint
lint:
  .venv/bin/ruff format .
  .venv/bin/ruff check --fix .

# mypy: strict in the rooms
types:
  .venv/bin/mypy

# do the rooms still not know each other?
imports:
  .venv/bin/lint-imports

# are the translations whole?
catalogues:
  .ci/catalogues

# the tests that keep the documentation true
docs:
  {{py}} -m pytest -q tests/docs

# kill the sender a thousand times on three kinds of network (15 to 30 minutes); `just kill --kills 60` for a taste
kill *args:
  PYTHONPATH=src:. nice {{py}} -m tests.kill.run {{args}}

# the desk with its example network, in your browser
demo *args:
  python3 run.py up {{args}}

# how fast is it, beside plain things that do the same: `just bench --only inbox`
bench *args:
  {{py}} benchmarks/run.py {{args}}

# lock the dependencies anew; `just lock --upgrade` takes the newest
lock *args:
  scripts/lock.sh {{args}}

# everything that is checked before a change lands (15 to 30 minutes)
ci:
  .ci/run
