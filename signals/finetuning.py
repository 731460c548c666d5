"""Tunes what reads beyond words on our marked tickets: ``python -m signals.finetuning``. Needs torch, and the extra's packages.

The packaged MiniLM stays as it is; what is learned is a difference of low rank to each of its weights (LoRA, Hu et al. 2021), the
biases and norms, and a row of weights per label. They are kept in ``semantic.npz`` (1.3 MB); ``signals.quantise`` adds them to
the model. An epoch takes a quarter of an hour on two busy cores. ``python -m bench.cuts`` chooses the thresholds afterwards.
Nobody needs any of this to run Baton.
"""

from __future__ import annotations

import logging
import math
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from signals import corpus
from signals.beyond import LEARNED, Tokens, packaged
from signals.fitting import YES_WEIGHS
from signals.model import Model, Part, words_only
from signals.passages import UNKNOWN, Example, examples
from signals.quantise import ADDED, LEFT, RIGHT, unfold

log = logging.getLogger(__name__)
WIDTH, LAYERS, HEADS, NARROW = 384, 6, 12, 1e-12
RANK, SCALE, DROPPED = 16, 2.0, 0.1
EPOCHS, TOKENS, RATE, RATE_OF_HEADS = 2, 2400, 1e-3, 2e-3  # tokens of a batch
OF_WHOLE = {"sentiment": 0.5, "intents": 0.5}  # how much a question of messages counts against one of sentences
OF_WHOLE_YES = 0.3
LIFTED = 4.0  # means of hidden states are small
_LINEAR = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
_INNER, _OUTER = "intermediate.dense", "output.dense"
_NAMES = "inner."
Weights = Mapping[str, Tensor]


def weights_of(file: Path) -> tuple[Weights, Mapping[str, str]]:
    """(weights of an unfolded model by the names of its parts, the name of each in the file): those of layers have none there."""
    graph = onnx.load(file).graph
    kept = {one.name: torch.tensor(numpy_helper.to_array(one)) for one in graph.initializer}
    made = {node.output[0]: node for node in graph.node if node.op_type == "MatMul"}
    names = {name.removeprefix(_NAMES): name for name in kept if name.startswith(_NAMES)}
    for node in graph.node:
        bias = next((name for name in node.input if name.endswith("bias") and node.op_type == "Add"), "")
        product = next((made[name] for name in node.input if name in made), None)
        if bias and product:
            names[bias.removeprefix(_NAMES).replace(".bias", ".weight")] = product.input[1]
    return {name: kept[own] for name, own in names.items()}, names


