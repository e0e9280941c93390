# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a checkpoint through the `deepseek_v4` model of Hugging Face transformers in float32."""

import json
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import torch
from transformers import DeepseekV4Config, DeepseekV4ForCausalLM
from transformers.models.deepseek_v4 import modeling_deepseek_v4 as modeling

from checkpoint import load_dequantised

NEVER_TIED = float("inf")


def _stable_topk(scores: torch.Tensor, k: int, dim: int = -1, **_options) -> torch.return_types.topk:
    values, indices = scores.sort(dim=dim, descending=True, stable=True)
    return torch.return_types.topk((values.narrow(dim, 0, k), indices.narrow(dim, 0, k)))


@contextmanager
def lowest_index_wins_ties():
    """torch leaves open which of several equal scores top-k takes, and its CPU version decides differently
    with the number of candidates. Index scores do tie: they are 0 wherever every head's product is negative."""
    with patch.object(torch, "topk", _stable_topk), patch.object(torch.Tensor, "topk", _stable_topk):
        yield


def load_model(folder: Path) -> DeepseekV4ForCausalLM:
    """transformers renames the official tensors itself; anything left over or missing is an error."""
    fields = json.loads((folder / "config.json").read_text())
    fields.pop("quantization_config", None)
    weights = {name: tensor for name, tensor in load_dequantised(folder).items() if not name.startswith("mtp.")}
    model, report = DeepseekV4ForCausalLM.from_pretrained(
        None, config=DeepseekV4Config(**fields), state_dict=weights, dtype=torch.float32,
        attn_implementation="eager", experts_implementation="eager", output_loading_info=True)
    problems = {what: names for what, names in report.items() if names}
    if problems:
        raise SystemExit(f"{folder}: transformers could not place all tensors: {problems}")
    return model.eval()


class StepRecorder:
    """Collects, by forward hooks, the expert ids and index entries chosen in each single-token step, and
    by how much each choice was made: the score of the last one taken minus that of the best one left."""

    def __init__(self, model: DeepseekV4ForCausalLM):
        self._config = model.config
        self._steps: dict[str, list] = {}
        self._current: dict[str, list] = {}
        hooks = {modeling.DeepseekV4TopKRouter: self._on_router, modeling.DeepseekV4HashRouter: self._on_router,
                 modeling.DeepseekV4Indexer: self._on_indexer, modeling.DeepseekV4IndexerScorer: self._on_scores}
        self._handles = [module.register_forward_hook(hooks[type(module)])
                         for module in model.modules() if type(module) in hooks]

    def finish_step(self) -> None:
        for name, layers in self._current.items():
            self._steps.setdefault(name, []).append(torch.stack(layers, dim=1))
        self._current = {}

    def results(self) -> dict[str, torch.Tensor]:
        """Each [batch, steps, layers, ...]; the index tensors cover the ratio-4 layers only."""
        for handle in self._handles:
            handle.remove()
        return {name: torch.stack(steps, dim=1).contiguous() for name, steps in self._steps.items()}

    def _add(self, name: str, value: torch.Tensor) -> None:
        self._current.setdefault(name, []).append(value)

    def _on_router(self, module, _inputs, outputs) -> None:
        logits, _, chosen = outputs
        self._add("routed_experts", chosen.int())
        bias = getattr(module, "e_score_correction_bias", None)
        hashed = bias is None
        scores = module.score_fn(logits) + (0 if hashed else bias)
        self._add("routing_margin", self._margin(scores, scores.shape[1] if hashed else module.top_k))

    def _on_scores(self, _module, _inputs, scores) -> None:
        self._add("index_margin", self._margin(scores[:, 0], self._config.index_topk))

    def _on_indexer(self, _module, _inputs, chosen) -> None:
        entries = torch.full((chosen.shape[0], self._config.index_topk), -1, dtype=torch.int32)
        entries[:, : chosen.shape[2]] = chosen[:, 0].sort(dim=1).values
        self._add("index_selection", entries)

    @staticmethod
    def _margin(scores: torch.Tensor, taken: int) -> torch.Tensor:
        if scores.shape[1] <= taken:
            return torch.full((scores.shape[0],), NEVER_TIED)
        ordered = scores.sort(dim=1, descending=True).values
        return ordered[:, taken - 1] - ordered[:, taken]


@lowest_index_wins_ties()
@torch.inference_mode()
def decode(model: DeepseekV4ForCausalLM, input_ids: torch.Tensor) -> dict[str, torch.Tensor]:
    """Feeds [batch, steps] ids one at a time from an empty cache."""
    recorder = StepRecorder(model)
    logits, cache = [], None
    for step in range(input_ids.shape[1]):
        output = model(input_ids=input_ids[:, step : step + 1], past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        logits.append(output.logits[:, 0])
        recorder.finish_step()
    return {"input_ids": input_ids.int(), "logits_incremental": torch.stack(logits, dim=1), **recorder.results()}


@lowest_index_wins_ties()
@torch.inference_mode()
def full_forward(model: DeepseekV4ForCausalLM, input_ids: torch.Tensor) -> torch.Tensor:
    return model(input_ids=input_ids, use_cache=False).logits
