"""`python -m training.train`: from the public sets and our own posts to the files that the desk ships.

Four steps, each kept in the work folder, so that one that was cut off is taken up again:
`public` tunes the encoder on the public sets; `own` tunes on with our own posts and the smaller sets; `more` with what
that was weakest at; `heads` fits the n-gram tier, fuses both and writes files and cards. Everything is seeded; two runs on one machine
agree but for the order of sums in parallel arithmetic.
"""

from __future__ import annotations

import argparse
import os
import random
from pathlib import Path

import torch
import torch.distributed
import torch.multiprocessing

from amends.triage.model.pieces import tokenizer_of
from amends.triage.model.weights import Weights, read
from training import data
from training.encoder import Encoder
from training.tune import tune

SEED = 2026
RANK = 32

#: Of the large public sets, so many rows are read again in the second step; of the small ones all.
AGAIN = 1_000


def public_rows(shared: Path) -> list[data.Row]:
    rows = [row for row in data.public(shared) if not data.is_kept_apart(row.text)]
    return rows + data.without_marks(rows, SEED, 0.15)


def own_rows(shared: Path) -> list[data.Row]:
    """Our own posts three times, the contrast pairs, and as much of the public sets that they are not forgotten."""
    own = [row for row in data.written() if not data.is_kept_apart(row.text)]
    own += data.without_marks(own, SEED, 0.5)
    taken: dict[str, int] = {}
    public = []
    for row in data.public(shared):
        taken[row.source] = taken.get(row.source, 0) + 1
        most = 5_000 if row.source in ("sentiment/en.semeval2017", "offensive/ro.ro_offense") else AGAIN
        if taken[row.source] <= most and not data.is_kept_apart(row.text):
            public.append(row)
    pairs = [row for row in data.contrast(SEED) if not data.is_kept_apart(row.text)]
    return [*(own * 3), *pairs, *public]


#: The third step: what the second was weakest at, so many rows of each set.
MORE = {
    **{f"sentiment/{each}.umsab": 3_000 for each in ("ar", "de", "en", "es", "fr", "it", "pt")},
    "sentiment/en.semeval2017": 4_000,
    "offensive/ro.ro_offense": 10_000,
    "offensive/ro.fb_ro_offense": 4_000,
    "offensive/en.tweeteval_olid": 5_000,
    "offensive/fr.mlma": 3_000,
    "abuse_type/fr.jigsaw_subset": 1_500,
    "complaint/en.preotiuc2019": 3_000,
    "emotion/ro.red1": 1_500,
}


def more_rows(shared: Path) -> list[data.Row]:
    """Our own posts twice, complaints of others twice, half the pairs, and the sets in `MORE`."""
    own = [row for row in data.written() if not data.is_kept_apart(row.text)]
    own += data.without_marks(own, SEED + 1, 0.4)
    taken: dict[str, int] = {}
    public = []
    for row in data.public(shared):
        taken[row.source] = taken.get(row.source, 0) + 1
        if taken[row.source] <= MORE.get(row.source, 0) and not data.is_kept_apart(row.text):
            public += [row] * (2 if "complaint" in row.source else 1)
    pairs = [row for row in data.contrast(SEED) if not data.is_kept_apart(row.text)][::2]
    return [*(own * 2), *pairs, *public]


def _tune(rank: int, world: int, step: str, weights_file: str, shared: str, work: str) -> None:
    torch.set_num_threads(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29555"}
    torch.distributed.init_process_group("gloo", rank=rank, world_size=world)
    weights = read(Path(weights_file).read_bytes())
    tokenizer, forms = tokenizer_of(weights), {ord(key): value for key, value in weights.forms.items()}
    torch.manual_seed(SEED)
    encoder = Encoder(weights, RANK)
    if before := {"own": "public", "more": "own"}.get(step):
        encoder.load_state_dict(torch.load(Path(work) / f"{before}.pt", weights_only=True), strict=False)
    rows = {"public": public_rows, "own": own_rows, "more": more_rows}[step](Path(shared))
    random.Random(SEED).shuffle(rows)
    if not rank:
        print(f"{step}: {len(rows):,} rows", flush=True)
    passes, rate = {"public": (1, 1e-3), "own": (1, 6e-4), "more": (1, 5e-4)}[step]
    tune(encoder, tokenizer, forms, rows, passes=passes, rate=rate, seed=SEED, rank=rank, world=world)
    if not rank:
        keep = {name: each for name, each in encoder.named_parameters() if each.requires_grad}
        torch.save(keep, Path(work) / f"{step}.pt")


def tuned(weights: Weights, work: Path, step: str) -> Encoder:
    encoder = Encoder(weights, RANK)
    encoder.load_state_dict(torch.load(work / f"{step}.pt", weights_only=True), strict=False)
    return encoder.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--weights", type=Path, required=True, help="e5-small-q4.bin, as `amends models fetch` keeps it"
    )
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    parser.add_argument("--work", type=Path, default=Path("training/work"))
    parser.add_argument("--steps", default="public,own,more,heads")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    for step in asked.steps.split(","):
        if step in ("public", "own", "more"):
            torch.multiprocessing.spawn(
                _tune,
                (asked.processes, step, str(asked.weights), str(asked.shared), str(asked.work)),
                nprocs=asked.processes,
            )
        elif step == "heads":
            from training.fit import fit

            weights = read(asked.weights.read_bytes())
            fit(tuned(weights, asked.work, "more"), asked.weights, asked.shared, asked.work, SEED)


if __name__ == "__main__":
    main()