class Tuned(nn.Module):
    """A linear layer whose weight, (in, out) as in the file, stays and gets a difference of low rank."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight.T.contiguous(), requires_grad=False)
        self.bias = nn.Parameter(bias.clone())
        self.right = nn.Parameter(torch.zeros(weight.shape[1], RANK))
        self.left = nn.Parameter(torch.empty(RANK, weight.shape[0]))
        nn.init.kaiming_uniform_(self.left, a=math.sqrt(5))

    def forward(self, given: Tensor) -> Tensor:
        low = functional.linear(functional.linear(given, self.left), self.right * SCALE)
        return functional.linear(given, self.weight, self.bias) + low


def _norm(weights: Weights, name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(WIDTH, eps=NARROW)
    norm.weight.data, norm.bias.data = weights[f"{name}.weight"].clone(), weights[f"{name}.bias"].clone()
    return norm


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.linear = nn.ModuleDict(
            {
                part.replace(".", "_"): Tuned(weights[f"{name}{part}.weight"], weights[f"{name}{part}.bias"])
                for part in (*_LINEAR, _INNER, _OUTER)
            }
        )
        self.norms = nn.ModuleList([_norm(weights, f"{name}{part}.LayerNorm") for part in ("attention.output", "output")])
        self.drop = nn.Dropout(DROPPED)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        query, key, value, out, inner, outer = self.linear.values()
        parts = [part(hidden).unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in (query, key, value)]
        seen = functional.scaled_dot_product_attention(*parts, attn_mask=mask).transpose(1, 2).flatten(2)
        hidden = self.norms[0](hidden + self.drop(out(seen)))
        told: Tensor = self.norms[1](hidden + self.drop(outer(functional.gelu(inner(hidden)))))
        return told


class Net(nn.Module):
    """MiniLM with a row of weights per label of sentences and of messages."""

    def __init__(self, weights: Weights, model: Model) -> None:
        super().__init__()
        for name in ("word", "position", "token_type"):
            self.register_buffer(name, weights[f"embeddings.{name}_embeddings.weight"].clone())
        self.norm = _norm(weights, "embeddings.LayerNorm")
        self.layers = nn.ModuleList([Layer(weights, f"encoder.layer.{n}.") for n in range(LAYERS)])
        self.sentence = nn.Linear(WIDTH, len(model.sentence.bias))
        self.message = nn.Linear(2 * WIDTH, len(model.message.bias))
        self.drop = nn.Dropout(DROPPED)

    def forward(self, ids: Tensor, mask: Tensor, means: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Scores of sentences (message, sentence, label) and of wholes (message, label).

        ``means`` are shares of tokens: of each sentence (message, sentence, token), of the message, and of all that is looked at.
        """
        of_tokens: Any = self.get_buffer("word")
        place = self.get_buffer("position")[: ids.shape[1]] + self.get_buffer("token_type")[0]
        hidden = self.drop(self.norm(functional.embedding(ids, of_tokens) + place))
        for layer in self.layers:
            hidden = layer(hidden, mask[:, None, None, :])
        sentences, whole, everything = (self.drop(LIFTED * (share @ hidden)) for share in means)
        return self.sentence(sentences), self.message(torch.cat([whole[:, 0], everything[:, 0]], dim=-1))


