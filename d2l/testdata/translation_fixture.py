"""Writes translation.json: BLEU of some predictions and prepared texts, by definitions that share nothing with the
package's code, for TestBleuAgainstPython and TestPreprocessNMTAgainstPython. Run it by scripts/pytorch fixtures.
"""
import collections
import fractions
import itertools
import math
import re

from fixtures import write

WORDS = "le chat est chez lui . !".split()
TEXTS = [
    "Go.\tVa !\n", "Wow!!!\tÇa alors\u202f!\n", "Stop, Tom .\tArrête,\u00a0Tom.", ".,!?", " .\n.\n\t.", "",
    "ÉTÉ\u00a0!", "3.14 M. D'Été?", "  ,  ,,", "I'm home.\r\nYes?\r\n",
]


def prepared(text):
    """In lower case, with a space where a punctuation mark follows anything else."""
    return re.sub("(?<=[^ ])(?=[,.!?])", " ", re.sub("[\u202f\u00a0]", " ", text.lower()))


def bleu(prediction, label, k):
    """The penalty of short predictions, and the product of p_n to the power of 1/2^n, by multisets of n-grams."""
    prediction, label = prediction.split(), label.split()
    if not prediction or not label:
        return float(prediction == label)
    score = math.exp(min(0, 1 - len(label) / len(prediction)))
    for n in range(1, min(k, len(prediction)) + 1):
        grams = [collections.Counter(zip(*(tokens[i:] for i in range(n)))) for tokens in (prediction, label)]
        precision = fractions.Fraction((grams[0] & grams[1]).total(), grams[0].total())
        score *= float(precision) ** (1 / 2**n)
    return score


def sentences():
    """Sentences of 0 to 9 words, which a quadratic generator scatters."""
    for seed in itertools.count():
        yield " ".join(WORDS[(i * i * 31 + i * 7 + seed * seed * 3) % 13 % len(WORDS)] for i in range(seed % 10))


several = list(itertools.islice(sentences(), 30))
write(__file__, {
    "texts": [[text, prepared(text)] for text in TEXTS],
    "cases": [{"prediction": a, "label": b, "k": k, "bleu": bleu(a, b, k)}
              for (i, a), (j, b) in itertools.product(enumerate(several), repeat=2) for k in [1 + (i + j) % 4]
              if (i * 7 + j) % 11 == 0 or i == j],
})
