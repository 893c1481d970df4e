from amends.core.case import Kind
from amends.document.casefile import Filing, ThreadCase, file_mention

IOANAS = ThreadCase(case_id=7, author_id="ioana")


def filed(author="ioana", kind=Kind.COMPLAINT, *, ours=False, of_us=True, cases=(IOANAS,)):
    return file_mention(author_id=author, is_ours=ours, speaks_of_us=of_us, kind=kind, cases=cases)


def test_a_first_complaint_opens_a_case():
    assert filed(cases=()).filing is Filing.OPEN


def test_the_author_writing_again_joins_their_case_whatever_the_words():
    assert filed(kind=Kind.OTHER, of_us=False).case_id == 7
    assert filed().filing is Filing.JOIN


def test_a_bystander_with_the_same_trouble_is_a_customer_of_their_own():
    """K1: never assume an isolated incident."""
    assert filed("radu").filing is Filing.OPEN


def test_a_bystander_who_only_chats_is_context():
    assert filed("radu", Kind.OTHER).filing is Filing.CONTEXT
    assert filed("radu", of_us=False).filing is Filing.CONTEXT


def test_our_own_words_never_open_or_wake_a_case():
    assert filed("novatel", ours=True).filing is Filing.CONTEXT
    assert filed("novatel", ours=True, cases=()).filing is Filing.KEEP