def batches(told: Sequence[Example]) -> Iterator[Sequence[Example]]:
    """All of them once, those of a length together, in no order."""
    order = sorted(told, key=lambda one: (len(one.ids) // 4, random.random()))  # noqa: S311 - an order, not a secret
    found: list[list[Example]] = [[]]
    for one in order:
        if found[-1] and (len(found[-1]) + 1) * len(one.ids) > TOKENS:
            found.append([])
        found[-1].append(one)
    random.shuffle(found)
    yield from found


def given(batch: Sequence[Example]) -> tuple[Tensor, Tensor, Sequence[Tensor]]:
    """What the net is asked about a batch."""
    most, sentences = max(len(one.ids) for one in batch), max(1, *(len(one.extents) for one in batch))
    ids = torch.zeros(len(batch), most, dtype=torch.long)
    means = [torch.zeros(len(batch), rows, most) for rows in (sentences, 1, 1)]
    for n, one in enumerate(batch):
        length = len(one.ids)
        ids[n, :length] = torch.tensor(one.ids)
        means[1][n, 0, one.start : length - 1] = 1 / max(1, length - 1 - one.start)
        means[2][n, 0, :length] = 1 / length
        for place, (first, end) in enumerate(one.extents):
            means[0][n, place, first:end] = 1 / max(1, end - first)
    return ids, ids != 0, means


def loss(model: Model, batch: Sequence[Example], sentences: Tensor, wholes: Tensor) -> Tensor:
    """Of every question that something is known of."""
    rows = [(n, place) for n, one in enumerate(batch) for place, (_, end) in enumerate(one.extents) if end]
    near = torch.stack([sentences[n, place] for n, place in rows]) if rows else sentences[:, 0][:0]
    told = torch.tensor([batch[n].sentences[place] for n, place in rows]).reshape(len(rows), len(model.sentence.questions))
    of_whole = {name: OF_WHOLE.get(name, OF_WHOLE_YES) for name in model.message.questions}
    return _loss(model.sentence, near, told, {}) + _loss(model.message, wholes, torch.tensor([b.whole for b in batch]), of_whole)


def _loss(part: Part, scores: Tensor, told: Tensor, counts: Mapping[str, float]) -> Tensor:
    total = scores.sum() * 0
    for n, (name, asked) in enumerate(part.questions.items()):
        known = told[:, n] != UNKNOWN
        own, right = scores[known, asked.first : asked.first + len(asked.labels)], told[known, n]
        if not len(right):
            continue
        weighs = torch.tensor(YES_WEIGHS)
        missed = (
            functional.cross_entropy(own, right)
            if len(asked.labels) > 1
            else functional.binary_cross_entropy_with_logits(own[:, 0], right.float(), pos_weight=weighs)
        )
        total = total + counts.get(name, 1.0) * missed
    return total


def tune(net: Net, model: Model, told: Sequence[Example]) -> None:
    """Learn, in place."""
    heads = [*net.sentence.parameters(), *net.message.parameters()]
    own = {id(one) for one in heads}
    rest = [one for one in net.parameters() if one.requires_grad and id(one) not in own]
    by = torch.optim.AdamW([{"params": rest, "lr": RATE}, {"params": heads, "lr": RATE_OF_HEADS}], weight_decay=0.01)
    steps = EPOCHS * sum(1 for _ in batches(told))
    warm = max(1, steps // 15)
    rate = torch.optim.lr_scheduler.LambdaLR(by, lambda n: min((n + 1) / warm, max(0.02, (steps - n) / (steps - warm))))
    done = 0
    for _ in range(EPOCHS):
        for batch in batches(told):
            with torch.autocast("cpu", torch.bfloat16):
                sentences, wholes = net(*given(batch))
            missed = loss(model, batch, sentences.float(), wholes.float())
            by.zero_grad()
            missed.backward()  # type: ignore[no-untyped-call,unused-ignore]
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            by.step()
            rate.step()
            done += 1
            if done % 50 == 0:
                log.info("%d of %d, loss %.3f", done, steps, missed.item())


def learned(net: Net, weights: Weights, names: Mapping[str, str]) -> dict[str, Any]:
    """What is kept, by the names of the file that the weights are of."""
    found: dict[str, Tensor] = {}
    norms = [("embeddings.LayerNorm", net.norm)]
    for n, layer in enumerate(net.layers):
        name = f"encoder.layer.{n}."
        for part in (*_LINEAR, _INNER, _OUTER):
            own: Any = layer.get_submodule("linear." + part.replace(".", "_"))
            found[names[f"{name}{part}.weight"] + LEFT] = own.left.T
            found[names[f"{name}{part}.weight"] + RIGHT] = SCALE * own.right.T
            found[names[f"{name}{part}.bias"] + ADDED] = own.bias - weights[f"{name}{part}.bias"]
        parts = ("attention.output", "output")
        norms += [(f"{name}{part}.LayerNorm", layer.get_submodule(f"norms.{at}")) for at, part in enumerate(parts)]
    for name, norm in norms:
        found[names[f"{name}.weight"] + ADDED] = norm.weight - weights[f"{name}.weight"]
        found[names[f"{name}.bias"] + ADDED] = norm.bias - weights[f"{name}.bias"]
    for kind, head in (("sentence", net.sentence), ("message", net.message)):
        found[f"head.{kind}.rows"], found[f"head.{kind}.bias"] = LIFTED * head.weight, head.bias
    return {name: value.detach().numpy().astype(np.float16) for name, value in sorted(found.items())}


def main() -> None:
    """Write ``semantic.npz``; raises SystemExit where the extra is not installed."""
    kept = packaged()
    if kept is None:
        raise SystemExit("The extra is not installed: run `make semantic`.")
    model = words_only()
    told = list(examples(model, Tokens(kept.tokenizer), corpus.load(), corpus.tickets()))
    with tempfile.TemporaryDirectory() as folder:
        unfold(kept.model, Path(folder) / "unfolded.onnx")
        weights, names = weights_of(Path(folder) / "unfolded.onnx")
    net = Net(weights, model)
    log.info("%d texts, %d tokens", len(told), sum(len(one.ids) for one in told))
    tune(net, model, told)
    np.savez_compressed(LEARNED, **learned(net, weights, names))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(0)
    torch.set_flush_denormal(True)
    random.seed(0)
    main()
