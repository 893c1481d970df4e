"""The desk speaks French and Romanian: every sentence of it, whole, and written as people there write. (A14)"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.utils.translation import override

import amends
from amends.core.say import say_many
from amends.triage.judgement import TOPICS
from amends.web import labels
from amends.web.templatetags import amends as tags

PACKAGE = Path(amends.__file__).parent
LANGUAGES = ("fr", "ro")
#: How many plural forms a language has, and numbers that need each, in order.
FORMS = {"fr": (1, 2), "ro": (1, 2, 20)}

PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|\{[a-z_]*\}")
#: What programs read: in a catalogue it stays as it is, without the spaces of the language around it.
CODE = re.compile(r"Authorization: Bearer|Content-Type: application/json|https?://\S+|'\.\[\]'|\{\"[^}]*\}")


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"))


def entries(language: str) -> list[polib.POEntry]:
    return [entry for entry in catalogue(language) if not entry.obsolete]


def forms(entry: polib.POEntry) -> list[str]:
    """What the catalogue says for the entry, in order of the plural forms."""
    return (
        [entry.msgstr_plural[at] for at in sorted(entry.msgstr_plural)]
        if entry.msgid_plural
        else [entry.msgstr]
    )


def sentences(language: str) -> list[str]:
    return [CODE.sub("", form) for entry in entries(language) for form in forms(entry)]


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_in_doubt(language):
    known = entries(language)
    assert len(known) > 1000
    assert [entry.msgid for entry in known if not all(forms(entry))] == []
    assert [entry.msgid for entry in known if entry.fuzzy] == []
    assert [entry.msgid for entry in catalogue(language).obsolete_entries()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_that_counts_has_every_plural_form_of_the_language(language):
    counting = [entry for entry in entries(language) if entry.msgid_plural]
    assert len(counting) > 30
    wanted = list(range(len(FORMS[language])))
    assert [entry.msgid for entry in counting if sorted(entry.msgstr_plural) != wanted] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_number_takes_its_own_plural_form(language):
    two = say_many("{n} promise is broken", "{n} promises are broken", n=2)
    entry = next(each for each in entries(language) if each.msgid == two.template)
    with override(language):
        said = [tags.said(say_many(two.template, two.plural, n=n)) for n in FORMS[language]]
    assert said == [form.format(n=n) for form, n in zip(forms(entry), FORMS[language], strict=True)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_is_lost_or_invented(language):
    wrong = []
    for entry in entries(language):
        one, *others = forms(entry)
        if placeholders(one) not in (
            placeholders(entry.msgid),
            placeholders(entry.msgid_plural or entry.msgid),
        ):
            wrong.append(one)
        wrong += [other for other in others if placeholders(other) != placeholders(entry.msgid_plural)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_and_names_of_settings_stay_as_they_are_typed(language):
    typed = re.compile(
        r"\bamends (?:up|init|doctor|link|watch|example|import)\b|\bAMENDS_[A-Z_]+|\bAM\d{3}\b"
    )
    wrong = [
        form
        for entry in entries(language)
        for form in forms(entry)
        if Counter(typed.findall(form)) != Counter(typed.findall(entry.msgid))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_what_the_written_one_says(language):
    written = catalogue(language)
    compiled = polib.mofile(str(PACKAGE / "locale" / language / "LC_MESSAGES" / "django.mo"))

    def said(one: polib.POFile | polib.MOFile) -> dict[tuple[str, str], list[str]]:
        return {(entry.msgctxt or "", entry.msgid): forms(entry) for entry in one if not entry.obsolete}

    assert said(compiled) == said(written)
    assert compiled.metadata["Plural-Forms"] == written.metadata["Plural-Forms"]


def test_french_has_its_spaces_before_high_punctuation():
    plain = re.compile(r" [?!;:»]|« |[^\s\u202f\u00a0?!.…][?!;](?=\s|$)|\w:(?=\s|$)|[^\u00a0]»|«[^\u00a0]")
    assert [text for text in sentences("fr") if plain.search(text)] == []
    assert [text for text in sentences("fr") if re.search(r"(?<!«)\u00a0[?!;]|\u202f[:»]", text)] == []


def test_french_and_romanian_have_their_own_quotes_letters_and_apostrophes():
    assert [text for text in sentences("fr") if re.search(r"[“”„]|\w'\w", text)] == []
    assert [text for text in sentences("ro") if re.search(r"[“«»]|[şţŞŢ]|\w'\w", text)] == []


def test_every_topic_of_triage_has_a_name_in_each_language():
    assert set(labels.TOPICS) == set(TOPICS)
    for language in LANGUAGES:
        with override(language):
            assert tags.topic("billing") not in ("Billing", "billing", "")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("xgettext"), reason="needs GNU gettext; .ci/run installs it")
def test_collecting_anew_finds_no_sentence_that_a_catalogue_lacks(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "amends", ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    command = [sys.executable, "-m", "django", "makemessages", "--no-location", "--no-wrap"]
    command += [word for language in LANGUAGES for word in ("-l", language)]
    settings = {"DJANGO_SETTINGS_MODULE": "amends.site.settings", "AMENDS_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        command,
        cwd=tmp_path / "amends",
        env={**os.environ, **settings, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for language in LANGUAGES:
        known = {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in entries(language)}
        anew = polib.pofile(str(tmp_path / "amends" / "locale" / language / "LC_MESSAGES" / "django.po"))
        found = {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in anew if not entry.obsolete}
        assert len(found) > 1000
        assert found - known == set(), f"collect for {language}: makemessages, translate, msgfmt"
