"""The hand-written walk-through: what a newcomer reads first must be whole, varied and about nobody real."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from amends.connectors.example import LONGEST_POST, Post, scenario
from amends.core.case import Kind
from amends.core.mention import Author, Mention
from amends.listen.match import Matcher

SCENARIO = scenario()
PEOPLE = [post for post in SCENARIO.posts if post.handle not in SCENARIO.accounts]
EVERYTHING = (*SCENARIO.posts, *SCENARIO.reactions)
WORDS = [*(post.text for post in EVERYTHING), *(text for each in SCENARIO.answers.values() for text in each)]


def in_cluj(post: Post) -> bool:
    return "outage" in post.note and "Cluj" in post.note and post.in_reply_to == ""


def test_about_150_posts_are_told_in_four_minutes():
    assert 140 <= len(PEOPLE) <= 170
    assert 200 <= max(post.at for post in PEOPLE) <= 240


def test_a_newcomer_sees_something_within_two_seconds_and_much_within_a_minute():
    assert sum(post.at <= 2 for post in PEOPLE) >= 3
    assert sum(post.at < 60 for post in PEOPLE) >= 55


def test_the_three_languages_are_about_equal():
    shares = Counter(post.lang for post in PEOPLE)
    assert set(shares) == {"en", "fr", "ro"}
    assert all(0.28 <= n / len(PEOPLE) <= 0.40 for n in shares.values())


def test_most_complaints_do_not_tag_the_brand():  # L1
    complaints = [post for post in PEOPLE if post.kind == "complaint"]
    assert 0.5 <= sum(not post.to_us for post in complaints) / len(complaints) <= 0.75


def test_every_kind_of_mention_occurs():  # W1
    kinds = Counter(post.kind for post in PEOPLE)
    assert set(kinds) == {*Kind} - {Kind.UNSURE}
    assert kinds["praise"] >= 10 and kinds["question"] >= 10 and kinds["abuse"] >= 4


def test_ids_are_unique_and_every_target_exists():
    ids = [post.id for post in EVERYTHING]
    assert len(ids) == len(set(ids))
    scripted = {post.id: post for post in SCENARIO.posts}
    for post in EVERYTHING:
        for field in ("thread", "in_reply_to", "edit_of", "delete_of", "after_reply_to"):
            target = getattr(post, field)
            assert target == "" or target in scripted, (post.id, field)
    for post in SCENARIO.posts:
        for target in filter(None, (post.thread, post.in_reply_to, post.edit_of, post.delete_of)):
            assert scripted[target].at < post.at, post.id


def test_every_answer_names_the_post_that_began_its_thread():
    scripted = {post.id: post for post in SCENARIO.posts}
    for post in SCENARIO.posts:
        if post.in_reply_to:
            parent = scripted[post.in_reply_to]
            assert post.thread == (parent.thread or parent.id)


def test_only_the_author_edits_deletes_or_reacts():
    scripted = {post.id: post for post in SCENARIO.posts}
    for post in EVERYTHING:
        for target in filter(None, (post.edit_of, post.delete_of, post.after_reply_to)):
            assert scripted[target].handle == post.handle, post.id


def test_to_us_means_a_tag_an_answer_to_the_brand_or_a_direct_message():
    scripted = {post.id: post for post in SCENARIO.posts}
    for post in PEOPLE:
        parent = scripted.get(post.in_reply_to)
        names_us = re.search(r"@telvoria\b", post.text) is not None
        answers_us = parent is not None and parent.handle in SCENARIO.accounts
        assert post.to_us == (names_us or answers_us or post.visibility == "direct"), post.id


def test_no_post_is_empty_or_longer_than_the_town_allows():
    for post in EVERYTHING:
        assert bool(post.text) != bool(post.delete_of), post.id
    assert all(0 < len(text) <= LONGEST_POST for text in WORDS if text)


def test_every_post_says_what_it_shows():
    assert all(len(post.note) > 10 for post in EVERYTHING)


def mention_of(post: Post) -> Mention:
    author = Author(network="example", remote_id=post.handle, handle=post.handle)
    return Mention(network="example", remote_id=post.id, author=author, text=post.text, raw=b"{}")


def test_whoever_does_not_tag_us_is_found_by_a_term_or_by_the_thread():  # L1
    matcher = Matcher(SCENARIO.terms)
    lost = [
        post.id
        for post in PEOPLE
        if not (post.to_us or post.thread or post.delete_of or "namesake" in post.note)
        and matcher.match(mention_of(post)) is None
    ]
    assert lost == []


def test_excluded_words_remove_the_namesakes():  # L1
    matcher = Matcher(SCENARIO.terms)
    namesakes = [post for post in PEOPLE if "namesake" in post.note]
    assert 3 <= len(namesakes) <= 5
    assert [post.id for post in namesakes if matcher.match(mention_of(post))] == []


def test_the_outage_is_told_by_many_people_in_ninety_seconds_in_three_languages():  # K1
    outage = [post for post in PEOPLE if in_cluj(post)]
    assert len({post.handle for post in outage}) == len(outage) >= 20
    assert max(post.at for post in outage) - min(post.at for post in outage) <= 90
    assert {post.lang for post in outage} == {"en", "fr", "ro"}


def test_a_post_is_edited_another_deleted_and_somebody_writes_again():  # D2, K3
    assert {post.lang for post in PEOPLE if post.edit_of} >= {"en", "ro"}
    scripted = {post.id: post for post in SCENARIO.posts}
    assert all(20 <= post.at - scripted[post.delete_of].at <= 90 for post in PEOPLE if post.delete_of)
    again = [post for post in PEOPLE if post.in_reply_to and scripted[post.in_reply_to].handle == post.handle]
    assert Counter(post.handle for post in again)["bogdan_rv"] == 2


def test_people_confirm_or_deny_in_each_language():  # M3
    answers = [(post.lang, post.kind) for post in SCENARIO.reactions if post.asked]
    assert set(answers) == {(lang, kind) for lang in ("en", "fr", "ro") for kind in ("praise", "complaint")}


@pytest.mark.parametrize("meant", ["detail", "private", "thanks", "yes", "no", "answered", "warm"])
def test_everybody_has_an_answer_in_their_language(meant):  # A14
    assert all(SCENARIO.answers[meant, lang] for lang in SCENARIO.languages)


def test_romanian_and_french_come_with_and_without_their_accents():
    for lang, letters in (("ro", "șțăîâ"), ("fr", "éèêàçùôû")):
        texts = [post.text.lower() for post in PEOPLE if post.lang == lang and post.text]
        bare = [text for text in texts if not any(letter in text for letter in letters)]
        assert len(bare) >= 5 and len(texts) - len(bare) >= 15
    assert not any(letter in text for text in WORDS for letter in "şţŞŢ")  # the cedilla is Turkish


#: Numbers that regulators keep for fiction: Ofcom's 07700 900xxx and 020 7946 0xxx, ARCEP's 01 99 00 xx xx.
FICTIONAL = re.compile(r"07700 900\d{3}|020 7946 0\d{3}|01 99 00 \d\d \d\d")


def test_no_number_or_address_can_belong_to_anybody():
    for text in (*WORDS, *SCENARIO.company.telephone.values()):
        assert not re.search(r"\d(?:[ .-]?\d){7,}", FICTIONAL.sub("", text)), text
        for host in re.findall(
            r"[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|fr|ro|uk|ie|io|example|invalid)\b", text
        ):
            assert host.endswith((".example", ".invalid")), text
    assert urlsplit(SCENARIO.company.website).hostname == "telvoria.example"


def test_no_real_operator_or_network_is_named():
    real = re.compile(
        r"\b(?:orange|sfr|bouygues|free mobile|vodafone|digi|rcs|telekom|eircom|eir|virgin|sky|bt|o2|"
        r"netflix|youtube|facebook|twitter|instagram|tiktok|whatsapp|amazon|google|apple|fedex|dhl)\b",
        re.IGNORECASE,
    )
    assert [text for text in WORDS if real.search(text)] == []
