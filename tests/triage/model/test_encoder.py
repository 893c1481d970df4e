"""What a built encoder promises: the weights' own arithmetic, whole or not there, and no text that it cannot take."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from tests.triage.model.makers import WIDTH, built, forward, small_weights, source_of

from amends.triage.model import BadModel, folder, graph
from amends.triage.model.adapters import read_adapters
from amends.triage.model.encoder import Encoder
from amends.triage.model.weights import merged

TEXTS = ["my box is dead", "", "a", "É query: my my my box s s s s a a", "my box " * 30]
HOSTILE = {
    "one that grows": "ﷺ" * 5000,
    "ones that grow": "ﷺ " * 5000,
    "nothing": "",
    "nul": "box\0dead\0" * 50,
    "lone surrogates": "\ud83d" * 200 + "\udc00",
    "very long": "my box is dead " * 6667,
    "very long word": "x" * 100_000,
    "emoji": "😀👩‍👩‍👧‍👦" * 450,
    "marks": "a" + "\u0301" * 5000,
    "entities": "&#0;&#xD800;&#x110000;&amp" * 500,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return built(tmp_path_factory.mktemp("models") / "encoder")


@pytest.fixture(scope="module")
def encoder(made: Path) -> Encoder:
    return Encoder.open(made)


def test_the_graph_gives_what_the_weights_give(encoder: Encoder) -> None:
    wanted, found = forward(small_weights(), TEXTS), encoder.embed(TEXTS)
    assert found.dtype == np.float32
    assert np.abs(found - wanted).max() < 2e-2
    nearness = (found * wanted).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    assert nearness.min() > 0.999


def test_a_post_is_read_alike_alone_and_among_others(encoder: Encoder) -> None:
    together = encoder.embed([*TEXTS * 4, *HOSTILE.values()])
    alone = np.concatenate([encoder.embed([text]) for text in TEXTS])
    assert np.abs(together[: len(TEXTS)] - alone).max() < 1e-4


def test_no_posts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.embed([]).shape == (0, WIDTH)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_read_in_time(encoder: Encoder, text: str) -> None:
    began = time.process_time()
    assert np.isfinite(encoder.embed([text])).all()
    assert time.process_time() - began < 1


def test_adapters_are_part_of_what_is_built(tmp_path: Path) -> None:
    weights, chance = small_weights(), np.random.default_rng(1)
    adapters = {
        "l1.v.a": chance.standard_normal((2, WIDTH)).astype(np.float32),
        "l1.v.b": chance.standard_normal((WIDTH, 2)).astype(np.float32),
    }
    tuned = merged(weights, adapters)
    found = Encoder.open(built(tmp_path / "encoder", tuned)).embed(TEXTS)
    assert np.abs(found - forward(tuned, TEXTS)).max() < 4e-2
    assert np.abs(found - forward(weights, TEXTS)).max() > 0.1


def test_an_encoder_is_named_by_weights_and_adapters_alone(tmp_path: Path) -> None:
    def digest(name: str, adapters: str | None) -> str:
        return Encoder.open(built(tmp_path / f"{name}{adapters}", source=source_of(name, adapters))).digest

    assert digest("weights", "ours") == source_of("weights", "ours").digest
    assert (
        len(
            {
                digest("weights", None),
                digest("weights", "ours"),
                digest("weights", "theirs"),
                digest("more", None),
            }
        )
        == 4
    )


def test_a_build_that_is_cut_off_leaves_nothing(tmp_path: Path) -> None:
    def stop(share: float, what: object) -> None:
        if share > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        graph.build(small_weights(), tmp_path / "encoder", source=source_of("small"), tell=stop)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_build_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".building-x").mkdir()
    (tmp_path / ".building-x" / "encoder.onnx").write_bytes(b"half")
    graph.clear(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_build_takes_the_place_of_the_old_one_and_a_failed_one_does_not(tmp_path: Path) -> None:
    place = built(tmp_path / "encoder", source=source_of("old"))

    def stop(share: float, what: object) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        graph.build(small_weights(), place, source=source_of("new"), tell=stop)
    assert Encoder.open(place).digest == source_of("old").digest
    built(place, source=source_of("new"))
    assert Encoder.open(place).digest == source_of("new").digest
    assert [each.name for each in tmp_path.iterdir()] == ["encoder"]


@pytest.mark.parametrize("name", folder.PARTS)
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, name: str, damage: str) -> None:
    file = built(tmp_path / "encoder") / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data if damage == "flip" else data[:-1])
    if damage == "gone":
        file.unlink()
    with pytest.raises(BadModel, match=rf"{name}.*amends models build"):
        Encoder.open(tmp_path / "encoder")


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "0" * 64},
        {"format": 2},
        {"width": 0},
        {"width": WIDTH + 1},
        {"files": {}},
        {"made_from": {"weights": "../../etc"}},
        {"made_from": None},
    ],
    ids=str,
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    file = built(tmp_path / "encoder") / folder.MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(BadModel, match="amends models build"):
        Encoder.open(tmp_path / "encoder")


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"format": 1}', "[" * 60_000, " " * 70_000, "\xff"])
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (built(tmp_path / "encoder") / folder.MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(BadModel):
        Encoder.open(tmp_path / "encoder")


def test_files_that_are_whole_but_no_model_are_refused(tmp_path: Path) -> None:
    place = built(tmp_path / "encoder")
    (place / folder.GRAPH).write_bytes(b"nothing that onnxruntime knows")
    manifest = json.loads((place / folder.MANIFEST).read_text())
    manifest["files"][folder.GRAPH] = folder.digest_of_file(place / folder.GRAPH)
    (place / folder.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BadModel, match="cannot be loaded"):
        Encoder.open(place)


def test_no_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="amends models build"):
        Encoder.open(tmp_path / "nowhere")


def test_adapters_are_read_as_numbers_alone(tmp_path: Path) -> None:
    np.savez(tmp_path / "good.npz", **{"l0.q.a": np.ones((2, 3), np.float16)})
    adapters, digest = read_adapters(tmp_path / "good.npz")
    assert adapters["l0.q.a"].dtype == np.float32
    assert digest == folder.digest_of_file(tmp_path / "good.npz")
    assert read_adapters(tmp_path / "none.npz") == ({}, None)


@pytest.mark.parametrize("how", ["pickled", "cut", "no zip"])
def test_adapters_that_cannot_be_read_are_refused(tmp_path: Path, how: str) -> None:
    file = tmp_path / "bad.npz"
    np.savez(file, **{"l0.q.a": np.array([{"a": 1}], object) if how == "pickled" else np.ones((20, 20))})
    if how == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    if how == "no zip":
        file.write_text("numbers")
    with pytest.raises(BadModel, match="Install Amends again"):
        read_adapters(file)
