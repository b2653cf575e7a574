"""Counts lines of code: of the pages that d2l/README.md names for sections of the book, and of these sections.

usage: lines.py FOLDER

FOLDER is a clone of github.com/d2l-ai/d2l-en at the tag v0.17.6, of which the cells of the PyTorch edition count, and
all cells of a section that is in one framework alone.
Lines that are empty or a comment do not, on either side; imports, docstrings and everything else do. Of an Example that
is named alone, the body counts. The numbers are written to the table of sections in d2l/README.md; that a page takes
more than LIMIT times the lines of its sections is an error.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "d2l/README.md"
LIMIT = 1.3

# The sections of a row of the table, as chapter/section,section, and its pages: notebooks, without the cells after
# "!", which the book's sections do not have; files of Examples in d2l/; or single Examples.
PAGES = """
3.1, 3.2: linear-networks/linear-regression,linear-regression-scratch
    linear_regression_scratch
3.3: linear-networks/linear-regression-concise
    notebooks/later/linear-regression.ipynb
3.5: linear-networks/image-classification-dataset
    image_classification
3.6: linear-networks/softmax-regression-scratch
    notebooks/later/softmax-from-scratch.ipynb
3.7, 4.3: linear-networks/softmax-regression-concise multilayer-perceptrons/mlp-concise
    net_mlp
4.1, 4.2, 4.8: multilayer-perceptrons/mlp,mlp-scratch,numerical-stability-and-init
    mlp_scratch
4.4: multilayer-perceptrons/underfit-overfit
    polynomial_regression
4.5: multilayer-perceptrons/weight-decay
    weight_decay
4.6: multilayer-perceptrons/dropout
    net_dropout
4.10: multilayer-perceptrons/kaggle-house-price
    house_prices
5.1, 5.4: deep-learning-computation/model-construction,custom-layer
    model_construction
5.2, 5.3: deep-learning-computation/parameters
    parameter_management
5.5: deep-learning-computation/read-write
    save_tensors
5.6: deep-learning-computation/use-gpu
    Example_gpus
6.2: convolutional-neural-networks/conv-layer
    learn_kernel
6.3–6.5: convolutional-neural-networks/padding-and-strides,channels,pooling
    convolution_layers
6.6: convolutional-neural-networks/lenet
    notebooks/lenet.ipynb!figure-vertical,batch,predict
7.1: convolutional-modern/alexnet
    net_alexnet
7.2: convolutional-modern/vgg
    net_vgg
7.3: convolutional-modern/nin
    net_nin
7.4: convolutional-modern/googlenet
    net_googlenet
7.5: convolutional-modern/batch-norm
    net_batch_norm
7.6: convolutional-modern/resnet
    notebooks/later/resnet.ipynb
7.7: convolutional-modern/densenet
    net_densenet
8.1: recurrent-neural-networks/sequence
    sequence
8.2: recurrent-neural-networks/text-preprocessing
    text
8.3: recurrent-neural-networks/language-models-and-dataset
    language_model_data
8.4: recurrent-neural-networks/rnn
    Example_hiddenState
8.5, 8.6: recurrent-neural-networks/rnn-scratch,rnn-concise
    notebooks/later/rnn.ipynb rnn_scratch
9.1: recurrent-modern/gru
    gru
9.2–9.4: recurrent-modern/lstm,deep-rnn,bi-rnn
    lstm
9.5–9.7: recurrent-modern/machine-translation-and-dataset,encoder-decoder,seq2seq
    translation encoder_decoder
10.1, 10.2: attention-mechanisms/attention-cues,nadaraya-watson
    nadaraya_watson
10.3: attention-mechanisms/attention-scoring-functions
    attention_scoring
10.4: attention-mechanisms/bahdanau-attention
    bahdanau
10.5, 10.6: attention-mechanisms/multihead-attention,self-attention-and-positional-encoding
    multihead_attention
10.7: attention-mechanisms/transformer
    notebooks/later/transformer.ipynb!weights,multi-head,encoding transformer
11.1–11.4: optimization/optimization-intro,convexity,gd,sgd
    gradient_descent
11.5–11.10: optimization/minibatch-sgd,momentum,adagrad,rmsprop,adadelta,adam
    train_ch11 optimizers_scratch
11.11: optimization/lr-scheduler
    schedule
12.1: computational-performance/hybridize
    hybridize
12.5, 12.6: computational-performance/multiple-gpus,multiple-gpus-concise
    gpus multiple_gpus_scratch
