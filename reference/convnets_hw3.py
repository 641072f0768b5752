"""Ground truth of convnets_hw3: convolution arithmetic, a transposed convolution, YOLO channels.

Each public function is a node of the reference graph and its parameters are the nodes it needs, so
a student's own value can stand in for any of them (follow-through). The network of question 1 maps
a 128 x 128 RGB image through three 5 x 5 convolutions (stride 2, padding 2; 64, 128 and 256
filters) to a layer of 200 outputs. A multiply-accumulate (MAC) counts as one operation; adding a
bias is none.

Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), for sizes
and transposed convolutions; Araujo et al., "Computing receptive fields" (Distill, 2019), equation
2; Howard et al., "MobileNets" (2017), section 3.1, for depthwise separable convolutions; Lin et
al., "Network in network" (2013), section 3.2, for global average pooling; Redmon et al., "You only
look once" (2016), section 2, and Redmon and Farhadi, "YOLOv3" (2018), section 2.3, for channels.
"""

from __future__ import annotations

import math

Shape = tuple[int, ...]
Matrix = list[list[int]]

KERNEL = 5
STRIDE = 2
PADDING = 2
FILTERS = (64, 128, 256)
OUTPUTS = 200
YOLO_CLASSES = 80


def _split(shape: Shape) -> tuple[int, int, int]:
    """Return (channels, height, width) of a size in either axis order, with a batch axis or none.

    Maps are square in this network, so the entry that differs from the other two is the channels.
    """
    *_, first, second, third = shape
    return (third, first, second) if first == second != third else (first, second, third)


def _conv_output(shape: Shape, filters: int, padding: int = PADDING) -> Shape:
    """Return the size after a convolution: floor((i + 2p - k) / s) + 1 (Dumoulin and Visin)."""
    _, height, width = _split(shape)
    return (
        filters,
        (height + 2 * padding - KERNEL) // STRIDE + 1,
        (width + 2 * padding - KERNEL) // STRIDE + 1,
    )


def _weights(before: Shape, after: Shape) -> int:
    """Count the weights of the convolution between two sizes: one K x K x M kernel per filter."""
    return _split(after)[0] * KERNEL**2 * _split(before)[0]


def _positions(shape: Shape) -> int:
    """Count the places of one map."""
    _, height, width = _split(shape)
    return height * width


# ── 1a: one convolution, K x K, M -> N channels, H x W, stride 1, same padding ────────────────────


def conv_params() -> str:
    """Parameters: N filters of K x K x M weights and one bias each."""
    return "N*(K**2*M + 1)"


def conv_macs() -> str:
    """MACs: K x K x M at each of the H x W x N outputs (MobileNets, equation 2)."""
    return "H*W*N*K**2*M"


# ── 1b1: sizes, parameters, MACs ──────────────────────────────────────────────────────────────────


def input_shape() -> Shape:
    """The image, (channels, height, width)."""
    return (3, 128, 128)


def conv1_output(input_shape: Shape) -> Shape:
    """Size after layer 1, (channels, height, width)."""
    return _conv_output(input_shape, FILTERS[0])


def conv2_output(conv1_output: Shape) -> Shape:
    """Size after layer 2."""
    return _conv_output(conv1_output, FILTERS[1])


def conv3_output(conv2_output: Shape) -> Shape:
    """Size after layer 3."""
    return _conv_output(conv2_output, FILTERS[2])


def conv2_output_channels_last(conv2_output: Shape) -> Shape:
    """Size after layer 2, (height, width, channels). Layer 1 has 64 of each."""
    channels, height, width = _split(conv2_output)
    return (height, width, channels)


def conv3_output_channels_last(conv3_output: Shape) -> Shape:
    """Size after layer 3, (height, width, channels)."""
    channels, height, width = _split(conv3_output)
    return (height, width, channels)


def conv1_params_bias_free(input_shape: Shape, conv1_output: Shape) -> int:
    """Weights of layer 1."""
    return _weights(input_shape, conv1_output)


def conv2_params_bias_free(conv1_output: Shape, conv2_output: Shape) -> int:
    """Weights of layer 2."""
    return _weights(conv1_output, conv2_output)


