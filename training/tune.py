"""Fine-tunes the encoder on all tasks at once: small adapters and one head a task (LoRA, Hu et al. 2021)."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
import torch.distributed
from tokenizers import Tokenizer
from torch import Tensor

from amends.triage.model.pieces import PAD, cut
from amends.triage.model.tasks import TASKS
from training.data import Row
from training.encoder import Encoder

#: What each task weighs in the loss; what triage rests on weighs most.
LOSS = {"kind": 1.5, "abuse": 1.2, "sentiment": 1.0, "sarcasm": 0.7, "emotion": 0.5, "severity": 0.7}
LOSS |= {"anger": 0.4, "wants": 0.4, "cause": 0.3, "topic": 0.7}
LONGEST = 80
BATCH = 96


def targets(rows: Sequence[Row]) -> dict[str, Tensor]:
    """Per task [rows, classes]: 1 where a class is possible; a row of zeros says nothing of the task."""
    said = {task: torch.zeros(len(rows), len(classes)) for task, classes in TASKS.items()}
    for at, row in enumerate(rows):
        for task, possible in row.labels.items():
            for each in possible:
                said[task][at, TASKS[task].index(each)] = 1.0
    return said


def balance(rows: Sequence[Row]) -> Tensor:
    """Weight per row: its source's, and rarer sentiments more, so that each counts alike in each source."""
    found = Counter((row.source, row.labels["sentiment"]) for row in rows if "sentiment" in row.labels)
    most = Counter(row.source for row in rows if "sentiment" in row.labels)
    weights = []
    for row in rows:
        weight = row.weight
        if "sentiment" in row.labels:
            weight *= min(2.0, most[row.source] / (3 * found[row.source, row.labels["sentiment"]]))
        weights.append(weight)
    return torch.tensor(weights)


def loss_of(outputs: dict[str, Tensor], wanted: dict[str, Tensor], weights: Tensor) -> Tensor:
    """−log of the probability of the classes that are possible, over the rows that know something."""
    total = torch.zeros(())
    for task, scores in outputs.items():
        known = wanted[task].sum(1) > 0
        if known.any():
            every = torch.logsumexp(scores[known].float(), 1)
            right = torch.logsumexp(scores[known].float() + torch.log(wanted[task][known].clamp_min(1e-9)), 1)
            total = total + LOSS[task] * ((every - right) * weights[known]).sum() / len(weights)
    return total


def batches(ids: Sequence[list[int]], seed: int, size: int = BATCH) -> list[list[int]]:
    """Rows of like length together, in a random order: short posts do not pay for long ones."""
    chance = random.Random(seed)
    order = list(range(len(ids)))
    chance.shuffle(order)
    made = []
    for start in range(0, len(order), size * 64):
        near = sorted(order[start : start + size * 64], key=lambda at: len(ids[at]))
        made += [near[each : each + size] for each in range(0, len(near), size)]
    chance.shuffle(made)
    return made


def padded(ids: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    longest = -(-max(len(each) for each in ids) // 8) * 8  # few shapes: each new one is compiled
    pieces = torch.full((len(ids), longest), PAD)
    for at, each in enumerate(ids):
        pieces[at, : len(each)] = torch.tensor(each)
    return pieces, pieces != PAD


def tune(
    encoder: Encoder,
    tokenizer: Tokenizer,
    forms: dict[int, str],
    rows: Sequence[Row],
    *,
    passes: int,
    rate: float,
    seed: int,
    rank: int = 0,
    world: int = 1,
) -> None:
    """Trains in place, with a line of progress a minute.

    `world` processes share each batch and average what they learned of it (`torch.distributed` must be set up): on a
    small machine two processes of one thread are faster than one process of two.
    """
    torch.manual_seed(seed + rank)
    ids = cut(tokenizer, forms, [row.text for row in rows], LONGEST)
    wanted, weights = targets(rows), balance(rows)
    slow = [each for name, each in encoder.named_parameters() if each.requires_grad and "tasks" not in name]
    fast = list(encoder.tasks.parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": slow, "lr": rate, "weight_decay": 0.01},
            {"params": fast, "lr": 3 * rate, "weight_decay": 0.01},
        ]
    )
    steps = passes * len(batches(ids, seed))
    begun, told, step, running = time.monotonic(), 0.0, 0, 0.0
    encoder.train()
    for turn in range(passes):
        for batch in batches(ids, seed + turn):
            share, mine = step / steps, batch[rank::world]
            for group, top in zip(optimizer.param_groups, (rate, 3 * rate), strict=True):
                group["lr"] = top * min(1.0, step / 100) * (1 - share)
            optimizer.zero_grad(set_to_none=False)
            if mine:
                pieces, there = padded([ids[at] for at in mine])
                with torch.autocast("cpu", torch.bfloat16):
                    outputs = encoder(pieces, there)
                loss = loss_of(outputs, {task: each[mine] for task, each in wanted.items()}, weights[mine])
                loss.backward()
                running = 0.98 * running + 0.02 * loss.item()
            _average(slow + fast, world)
            torch.nn.utils.clip_grad_norm_(slow + fast, 1.0)
            optimizer.step()
            step += 1
            spent = time.monotonic() - begun
            if spent - told > 60 and not rank:
                told = spent
                pace = step * BATCH / spent
                print(
                    f"  {share:4.0%}  loss {running:.3f}  {pace:.0f} posts/s  {spent / 60:.0f} min",
                    flush=True,
                )


def _average(parameters: Sequence[Tensor], world: int) -> None:
    if world == 1:
        return
    flat = torch.cat(
        [
            torch.zeros_like(each).flatten() if each.grad is None else each.grad.flatten()
            for each in parameters
        ]
    )
    torch.distributed.all_reduce(flat)
    flat /= world
    at = 0
    for each in parameters:
        each.grad = flat[at : at + each.numel()].view_as(each).clone()
        at += each.numel()


def answers(
    encoder: Encoder, tokenizer: Tokenizer, forms: dict[int, str], texts: Sequence[str]
) -> dict[str, np.ndarray]:
    """Log-probabilities of each task, [texts, classes]."""
    encoder.eval()
    ids = cut(tokenizer, forms, texts, LONGEST)
    order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
    said = {task: np.zeros((len(ids), len(classes)), np.float32) for task, classes in TASKS.items()}
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            for task, scores in encoder(*padded([ids[at] for at in chosen])).items():
                said[task][chosen] = torch.log_softmax(scores.float(), 1).numpy()
    return said
