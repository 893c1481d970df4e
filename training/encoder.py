"""The encoder in torch, with adapters to train; the same numbers as the graph that is built from it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from amends.triage.model.tasks import TASKS
from amends.triage.model.weights import LINEAR, Weights


class Adapted(nn.Module):
    """A frozen linear map with a low-rank one beside it."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, rank: int):
        super().__init__()
        self.register_buffer("weight", torch.tensor(weight, dtype=torch.bfloat16))
        self.register_buffer("bias", torch.tensor(bias, dtype=torch.bfloat16))
        self.a = nn.Parameter(torch.randn(rank, weight.shape[1]) / weight.shape[1] ** 0.5)
        self.b = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias) + functional.linear(
            functional.linear(x, self.a), self.b
        )


class Layer(nn.Module):
    def __init__(self, weights: Weights, at: int, rank: int):
        super().__init__()
        tensors, self.heads, self.width = weights.tensors, weights.heads, weights.width
        for each in LINEAR:
            setattr(self, each, Adapted(tensors[f"l{at}.{each}.w"], tensors[f"l{at}.{each}.b"], rank))
        self.after_attention = _norm(tensors, f"l{at}.aln", weights)
        self.after_output = _norm(tensors, f"l{at}.oln", weights)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        n, length, _ = x.shape
        q, k, v = (
            getattr(self, each)(x).view(n, length, self.heads, -1).transpose(1, 2) for each in ("q", "k", "v")
        )
        # Written out: torch's fused attention takes a third of a step on the way back on a CPU.
        shares = torch.softmax(q @ k.transpose(2, 3) * (self.width // self.heads) ** -0.5 + mask, 3)
        seen = (shares @ v).transpose(1, 2).reshape(n, length, self.width)
        x = self.after_attention(x + self.ao(seen))
        return self.after_output(x + self.fo(functional.gelu(self.fi(x))))


def _norm(tensors: dict, name: str, weights: Weights) -> nn.LayerNorm:
    norm = nn.LayerNorm(weights.width, eps=weights.epsilon)
    norm.weight.data = torch.tensor(tensors[f"{name}.w"])
    norm.bias.data = torch.tensor(tensors[f"{name}.b"])
    return norm.requires_grad_(False)


class Encoder(nn.Module):
    """Pieces in, the mean of the last layer out, and a linear head for each task upon it."""

    def __init__(self, weights: Weights, rank: int):
        super().__init__()
        self.word = nn.Embedding.from_pretrained(torch.tensor(weights.tensors["word"]), freeze=True)
        self.place = nn.Embedding.from_pretrained(torch.tensor(weights.tensors["pos"]), freeze=True)
        self.norm = _norm(weights.tensors, "ln", weights)
        self.layers = nn.ModuleList(Layer(weights, at, rank) for at in range(weights.layers))
        self.drop = nn.Dropout(0.1)
        self.tasks = nn.ModuleDict(
            {task: nn.Linear(weights.width, len(each)) for task, each in TASKS.items()}
        )

    def embed(self, pieces: Tensor, there: Tensor) -> Tensor:
        x = self.norm(self.word(pieces) + self.place(torch.arange(pieces.shape[1])))
        mask = (~there[:, None, None, :]).to(torch.bfloat16) * -1e4
        for layer in self.layers:
            x = layer(x, mask)
        share = there.float() / there.sum(1, keepdim=True)
        return (x.float() * share[:, :, None]).sum(1)

    def forward(self, pieces: Tensor, there: Tensor) -> dict[str, Tensor]:
        mean = self.drop(self.embed(pieces, there))
        return {task: head(mean) for task, head in self.tasks.items()}

    def adapters(self) -> dict[str, np.ndarray]:
        return {
            f"l{at}.{each}.{side}": getattr(getattr(layer, each), side).detach().float().numpy()
            for at, layer in enumerate(self.layers)
            for each in LINEAR
            for side in ("a", "b")
        }