def conv3_params_bias_free(conv2_output: Shape, conv3_output: Shape) -> int:
    """Weights of layer 3."""
    return _weights(conv2_output, conv3_output)


def conv1_params(conv1_params_bias_free: int, conv1_output: Shape) -> int:
    """Weights of layer 1 and one bias per filter."""
    return conv1_params_bias_free + _split(conv1_output)[0]


def conv2_params(conv2_params_bias_free: int, conv2_output: Shape) -> int:
    """Weights of layer 2 and one bias per filter."""
    return conv2_params_bias_free + _split(conv2_output)[0]


def conv3_params(conv3_params_bias_free: int, conv3_output: Shape) -> int:
    """Weights of layer 3 and one bias per filter."""
    return conv3_params_bias_free + _split(conv3_output)[0]


def conv1_macs(input_shape: Shape, conv1_output: Shape) -> int:
    """MACs of layer 1: every weight once per place of its *output* map."""
    return _positions(conv1_output) * _weights(input_shape, conv1_output)


def conv2_macs(conv1_output: Shape, conv2_output: Shape) -> int:
    """MACs of layer 2."""
    return _positions(conv2_output) * _weights(conv1_output, conv2_output)


def conv3_macs(conv2_output: Shape, conv3_output: Shape) -> int:
    """MACs of layer 3."""
    return _positions(conv3_output) * _weights(conv2_output, conv3_output)


# ── 1b2: receptive fields, r_l = r_(l-1) + (k - 1) * (product of the strides before l) ────────────


def rf1() -> int:
    """Side of the image patch that one unit of layer 1 sees, pixels."""
    return 1 + (KERNEL - 1)


def rf2(rf1: int) -> int:
    """The same for layer 2, whose inputs lie one stride apart."""
    return rf1 + (KERNEL - 1) * STRIDE


def rf3(rf2: int) -> int:
    """The same for layer 3, whose inputs lie two strides multiplied apart."""
    return rf2 + (KERNEL - 1) * STRIDE**2


# ── 1c1: the depthwise separable form, without biases as in MobileNets ────────────────────────────


def sep_params() -> str:
    """Parameters: a K x K kernel per input channel, then N pointwise kernels of M weights."""
    return "K**2*M + M*N"


def sep_macs() -> str:
    """MACs (MobileNets, equation 5)."""
    return "H*W*(K**2*M + M*N)"


def params_reduction() -> str:
    """Standard over separable parameters: K^2 M N / (K^2 M + M N)."""
    return "K**2*N/(K**2 + N)"


def macs_reduction() -> str:
    """Standard over separable MACs: the inverse of 1/N + 1/K^2 (MobileNets, below equation 5)."""
    return "K**2*N/(K**2 + N)"


# ── 1c2: layers 2 and 3 in separable form ─────────────────────────────────────────────────────────


def _separable(before: Shape, after: Shape) -> int:
    """Count the weights of a depthwise and a pointwise convolution between two sizes."""
    channels_in, channels_out = _split(before)[0], _split(after)[0]
    return KERNEL**2 * channels_in + channels_in * channels_out


def sep2_params(conv1_output: Shape, conv2_output: Shape) -> int:
    """Parameters of layer 2 in separable form, without biases."""
    return _separable(conv1_output, conv2_output)


def sep3_params(conv2_output: Shape, conv3_output: Shape) -> int:
    """Parameters of layer 3 in separable form, without biases."""
    return _separable(conv2_output, conv3_output)


def sep2_params_biases(sep2_params: int, conv1_output: Shape, conv2_output: Shape) -> int:
    """The same with a bias per depthwise and per pointwise filter."""
    return sep2_params + _split(conv1_output)[0] + _split(conv2_output)[0]


def sep3_params_biases(sep3_params: int, conv2_output: Shape, conv3_output: Shape) -> int:
    """The same with a bias per depthwise and per pointwise filter."""
    return sep3_params + _split(conv2_output)[0] + _split(conv3_output)[0]


def sep2_params_pointwise_biases(sep2_params: int, conv2_output: Shape) -> int:
    """The same with biases after the pointwise convolution only."""
    return sep2_params + _split(conv2_output)[0]


def sep3_params_pointwise_biases(sep3_params: int, conv3_output: Shape) -> int:
    """The same with biases after the pointwise convolution only."""
    return sep3_params + _split(conv3_output)[0]


