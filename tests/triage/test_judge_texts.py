"""W1: judging from a program: `from amends.triage import judge`."""

from __future__ import annotations

import pytest

from amends.core.case import Kind
from amends.triage import judge
from amends.triage.model import BadModel


@pytest.fixture(autouse=True)
def no_encoder(monkeypatch, tmp_path):
    monkeypatch.setenv("AMENDS_HOME", str(tmp_path))
    monkeypatch.delenv("AMENDS_ENCODER", raising=False)


def test_texts_are_judged_in_their_order():
    found = judge(["My parcel never came and I want my money back!", "Thank you, you are wonderful"])
    assert [each.kind for each in found] == [Kind.COMPLAINT, Kind.PRAISE]
    assert all(each.reasons for each in found)
    assert judge([]) == []


def test_what_is_known_of_a_language_helps():
    assert [each.language for each in judge(["ok ok", "ok ok"], ["ro", None])] == ["ro", "und"]


def test_more_texts_than_one_batch_come_back_whole():
    assert len(judge(["late again"] * 600)) == 600


@pytest.mark.parametrize("texts", ["one text", [None], [b"bytes"]])
def test_what_is_no_list_of_texts_is_refused(texts):
    with pytest.raises(TypeError):
        judge(texts)


def test_as_many_languages_as_texts():
    with pytest.raises(ValueError, match="2 texts, and 1 languages"):
        judge(["a", "b"], ["en"])


def test_a_damaged_encoder_is_named(tmp_path):
    folder = tmp_path / "models" / "encoder"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text("{}")
    with pytest.raises(BadModel):
        judge(["late again"])
