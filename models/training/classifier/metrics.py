"""Figures for clip scores: AUC, TPR at a false alarm rate, EER, ECE, Cllr, Platt calibration, intervals by group."""

import numpy as np
from scipy.optimize import minimize


def auc(scores, labels) -> float:
    """Probability that a fake scores above a genuine clip; ties count half. NaN when a class is missing."""
    scores, labels = np.asarray(scores, float), np.asarray(labels, bool)
    fake, real = scores[labels], scores[~labels]
    if not len(fake) or not len(real):
        return float("nan")
    difference = fake[:, None] - real[None]
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def threshold_at(scores, labels, false_alarms: float) -> tuple[float, float, float]:
    """(threshold, FPR, TPR): the lowest threshold whose false alarm rate does not exceed `false_alarms`."""
    scores, labels = np.asarray(scores, float), np.asarray(labels, bool)
    real = np.sort(scores[~labels])[::-1]
    allowed = int(np.floor(false_alarms * len(real) + 1e-9))
    threshold = float(np.nextafter(real[allowed], np.inf)) if allowed < len(real) else float(scores.min())
    return threshold, float((scores[~labels] >= threshold).mean()), float((scores[labels] >= threshold).mean())


def equal_error_rate(scores, labels) -> float:
    """Where missed fakes and false alarms are equally frequent."""
    scores, labels = np.asarray(scores, float), np.asarray(labels, bool)
    cuts = np.concatenate([np.sort(scores), [np.inf]])
    miss = np.array([(scores[labels] < c).mean() for c in cuts])
    alarm = np.array([(scores[~labels] >= c).mean() for c in cuts])
    best = np.argmin(np.abs(miss - alarm))
    return float((miss[best] + alarm[best]) / 2)


def sigmoid(values):
    return 1 / (1 + np.exp(-np.clip(np.asarray(values, float), -60, 60)))


def balance(labels) -> np.ndarray:
    """Weights that give both classes the same total: scores are calibrated for a prior of one half."""
    labels = np.asarray(labels, bool)
    return np.where(labels, 0.5 / max(labels.sum(), 1), 0.5 / max((~labels).sum(), 1))


def platt(scores, labels, ridge: float = 0.002, least: float = 0.0) -> tuple[float, float]:
    """(a, b) of p = sigmoid(a * score + b), fitted with balanced classes and smoothed targets. The slope, per standard
    deviation, is at least `least`; without it ValueError when the scores do not separate the classes."""
    scores, labels = np.asarray(scores, float), np.asarray(labels, bool)
    weights = balance(labels)
    target = np.where(labels, (labels.sum() + 1) / (labels.sum() + 2), 1 / ((~labels).sum() + 2))
    centre, spread = scores.mean(), max(scores.std(), 1e-6)
    values = (scores - centre) / spread

    def cost(v):
        z = v[0] * values + v[1]
        return (weights * (np.logaddexp(0, z) - target * z)).sum() + ridge * v[0] ** 2
    slope, offset = minimize(cost, np.array([1.0, 0.0])).x
    if slope < least:
        slope, offset = least, 0.0
    if slope <= 0:
        raise ValueError("calibration found no positive slope: the scores do not separate the classes")
    return float(slope / spread), float(offset - slope * centre / spread)


def calibration_error(probabilities, labels, bins: int = 8) -> float:
    """ECE with balanced classes over equal-width bins."""
    probabilities, labels, weights = np.asarray(probabilities, float), np.asarray(labels, float), balance(labels)
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    total = 0.0
    for b in range(bins):
        chosen = place == b
        if chosen.any():
            total += abs((weights[chosen] * (probabilities[chosen] - labels[chosen])).sum())
    return float(total)


def cllr(probabilities, labels) -> float:
    """Cost of the log likelihood ratio in bits: 0 perfect, 1 says nothing. The prior is one half."""
    p, labels = np.clip(probabilities, 1e-6, 1 - 1e-6), np.asarray(labels, bool)
    return float((np.log2(1 / p[labels]).mean() + np.log2(1 / (1 - p[~labels])).mean()) / 2)


def interval(figure, scores, labels, groups, times: int = 1000, seed: int = 1) -> tuple[float, float]:
    """95 % bootstrap interval of figure(scores, labels), drawing whole groups."""
    scores, labels, groups = np.asarray(scores, float), np.asarray(labels, bool), np.asarray(groups)
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    rng, values = np.random.default_rng(seed), []
    for _ in range(times):
        drawn = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        if labels[drawn].any() and not labels[drawn].all():
            values.append(figure(scores[drawn], labels[drawn]))
    return tuple(float(v) for v in np.percentile(values, [2.5, 97.5])) if values else (float("nan"),) * 2


def lead(first, second, labels, groups) -> tuple[float, tuple[float, float]]:
    """(difference, interval) of the AUC of the first scores and that of the second, of the same clips, over the same draws of groups for both."""
    pairs, order = np.stack([first, second], 1), np.arange(len(labels))

    def difference(drawn, drawn_labels):
        chosen = pairs[drawn.astype(int)]
        return auc(chosen[:, 0], drawn_labels) - auc(chosen[:, 1], drawn_labels)
    return difference(order, labels), interval(difference, order, labels, groups)