def sep2_macs(conv1_output: Shape, conv2_output: Shape) -> int:
    """MACs of layer 2; the depthwise step has the stride, so both steps run at the output size."""
    return _positions(conv2_output) * _separable(conv1_output, conv2_output)


def sep3_macs(conv2_output: Shape, conv3_output: Shape) -> int:
    """MACs of layer 3 in separable form."""
    return _positions(conv3_output) * _separable(conv2_output, conv3_output)


def sep2_param_ratio(conv2_params: int, sep2_params: int) -> float:
    """How many times fewer parameters layer 2 has in separable form."""
    return conv2_params / sep2_params


def sep2_mac_ratio(conv2_macs: int, sep2_macs: int) -> float:
    """How many times fewer MACs layer 2 has in separable form."""
    return conv2_macs / sep2_macs


def sep3_param_ratio(conv3_params: int, sep3_params: int) -> float:
    """How many times fewer parameters layer 3 has in separable form."""
    return conv3_params / sep3_params


def sep3_mac_ratio(conv3_macs: int, sep3_macs: int) -> float:
    """How many times fewer MACs layer 3 has in separable form."""
    return conv3_macs / sep3_macs


def sep2_params_left(sep2_param_ratio: float) -> float:
    """Share of the parameters of layer 2 that remains: the ratio the other way round."""
    return 1 / sep2_param_ratio


def sep2_macs_left(sep2_mac_ratio: float) -> float:
    """Share of the MACs of layer 2 that remains."""
    return 1 / sep2_mac_ratio


def sep3_params_left(sep3_param_ratio: float) -> float:
    """Share of the parameters of layer 3 that remains."""
    return 1 / sep3_param_ratio


def sep3_macs_left(sep3_mac_ratio: float) -> float:
    """Share of the MACs of layer 3 that remains."""
    return 1 / sep3_mac_ratio


# ── 1d: flatten and a fully connected layer; then global average pooling ──────────────────────────


def fc_params_bias_free(conv3_output: Shape) -> int:
    """Weights of the fully connected layer after flattening."""
    return math.prod(_split(conv3_output)) * OUTPUTS


def fc_params(fc_params_bias_free: int) -> int:
    """The same with its biases."""
    return fc_params_bias_free + OUTPUTS


def total_standard(conv1_params: int, conv2_params: int, conv3_params: int, fc_params: int) -> int:
    """Parameters of the network with standard convolutions."""
    return conv1_params + conv2_params + conv3_params + fc_params


def total_separable(conv1_params: int, sep2_params: int, sep3_params: int, fc_params: int) -> int:
    """Parameters of the network whose layers 2 and 3 are separable."""
    return conv1_params + sep2_params + sep3_params + fc_params


def fc_share(fc_params: int, total_standard: int) -> float:
    """Share of the parameters of the standard network that its fully connected layer holds."""
    return fc_params / total_standard


def gap_fc_params_bias_free(conv3_output: Shape) -> int:
    """Weights of the last layer when each map is averaged to one number."""
    return _split(conv3_output)[0] * OUTPUTS


def gap_fc_params(gap_fc_params_bias_free: int) -> int:
    """The same with its biases; pooling itself has no parameters."""
    return gap_fc_params_bias_free + OUTPUTS


def gap_total_standard(
    conv1_params: int, conv2_params: int, conv3_params: int, gap_fc_params: int
) -> int:
    """Parameters with pooling and standard convolutions."""
    return conv1_params + conv2_params + conv3_params + gap_fc_params


def gap_total_separable(
    conv1_params: int, sep2_params: int, sep3_params: int, gap_fc_params: int
) -> int:
    """Parameters with pooling and separable layers 2 and 3."""
    return conv1_params + sep2_params + sep3_params + gap_fc_params


# ── 3c and 4a ─────────────────────────────────────────────────────────────────────────────────────


