"""The desk's own settings, and beside its pages the stock ones that they are measured against."""

from pathlib import Path

from amends.site.settings import *  # noqa: F403
from amends.site.settings import TEMPLATES

ROOT_URLCONF = "benchmarks.stock"
TEMPLATES[0]["DIRS"] = [Path(__file__).parent / "templates"]
