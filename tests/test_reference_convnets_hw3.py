"""The reference of convnets_hw3 against PyTorch: every value is worked out a second time."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from autograder.truth import load_graph

ROOT = Path(__file__).parent.parent
GRAPH = load_graph(ROOT / "reference" / "convnets_hw3.py")
FILTERS = {1: (3, 64), 2: (64, 128), 3: (128, 256)}
"""Channels in and out of each layer."""
LITERAL_MISTAKES = {
    "conv1_macs": [10 * 64**3 * 75],
    "conv2_macs": [32 * 32 * 128 * 16_000],
    "conv3_macs": [16 * 16 * 256 * 40_000],
    "rf1": [1 + 4 * 2],
    "rf2": [5 + 4, 9 + 4 * 4],
    "rf3": [5 + 4 + 4, 9 + 4 * 4 + 4 * 8],
    "sep2_params": [64 * 25],
    "sep3_params": [128 * 25],
    "sep2_macs": [32 * 32 * 64 * 25],
    "sep3_macs": [16 * 16 * 128 * 25],
    "transposed": [[[1 * 1 + 2 * 2 + 3 * 3 + 4 * 4]]],
    "yolo1_channels": [2 * 5 + 20, 2 * (5 + 80), 5 + 80],
    "yolo3_channels": [3 * (5 + 20), 3 * 3 * (5 + 80), 5 * (5 + 80)],
}
"""Wrong answers that the rubric gives as numbers, worked out again from the slip."""
CASES = list(itertools.product((1, 3, 5), (1, 2, 4), (1, 6, 8), (3, 10), (3, 11)))
"""Kernel sides, channels in, filters, heights, widths on which formulas are tried."""


def count(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def macs(module: nn.Module, image: torch.Tensor) -> int:
    """Let PyTorch count; it counts a multiply-accumulate as two."""
    counter = FlopCounterMode(display=False)
    with counter:
        module(image)
    return counter.get_total_flops() // 2


def separable(before: int, after: int, kernel: int = 5, **options: Any) -> nn.Sequential:
    bias = {"bias": options.pop("bias", False)}
    return nn.Sequential(
        nn.Conv2d(before, before, kernel, groups=before, **bias, **options),
        nn.Conv2d(before, after, 1, **bias),
    )


def receptive_field(layers: int) -> int:
    """Measure how many columns of the image move one unit in the middle."""
    image = torch.zeros(1, 1, 128, 128, requires_grad=True)
    maps = image
    for _ in range(layers):
        maps = functional.conv2d(maps, torch.ones(1, 1, 5, 5), stride=2, padding=2)
    middle = maps.shape[-1] // 2
    maps[0, 0, middle, middle].backward()
    assert image.grad is not None
    return int((image.grad[0, 0] != 0).any(dim=0).sum())


@pytest.fixture(scope="module")
def recomputed() -> dict[str, Any]:
    """Return every node's value but the formulas', from modules without data (device "meta")."""
    with torch.device("meta"):
        values = {**layer_values(), **total_values(), **mistake_values()}
    return {**values, **matrix_values(), "yolo1_channels": 90, "yolo3_channels": 3 * (4 + 1 + 80)}


def layer_values() -> dict[str, Any]:
    """Sizes, parameters, MACs and receptive fields of the three layers, standard and separable."""
    values: dict[str, Any] = {"input_shape": (3, 128, 128)}
    maps = torch.empty(1, 3, 128, 128)
    for layer, (before, after) in FILTERS.items():
        place = {"stride": 2, "padding": 2}
        standard, image = nn.Conv2d(before, after, 5, **place), maps
        bias_free = nn.Conv2d(before, after, 5, bias=False, **place)
        maps = standard(image)
        values |= {
            f"conv{layer}_output": tuple(maps[0].shape),
            f"conv{layer}_params": count(standard),
            f"conv{layer}_params_bias_free": count(bias_free),
            f"conv{layer}_macs": macs(standard, image),
            f"rf{layer}": receptive_field_on_cpu(layer),
        }
        if layer == 1:
            continue
        slim, with_biases = separable(before, after, **place), separable(before, after, bias=True)
        pointwise = nn.Conv2d(before, after, 1)
        values |= {
            f"conv{layer}_output_channels_last": tuple(maps[0].permute(1, 2, 0).shape),
            f"sep{layer}_params": count(slim),
            f"sep{layer}_params_biases": count(with_biases),
            f"sep{layer}_params_pointwise_biases": count(slim[0], pointwise),
            f"sep{layer}_macs": macs(slim, image),
            f"sep{layer}_param_ratio": count(standard) / count(slim),
            f"sep{layer}_mac_ratio": macs(standard, image) / macs(slim, image),
            f"sep{layer}_params_left": count(slim) / count(standard),
            f"sep{layer}_macs_left": macs(slim, image) / macs(standard, image),
        }
    return values


def receptive_field_on_cpu(layers: int) -> int:
    with torch.device("cpu"):
        return receptive_field(layers)


def total_values() -> dict[str, Any]:
    """Parameters of whole networks."""
    place = {"stride": 2, "padding": 2}
    standard = [nn.Conv2d(before, after, 5, **place) for before, after in FILTERS.values()]
    slim = [standard[0], separable(64, 128, **place), separable(128, 256, **place)]
    maps = nn.Sequential(*standard)(torch.empty(1, 3, 128, 128))
    flat = nn.Linear(maps.flatten(1).shape[1], 200)
    pooled = nn.Linear(nn.AdaptiveAvgPool2d(1)(maps).flatten(1).shape[1], 200)
    return {
        "fc_params": count(flat),
        "fc_params_bias_free": flat.weight.numel(),
        "total_standard": count(*standard, flat),
        "total_separable": count(*slim, flat),
        "fc_share": count(flat) / count(*standard, flat),
        "gap_fc_params": count(pooled),
        "gap_fc_params_bias_free": pooled.weight.numel(),
        "gap_total_standard": count(*standard, pooled),
        "gap_total_separable": count(*slim, pooled),
    }


def mistake_values() -> dict[str, Any]:
    """What the known mistakes of question 1b give, from layers that are wrong in the same way."""
    values: dict[str, Any] = {}
    unpadded = torch.empty(1, 3, 128, 128)
    for layer, (before, after) in FILTERS.items():
        side = 128 // 2 ** (layer - 1)
        image = torch.empty(1, before, side, side)
        unpadded = nn.Conv2d(before, after, 5, stride=2)(unpadded)
        same = {"padding": 2}
        values |= {
            f"conv{layer}_output_unpadded": tuple(unpadded[0].shape),
            f"conv{layer}_params_one_channel": count(nn.Conv2d(1, after, 5)),
            f"conv{layer}_macs_one_filter": macs(nn.Conv2d(before, 1, 5, stride=2, **same), image),
            f"conv{layer}_macs_input_size": macs(nn.Conv2d(before, after, 5, **same), image),
        }
        if layer > 1:
            values[f"sep{layer}_macs_input_size"] = macs(separable(before, after, **same), image)
    return values


def matrix_values() -> dict[str, Any]:
    """Transposed convolutions of the matrix with itself, right and wrong."""
    matrix = torch.tensor([[1, 2], [3, 4]])[None, None]
    overwritten = torch.zeros(3, 3, dtype=torch.int64)
    for row, column in itertools.product(range(2), range(2)):
        overwritten[row : row + 2, column : column + 2] = matrix[0, 0, row, column] * matrix[0, 0]
    transposed = functional.conv_transpose2d(matrix, matrix)
    flipped = functional.conv_transpose2d(matrix, matrix.flip(2, 3))
    return {
        "transposed": transposed[0, 0].tolist(),
        "transposed_flipped": flipped[0, 0].tolist(),
        "transposed_overwritten": overwritten.tolist(),
    }


def formula_value(node: str, kernel: int, before: int, after: int, height: int, width: int) -> Any:
    """Return what a formula node should give, counted on a module."""
    same = {"padding": kernel // 2}
    standard = nn.Conv2d(before, after, kernel, **same)
    bias_free = nn.Conv2d(before, after, kernel, bias=False, **same)
    slim, image = separable(before, after, kernel, **same), torch.empty(1, before, height, width)
    return {
        "conv_params": lambda: count(standard),
        "conv_macs": lambda: macs(standard, image),
        "sep_params": lambda: count(slim),
        "sep_macs": lambda: macs(slim, image),
        "params_reduction": lambda: count(bias_free) / count(slim),
        "macs_reduction": lambda: macs(standard, image) / macs(slim, image),
    }[node]()


FORMULAS = (
    "conv_params", "conv_macs", "sep_params", "sep_macs", "params_reduction", "macs_reduction",
)  # fmt: skip


@pytest.mark.parametrize("node", [node for node in GRAPH.nodes if node not in FORMULAS])
def test_value_agrees_with_torch(node: str, recomputed: dict[str, Any]) -> None:
    value = recomputed[node]
    expected = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
    assert GRAPH.evaluate([node])[node] == expected


@pytest.mark.parametrize("node", FORMULAS)
def test_formula_agrees_with_torch(node: str) -> None:
    text = GRAPH.evaluate([node])[node]
    with torch.device("meta"):
        for case in CASES:
            names = dict(zip("KMNHW", case, strict=True))
            assert eval(text, {}, names) == pytest.approx(formula_value(node, *case)), names


def test_sizes_are_understood_in_either_axis_order_and_with_a_batch_axis() -> None:
    for size in ((128, 32, 32), (32, 32, 128), (1, 128, 32, 32), [32, 32, 128]):
        values = GRAPH.evaluate(["conv3_macs", "sep3_macs"], {"conv2_output": size})
        assert values == {"conv3_macs": 209_715_200, "sep3_macs": 9_207_808}


def test_wrong_size_carries_forward() -> None:
    values = GRAPH.evaluate(["conv2_macs", "fc_params"], {"conv1_output": (64, 62, 62)})
    assert values == {
        "conv2_macs": 31 * 31 * 128 * 1600,
        "fc_params": 256 * 16 * 16 * 200 + 200,
    }


def test_wrong_answers_given_as_numbers_are_what_the_slips_give() -> None:
    rubric = yaml.safe_load((ROOT / "rubrics" / "convnets_hw3.yaml").read_text(encoding="utf-8"))
    checks = [check for question in rubric["questions"] for check in question["checks"]]
    literal = {
        check["id"]: [mistake["value"] for mistake in check["mistakes"] if "value" in mistake]
        for check in checks
        if "mistakes" in check and check.get("kind") != "formula"
    }
    assert {id: values for id, values in literal.items() if values} == LITERAL_MISTAKES
