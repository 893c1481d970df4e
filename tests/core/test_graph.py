import pytest

from amends.core.graph import BrokenGraph, Graph, Refused, Transition
from amends.core.say import say


def never(facts):
    return say("never")


def test_two_ways_out_on_one_event_are_found_when_the_table_is_built():
    with pytest.raises(BrokenGraph, match="two ways"):
        Graph(
            start="a", ends=("b", "c"), table=(Transition("go", ("a",), "b"), Transition("go", ("a",), "c"))
        )


def test_a_state_without_a_way_out_is_found_when_the_table_is_built():
    with pytest.raises(BrokenGraph, match="no way out"):
        Graph(start="a", ends=(), table=(Transition("go", ("a",), "b"),))


def test_a_state_without_a_way_in_is_found_when_the_table_is_built():
    with pytest.raises(BrokenGraph, match="no way into"):
        Graph(start="a", ends=("b",), table=(Transition("go", ("a", "lost"), "b"),))


def test_a_refusal_gives_every_reason():
    graph = Graph(start="a", ends=("b",), table=(Transition("go", ("a",), "b", needs=(never, never)),))
    with pytest.raises(Refused) as why:
        graph.fire("go", "a", None)
    assert [str(each) for each in why.value.reasons] == ["never", "never"]


def test_what_the_table_does_not_know_is_refused_with_words():
    graph = Graph(start="a", ends=("b",), table=(Transition("go", ("a",), "b"),))
    with pytest.raises(Refused, match="not possible any more"):
        graph.fire("go", "b", None)
    assert graph.events_from("a") == ("go",)