13.1: computer-vision/image-augmentation
    ExampleCompose ExampleTrainCh13_augmentation
13.2: computer-vision/fine-tuning
    notebooks/later/fine-tuning.ipynb!net
13.3–13.7: computer-vision/bounding-box,anchor,multiscale-object-detection,object-detection-dataset,ssd
    notebooks/later/object-detection.ipynb!measure anchor_boxes ssd
13.9: computer-vision/semantic-segmentation-and-dataset
    semantic_segmentation
13.10, 13.11: computer-vision/transposed-conv,fcn
    fcn
13.12: computer-vision/neural-style
    neural_style
14.3, 14.4: nlp-pretraining/word-embedding-dataset,word2vec-pretraining
    word2vec
14.6: nlp-pretraining/subword-embedding
    subword_embedding
14.7: nlp-pretraining/similarity-analogy
    token_embedding
14.8–14.10: nlp-pretraining/bert,bert-dataset,bert-pretraining
    bert bert_pretraining
15.1–15.3: nlp-applications/sentiment-analysis-and-dataset,sentiment-analysis-rnn,sentiment-analysis-cnn
    sentiment
15.4, 15.5: nlp-applications/natural-language-inference-and-dataset,natural-language-inference-attention
    natural_language_inference
15.7: nlp-applications/natural-language-inference-bert
    bert_fine_tuning
16.3, 16.4: recommender-systems/mf,autorec
    recommender_systems
16.5–16.7: recommender-systems/ranking,neumf,seqrec
    recommender_ranking
16.9, 16.10: recommender-systems/fm,deepfm
    recommender_fm
17.1, 17.2: generative-adversarial-networks/gan,dcgan
    gan dcgan
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
    if not page.startswith("notebooks/"):
        return count((ROOT / "d2l" / f"{page}_example_test.go").read_text(encoding="utf-8"), "//")
    page, _, left_out = page.partition("!")
    cells = json.loads((ROOT / page).read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code" and cell["id"] not in left_out.split(",")]
    return sum(count("".join(cell["source"]), "//", "%%") for cell in code)


def there(text):
    """The lines of a section of the book in its PyTorch edition."""
    lines = 0
    for body in re.findall(r"(?ms)^```\{\.python \.input[^}]*\}\n(.*?)^```", text):
        tab = re.match(r"#@tab ([^\n]*)\n", body)
        if "#@tab" not in text or tab and {"all", "pytorch"} & set(re.split(r",\s*", tab[1].strip())):
            lines += count(body, "#", "%")
    return lines


def rows():
    """The rows of the table: what each begins with, its sections and its pages."""
    for row, sections, pages in re.findall(r"(?m)^(\d.*): (.*)\n    (.*)$", PAGES):
        chapters = [part.replace("nlp", "natural-language-processing").split("/") for part in sections.split()]
        files = [f"chapter_{chapter}/{name}.md" for chapter, names in chapters for name in names.split(",")]
        yield row, files, pages.split()


def stale(text):
    """The rows of the table, in the text of README, whose lines are no longer those of their pages, or too many."""
    for row, _, pages in rows():
        lines = sum(map(here, pages))
        found = re.search(rf"(?m)^\| {re.escape(row)} [^|]*\|[^|]*\|[^|]*\| (\d+) \| (\d+) \|$", text)
        if not found or int(found[1]) != lines or lines > LIMIT * int(found[2]):
            yield (
                f"d2l/README.md, {row}: {', '.join(pages)} has {lines} lines, and may have {LIMIT} times the book's: "
                "python3 scripts/literate/lines.py renews the table"
            )


def main(book):
    readme, long = README.read_text(encoding="utf-8"), []
    for row, sections, pages in rows():
        texts = [Path(book, section).read_text(encoding="utf-8") for section in sections]
        lines, expected = sum(map(here, pages)), sum(map(there, texts))
        print(f"{lines:4} {expected:4} {lines / expected:.2f}  {row}: {', '.join(pages)}")
        long += [row] if lines > LIMIT * expected else []
        numbers = rf"(?m)^(\| {re.escape(row)} [^|]*\|[^|]*\|[^|]*\|) [^|]* \| [^|]* \|$"
        readme, found = re.subn(numbers, rf"\1 {lines} | {expected} |", readme)
        if found != 1:
            raise ValueError(f"{README.name} has {found} rows that begin with {row!r}, expected one")
    README.write_text(readme, encoding="utf-8")
    if long:
        sys.exit(f"more than {LIMIT} times the lines of the book: {'; '.join(long)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
