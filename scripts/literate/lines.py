"""Counts lines of code: of the pages that d2l/README.md names for sections of the book, and of these sections.

usage: lines.py [FOLDER]

FOLDER is a clone of github.com/d2l-ai/d2l-en at the tag v0.17.6, of which the cells of the PyTorch edition count.
Lines that are empty or a comment do not, on either side; imports, docstrings and everything else do.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Sections, and what corresponds to them here: a notebook, a file of Examples, or the body of one Example.
PAGES = """
chapter_linear-networks/linear-regression-concise     notebooks/later/linear-regression.ipynb
chapter_linear-networks/softmax-regression-scratch    notebooks/later/softmax-from-scratch.ipynb
chapter_multilayer-perceptrons/underfit-overfit       d2l/polynomial_regression_example_test.go
chapter_multilayer-perceptrons/dropout                d2l/net_dropout_example_test.go
chapter_convolutional-neural-networks/conv-layer      d2l/learn_kernel_example_test.go
chapter_convolutional-neural-networks/lenet           notebooks/lenet.ipynb
chapter_convolutional-modern/alexnet                  d2l/net_alexnet_example_test.go
chapter_convolutional-modern/batch-norm               d2l/net_batch_norm_example_test.go
chapter_convolutional-modern/resnet                   notebooks/later/resnet.ipynb
chapter_recurrent-neural-networks/text-preprocessing  d2l/text_example_test.go
chapter_recurrent-neural-networks/rnn-scratch         notebooks/later/rnn.ipynb
chapter_recurrent-modern/gru                          ExampleGRU
chapter_recurrent-modern/seq2seq                       d2l/encoder_decoder_example_test.go
chapter_optimization/minibatch-sgd                    d2l/train_ch11_example_test.go
chapter_computer-vision/image-augmentation            ExampleCompose
chapter_computer-vision/fine-tuning                   notebooks/later/fine-tuning.ipynb
"""


def count(source, *comments):
    return sum(bool(line.strip()) and not line.strip().startswith(comments) for line in source.splitlines())


def here(page):
    """The lines of a page."""
    if page.startswith("Example"):
        for path in (ROOT / "d2l").glob("*_test.go"):
            if found := re.search(rf"(?ms)^func {page}\(\) {{\n(.*?)^}}", path.read_text(encoding="utf-8")):
                return count(found[1], "//")
        raise ValueError(f"there is no {page}")
    text = (ROOT / page).read_text(encoding="utf-8")
    if page.endswith(".go"):
        return count(text, "//")
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return sum(count("".join(cell["source"]), "//", "%%") for cell in cells)


def there(text):
    """The lines of a section of the book in its PyTorch edition."""
    lines = 0
    for body in re.findall(r"(?ms)^```\{\.python \.input[^}]*\}\n(.*?)^```", text):
        tab = re.match(r"#@tab ([^\n]*)\n", body)
        if "#@tab" not in text or tab and {"all", "pytorch"} & set(re.split(r",\s*", tab[1].strip())):
            lines += count(body, "#", "%")
    return lines


def main(book=None):
    for section, page in map(str.split, PAGES.strip().splitlines()):
        lines = [here(page)]
        if book:
            lines.append(there(Path(book, section + ".md").read_text(encoding="utf-8")))
        print(*(f"{n:4}" for n in lines), section, page)


if __name__ == "__main__":
    main(*sys.argv[1:])
