"""Checks what texts say of notebooks and tests: the chapter's coverage, the README's results, the table of faults."""

import ast
import csv
import re
from collections import Counter

import outputs

NOTEBOOK = "notebooks/lenet.ipynb"
TABLE = "notebooks/lenet.coverage.csv"
PICTURE = "notebooks/lenet-training.svg"
TRAINING = "train-lenet"  # The cell whose picture and results the README shows.
ROW = "| the notebook (on "

# A declaration at the top level of a Go file, with its comment; of a group in parentheses, what it declares.
DECLARATION = re.compile(r"^((?://.*\n)*)(?:func|type|var|const) (?:(\w+)|\(\n((?:\t.*\n|\n)*)\))", re.M)
# The last paragraph of the comment on an exported name: its name in the book and the section, or why the book has none.
BOOK = re.compile(r'(?:\A|\n\n)Book: (?:none; [^.\s](?:.|\n(?!\n))*|[\w.]+(?:,\s[\w.]+)*,\ssection\s"[^"]+")\.\n\Z')


def coverage(root, books):
    """What the table of the book's chapter names and is not there, and what it lacks."""
    text = (root / TABLE).read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    count = Counter(row["kind"] for row in rows)
    for number, kind in re.findall(r"(\d+) (chapter|section|code|output|figure|exercise)", text.partition("\n")[0]):
        if count[kind] != int(number):
            yield f"{TABLE}: the chapter has {number} of the kind {kind}, the table has rows for {count[kind]}"
    cells = {f"{name}#{cell.id}": cell for name, nb in books.items() for cell in nb.cells}
    for row in rows:
        where = f"{TABLE}: {row['kind']} \"{row['which']}\""
        named = row["cell"].split()
        gone = [ref for ref in named if ref not in cells]
        if gone or not named:
            yield f"{where}: there is no cell {' '.join(gone)}"
            continue
        source = "\n".join(cells[ref].source for ref in named)
        for symbol in row["symbols"].split():
            if not re.search(rf"\b{symbol.rpartition('.')[2]}\b", source):
                yield f"{where}: no cell that it names uses {symbol}"
        if row["kind"] in ("chapter", "section") and not re.search(rf"(?m)^#+ {re.escape(row['which'])}$", source):
            yield f"{where}: cell {named[0]} has no such heading"
        line = re.escape(row["which"]).replace("…", ".+")
        if row["kind"] == "output" and not re.search(line, outputs.printed(cells[named[0]])):
            yield f"{where}: cell {named[0]} does not print it"
    listed = {ref for row in rows for ref in row["cell"].split()}
    for cell in books["lenet.ipynb"].cells:
        if cell.cell_type == "code" and f"lenet.ipynb#{cell.id}" not in listed:
            yield f"{TABLE}: no row names cell {cell.id}; add one, of the kind ours if the book has no such cell"


def book(root):
    """Exported names of d2l and lenet whose comment does not say where in the book they come from."""
    for path in sorted([*root.glob("d2l/*.go"), *root.glob("lenet/*.go")]):
        if path.name.endswith("_test.go"):
            continue
        for comment, name, group in DECLARATION.findall(path.read_text(encoding="utf-8")):
            name = name if name else "".join(re.findall(r"(?m)^\t([A-Z]\w*)", group)[:1])
            if name[:1].isupper() and not BOOK.search(re.sub(r"(?m)^// ?", "", comment)):
                form = 'Book: name, section "Title". or Book: none; why.'
                yield f"{path.relative_to(root)}: the comment on {name} does not end with {form}"


def renewed(root, nb):
    """The README and its picture as the notebook has them: the files' new contents."""
    cell = next(cell for cell in nb.cells if cell.id == TRAINING)
    pattern = r"loss (\S+), train acc (\S+), test acc (\S+)\n(\S+ examples/sec) on (.+)\n"
    result = re.search(pattern, outputs.printed(cell))
    pictures = [data["image/svg+xml"] for data in outputs.shown(cell) if "image/svg+xml" in data]
    if not result or not pictures:
        raise ValueError(f"{NOTEBOOK}: cell {TRAINING} shows no results or no plot, which the README reports")
    readme = (root / "README.md").read_text(encoding="utf-8")
    loss, train, test, speed, device = result.groups()
    row = f"{ROW}{device}, {speed}) | {loss} | {train} | {test} |"
    text, count = re.subn(rf"(?m)^{re.escape(ROW)}.*$", lambda _: row, readme)
    if count != 1:
        raise ValueError(f"README.md has {count} rows that begin with {ROW!r}; it must have one")
    return {root / "README.md": text, root / PICTURE: pictures[-1]}


def readme(root, books):
    try:
        for path, content in renewed(root, books["lenet.ipynb"]).items():
            if not path.exists() or path.read_text(encoding="utf-8") != content:
                yield f"{path.name} is not what {NOTEBOOK}#{TRAINING} shows: go run ./scripts/literate readme renews it"
    except ValueError as error:
        yield str(error)


def faults(root, path="scripts/faults.md"):
    """Rows of the table of faults that name no test, or one that is not there."""
    head = None
    for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|"):
            head = None
            continue
        head = head or line
        if not head.startswith("| what goes wrong |") or line == head or not line.strip("|-: "):
            continue
        tests = re.findall(r"`([^`#]+)#([^`]+)`", line)
        if not tests:
            yield f"{path}:{number}: no test is named; write it as `file#test`"
        for file, test in tests:
            if not (root / file).is_file() or not has_test((root / file).read_text(encoding="utf-8"), file, test):
                yield f"{path}:{number}: there is no test {file}#{test}"


def has_test(source, file, test):
    """Whether a file has a test: of Go TestName or TestName/subtest, of Python ClassTest.test_name."""
    if file.endswith("_test.go"):
        name, _, sub = test.partition("/")
        return bool(re.search(rf"(?m)^func {name}\(", source)) and (not sub or f'"{sub}"' in source)
    of_class, _, method = test.partition(".")
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == of_class]
    return any(getattr(item, "name", "") == method for node in classes for item in node.body)
