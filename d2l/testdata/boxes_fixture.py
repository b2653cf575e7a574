"""Writes boxes.json: what PyTorch computes of anchor boxes, for TestBoxesAgainstPyTorch. Run it by
scripts/pytorch fixtures.

It is written from the definitions, with tables of all pairs, and not as the package is. Rows of class -1 are taken out
before anything else. No IoU is near a threshold or another one that would have to be smaller, and no probability near
another, so that rounding decides nothing.
"""
import torch
from fixtures import numbers, wave, write

THRESHOLD, CONFIDENCE, CLASSES = 0.5, 0.2, 3  # Background and two.
LABELS = torch.tensor([
    [[1, 0.11, 0.22, 0.47, 0.61], [0, 0.52, 0.42, 0.93, 0.83], [1, 0.13, 0.21, 0.5, 0.67]],
    [[-1, 0, 0, 0, 0], [2, 0.24, 0.03, 0.76, 0.62], [-1, 0.3, 0.1, 0.65, 0.8]],
    [[-1, -1, -1, -1, -1]] * 3,
])


def priors(height, width, sizes, ratios):
    """Anchors (height · width · shapes, 4) by broadcasting centers and sides in pixels."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    pairs = torch.tensor([(s, ratios[0]) for s in sizes] + [(sizes[0], r) for r in ratios[1:]])
    half = torch.stack([pairs[:, 0] * pairs[:, 1].sqrt(), pairs[:, 0] / pairs[:, 1].sqrt()], -1) * height / 2
    centers = torch.stack([x, y], -1)[:, :, None]
    corners = torch.cat([centers - half, centers + half], -1)
    return (corners / torch.tensor([width, height, width, height])).reshape(-1, 4)


def table(a, b):
    """IoUs (n, m)."""
    sides = (torch.minimum(a[:, None, 2:], b[None, :, 2:]) - torch.maximum(a[:, None, :2], b[None, :, :2])).relu()
    common, areas = sides.prod(-1), [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (a, b)]
    return common / (areas[0][:, None] + areas[1][None] - common)


def sides(boxes):
    return (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]


def offsets(anchors, boxes):
    (c, s), (center, side) = sides(anchors), sides(boxes)
    return torch.cat([(center - c) / s / 0.1, torch.log(side / s + 1e-6) / 0.2], -1)


def targets(anchors, label):
    label = label[label[:, 0] >= 0]
    n = len(anchors)
    offset, mask, classes = torch.zeros(n, 4), torch.zeros(n, 4), torch.zeros(n)
    if len(label) == 0:
        return offset, mask, classes
    ious = table(anchors, label[:, 1:])
    assert (ious - THRESHOLD).abs().min() > 1e-4
    best = ious.max(1)
    owner = torch.where(best.values >= THRESHOLD, best.indices, -1)
    left = ious.clone()
    for _ in label:
        assert left.max() > 0
        anchor, row = divmod(int(left.argmax()), len(label))
        owner[anchor] = row
        left[anchor], left[:, row] = -1, -1
    positive = owner >= 0
    mask[positive] = 1
    offset[positive] = offsets(anchors[positive], label[owner[positive], 1:])
    classes[positive] = label[owner[positive], 0] + 1
    return offset, mask, classes


def detection(probs, predicted, anchors):
    c, s = sides(anchors)
    center, side = c + predicted[:, :2] * s * 0.1, s * torch.exp(predicted[:, 2:] * 0.2)
    boxes = torch.cat([center - side / 2, center + side / 2], -1)
    confidence, klass = probs[1:].max(0)
    ious = table(boxes, boxes)
    assert (ious - THRESHOLD).abs().min() > 1e-5
    order = confidence.argsort(descending=True)
    assert confidence[order].diff().abs().min() > 1e-7 and (confidence - CONFIDENCE).abs().min() > 1e-5
    kept = []
    for i in order.tolist():
        if all(ious[i, j] <= THRESHOLD for j in kept):
            kept.append(i)
    dropped = [i for i in range(len(anchors)) if i not in kept]
    klass[dropped] = -1
    low = confidence < CONFIDENCE
    klass[low] = -1
    confidence = torch.where(low, 1 - confidence, confidence)
    return torch.cat([klass[:, None], confidence[:, None], boxes], -1)[kept + dropped], len(kept)


shapes = [(3, 5, [0.4], [1]), (4, 2, [0.3, 0.5], [2, 1, 0.5]), (1, 1, [0.8, 0.9, 1.05], [1, 3])]
anchors = torch.cat([priors(4, 4, [0.35, 0.45], [1, 2, 0.5]), priors(2, 3, [0.7], [1, 2])])
found = [targets(anchors, label) for label in LABELS]
probs = wave(5, 2, 2, CLASSES, len(anchors)).softmax(1)
predicted = wave(6, 2, 2, len(anchors), 4)
detected = [detection(*args, anchors) for args in zip(probs, predicted)]
positive = [int(m[:, 0].sum()) for _, m, _ in found]
print([kept for _, kept in detected], "of", len(anchors), "kept;", positive, "positive")
moved = anchors + wave(7, 0.03, len(anchors), 4)
write(__file__, {
    "priors": [numbers(priors(*shape)) for shape in shapes],
    "anchors": numbers(anchors),
    "centers": numbers(torch.cat(sides(anchors), -1)),
    "ious": numbers(table(anchors[:20], moved[10:40])),
    "offsets": numbers(offsets(anchors, moved)),
    "labels": numbers(LABELS),
    "target_offsets": numbers(torch.stack([t[0] for t in found])),
    "target_mask": numbers(torch.stack([t[1] for t in found])),
    "target_classes": numbers(torch.stack([t[2] for t in found])),
    "probs": numbers(probs),
    "detected": numbers(torch.stack([rows for rows, _ in detected])),
})