def _transposed(image: Matrix, kernel: Matrix, *, add: bool = True) -> Matrix:
    """Lay the kernel, times each entry of the image, at that entry's place; add overlaps."""
    rows, columns = len(image) + len(kernel) - 1, len(image[0]) + len(kernel[0]) - 1
    output = [[0] * columns for _ in range(rows)]
    for i, row in enumerate(image):
        for j, value in enumerate(row):
            for di, weights in enumerate(kernel):
                for dj, weight in enumerate(weights):
                    before = output[i + di][j + dj] if add else 0
                    output[i + di][j + dj] = before + value * weight
    return output


def transposed() -> Matrix:
    """[[1, 2], [3, 4]] through a transposed convolution with itself, stride 1, no padding."""
    return _transposed([[1, 2], [3, 4]], [[1, 2], [3, 4]])


def yolo1_channels() -> int:
    """YOLOv1: per cell two boxes of five numbers, and the classes once."""
    return 2 * 5 + YOLO_CLASSES


def yolo3_channels() -> int:
    """YOLOv3: per cell and scale three boxes of five numbers, each with its own classes."""
    return 3 * (5 + YOLO_CLASSES)


# ── known mistakes ────────────────────────────────────────────────────────────────────────────────


def conv1_output_unpadded(input_shape: Shape) -> Shape:
    """Layer 1 with the padding forgotten."""
    return _conv_output(input_shape, FILTERS[0], padding=0)


def conv2_output_unpadded(conv1_output_unpadded: Shape) -> Shape:
    """Layer 2 with the padding forgotten in both."""
    return _conv_output(conv1_output_unpadded, FILTERS[1], padding=0)


def conv3_output_unpadded(conv2_output_unpadded: Shape) -> Shape:
    """Layer 3 with the padding forgotten in all."""
    return _conv_output(conv2_output_unpadded, FILTERS[2], padding=0)


def conv1_params_one_channel(conv1_output: Shape) -> int:
    """Layer 1 with filters of K x K weights, whatever the input channels."""
    return _split(conv1_output)[0] * (KERNEL**2 + 1)


def conv2_params_one_channel(conv2_output: Shape) -> int:
    """Layer 2 likewise."""
    return _split(conv2_output)[0] * (KERNEL**2 + 1)


def conv3_params_one_channel(conv3_output: Shape) -> int:
    """Layer 3 likewise."""
    return _split(conv3_output)[0] * (KERNEL**2 + 1)


def conv1_macs_one_filter(conv1_macs: int, conv1_output: Shape) -> int:
    """Layer 1 with the filters not multiplied in."""
    return conv1_macs // _split(conv1_output)[0]


def conv2_macs_one_filter(conv2_macs: int, conv2_output: Shape) -> int:
    """Layer 2 likewise."""
    return conv2_macs // _split(conv2_output)[0]


def conv3_macs_one_filter(conv3_macs: int, conv3_output: Shape) -> int:
    """Layer 3 likewise."""
    return conv3_macs // _split(conv3_output)[0]


def conv1_macs_input_size(input_shape: Shape, conv1_output: Shape) -> int:
    """Layer 1 with the places of the input counted, as if it had stride 1."""
    return _positions(input_shape) * _weights(input_shape, conv1_output)


def conv2_macs_input_size(conv1_output: Shape, conv2_output: Shape) -> int:
    """Layer 2 likewise."""
    return _positions(conv1_output) * _weights(conv1_output, conv2_output)


def conv3_macs_input_size(conv2_output: Shape, conv3_output: Shape) -> int:
    """Layer 3 likewise."""
    return _positions(conv2_output) * _weights(conv2_output, conv3_output)


def sep2_macs_input_size(conv1_output: Shape, conv2_output: Shape) -> int:
    """Separable layer 2 likewise."""
    return _positions(conv1_output) * _separable(conv1_output, conv2_output)


def sep3_macs_input_size(conv2_output: Shape, conv3_output: Shape) -> int:
    """Separable layer 3 likewise."""
    return _positions(conv2_output) * _separable(conv2_output, conv3_output)


def transposed_flipped() -> Matrix:
    """The kernel turned by 180 degrees first, as an ordinary convolution layer never asks for."""
    return _transposed([[1, 2], [3, 4]], [[4, 3], [2, 1]])


def transposed_overwritten() -> Matrix:
    """Overlapping patches overwritten instead of added."""
    return _transposed([[1, 2], [3, 4]], [[1, 2], [3, 4]], add=False)
