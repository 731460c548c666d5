"""Make the extra's model of the packaged one and what was learned: ``python -m signals.quantise``, called by ``make semantic``.

The package carries weights of one byte that are unfolded to four when they are loaded: 150 MB. What ``signals.finetuning``
learned is added to them, and the sum is quantised as ONNX Runtime does it (dynamic, per channel): 92 MB and half the time.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signals.beyond import LEARNED, packaged, quantised

LEFT, RIGHT, ADDED = ".left", ".right", ".added"  # a weight's difference: the product of two thin matrices, or as it is


def unfold(model: Path, goal: Path) -> None:
    """Write the packaged model with weights of four bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(goal)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def differences(told: Mapping[str, Any]) -> dict[str, Any]:
    """Weight → what is added to it."""
    import numpy as np

    found = {name.removesuffix(ADDED): told[name].astype(np.float32) for name in told if name.endswith(ADDED)}
    for left in (name for name in told if name.endswith(LEFT)):
        name = left.removesuffix(LEFT)
        found[name] = told[left].astype(np.float32) @ told[name + RIGHT].astype(np.float32)
    return found


def add(file: Path, more: Mapping[str, Any]) -> None:
    """Add to the weights of an unfolded model; raises SystemExit where it is not the one they were learned from."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(file)
    weights = {weight.name: weight for weight in model.graph.initializer}
    if not more.keys() <= weights.keys():
        raise SystemExit("The packaged model is not the one that was tuned: install the versions of requirements/semantic.txt.")
    for name, difference in more.items():
        weights[name].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights[name]) + difference, name))
    onnx.save(model, file)


def main() -> None:
    """Write the quantised model beside the packaged one; raises SystemExit where the extra is not installed."""
    found = packaged()
    if found is None:
        raise SystemExit("The extra is not installed: run `make semantic`.")
    import numpy as np
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        unfolded, made = Path(folder) / "unfolded.onnx", Path(folder) / "made.onnx"
        unfold(found.model, unfolded)
        with np.load(LEARNED) as told:
            add(unfolded, differences(told))
        quantize_dynamic(unfolded, made, per_channel=True, weight_type=QuantType.QInt8)
        goal = quantised(found.model)
        beside = goal.with_suffix(".part")
        beside.write_bytes(made.read_bytes())
        beside.replace(goal)  # whole or not at all: another process may load it meanwhile
        for older in set(goal.parent.glob("baton-*.onnx")) - {goal}:
            older.unlink()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)  # ONNX Runtime suggests a step that has been done
    main()
