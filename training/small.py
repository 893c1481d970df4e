"""Trains the n-gram tier: one weight for each feature and class, on the same rows and the same loss as the encoder."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import torch

from amends.triage.model.ngrams import BUCKETS, NGRAM_TASKS, Ngrams, cut, prepare
from amends.triage.model.tasks import TASKS
from training.data import Row
from training.tune import balance, loss_of, targets


def fit(rows: Sequence[Row], *, passes: int, seed: int) -> Ngrams:
    torch.manual_seed(seed)
    chance = random.Random(seed)
    rows = [row for row in rows if any(task in row.labels for task in NGRAM_TASKS)]
    hashes = []
    for start in range(0, len(rows), 2_000):
        features = cut([prepare(row.text) for row in rows[start : start + 2_000]])
        hashes += np.split(features.hashes, np.flatnonzero(np.diff(features.owners)) + 1)
    assert len(hashes) == len(rows)
    wanted, weights = targets(rows), balance(rows)
    sizes = [len(TASKS[task]) for task in NGRAM_TASKS]
    table = torch.nn.EmbeddingBag(BUCKETS, sum(sizes), mode="sum", sparse=True)
    torch.nn.init.zeros_(table.weight)
    bias = torch.nn.Parameter(torch.zeros(sum(sizes)))
    sparse = torch.optim.Adagrad([table.weight], lr=0.4)
    dense = torch.optim.Adam([bias], lr=0.01)
    order = list(range(len(rows)))
    for turn in range(passes):
        chance.shuffle(order)
        total = 0.0
        for start in range(0, len(order), 256):
            chosen = order[start : start + 256]
            counts = [len(hashes[at]) for at in chosen]
            offsets = torch.tensor([0, *np.cumsum(counts)[:-1]])
            flat = torch.tensor(np.concatenate([hashes[at] for at in chosen]).astype(np.int64))
            roots = torch.tensor(
                np.repeat([1 / math.sqrt(max(each, 1)) for each in counts], counts), dtype=torch.float32
            )
            scores = table(flat, offsets, per_sample_weights=roots) + bias
            outputs = dict(zip(NGRAM_TASKS, torch.split(scores, sizes, 1), strict=True))
            loss = loss_of(outputs, {task: wanted[task][chosen] for task in NGRAM_TASKS}, weights[chosen])
            sparse.zero_grad()
            dense.zero_grad()
            loss.backward()
            sparse.step()
            dense.step()
            total += loss.item() * len(chosen)
        print(f"  n-grams, pass {turn + 1} of {passes}: loss {total / len(order):.3f}", flush=True)
    found = table.weight.detach().numpy()
    scale = np.maximum(np.abs(found).max(0), 1e-6) / 127
    return Ngrams(np.rint(found / scale).astype(np.int8), scale.astype(np.float32), bias.detach().numpy())
