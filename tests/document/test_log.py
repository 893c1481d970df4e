"""D3: the log, against RFC 6962's own vectors and by invariants over whole histories."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.document.log import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

#: Inputs and roots of the reference implementation of RFC 6962 (its published test vectors).
INPUTS = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
leaves_of = st.lists(st.binary(max_size=8), min_size=1, max_size=70).map(
    lambda all_: [leaf_hash(each) for each in all_]
)


def test_the_published_vectors_hold():
    assert sha256(b"").digest() == EMPTY_ROOT
    frontier = Frontier()
    for data, root in zip(INPUTS, ROOTS, strict=True):
        frontier = frontier.append(leaf_hash(data))
        assert frontier.root().hex() == root


def test_a_leaf_can_not_pass_for_a_node():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@given(leaves_of)
def test_every_leaf_can_be_proven_and_no_other(leaves):
    root = root_of(leaves)
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(leaves, index)
        assert verify_inclusion(leaf, index, len(leaves), proof, root)
        assert not verify_inclusion(leaf_hash(b"another" + leaf), index, len(leaves), proof, root)
        assert not verify_inclusion(leaf, index, len(leaves), (*proof, root), root)
        for at in range(len(proof)):
            flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
            assert not verify_inclusion(
                leaf, index, len(leaves), (*proof[:at], flipped, *proof[at + 1 :]), root
            )


@given(leaves_of, st.data())
def test_every_later_tree_shows_that_it_extends_the_earlier(leaves, data):
    old = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(leaves, old)
    old_root, root = root_of(leaves[:old]), root_of(leaves)
    assert verify_consistency(old, len(leaves), old_root, root, proof)
    if old < len(leaves):
        rewritten = [leaf_hash(b"rewritten"), *leaves[1:]]
        assert not verify_consistency(
            old, len(leaves), old_root, root_of(rewritten), consistency_proof(rewritten, old)
        )


def test_a_leaf_outside_the_tree_is_an_error():
    with pytest.raises(IndexError):
        inclusion_proof([leaf_hash(b"a")], 1)
    with pytest.raises(IndexError):
        consistency_proof([leaf_hash(b"a")], 2)
    assert not verify_inclusion(leaf_hash(b"a"), 1, 1, (), leaf_hash(b"a"))


def test_a_head_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="peaks"):
        Frontier(3, (leaf_hash(b"a"),))
