"""What every test may ask for. Rooms need none of it: they run without a database."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# Machines are shared and noisy: no test may fail because another took the processor.
# At every commit a few examples; the whole check tries as many as Hypothesis does by itself, and the same ones each time.
hypothesis.settings.register_profile(
    "desk", deadline=None, derandomize="CI" in os.environ, max_examples=100 if "CI" in os.environ else 40
)
hypothesis.settings.load_profile("desk")

# Desks that tests start in processes of their own fetch nothing.
os.environ["AMENDS_MODELS"] = "off"
os.environ.pop("AMENDS_ENCODER", None)


@pytest.fixture(autouse=True)
def own_home(settings, tmp_path: Path):
    """No test touches a desk's real data folder, and no stand-in outlives its test."""
    from django.utils import translation

    from amends.desk import accounts, points, policies

    settings.AMENDS_HOME = tmp_path / "home"
    settings.AMENDS_MODELS, settings.AMENDS_ENCODER = False, ""
    # A request of another test may have left its reader's language behind.
    translation.activate("en")
    yield
    accounts.stand_ins.clear()
    points.hooks.clear()
    policies.forget_playbook()


@pytest.fixture
def desk(db):
    """A desk with a town to listen to; its clock stands still until the test moves it."""
    from tests.makers import Desk

    return Desk()
