"""The commands of `go run ./scripts/literate` that read or write whole notebooks; see README.md beside this file.

usage: notebooks.py check | readme | clean [NOTEBOOK...] | verify SAVED EXECUTED | text NOTEBOOK |
       put NOTEBOOK CELL JSON
"""

import difflib
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import lines
import outputs
import references

ROOT = Path(__file__).resolve().parents[2]

# What belongs in a notebook. JupyterLab also saves what is folded, scrolled, selected and the like.
NOTEBOOK_METADATA = {"kernelspec", "language_info", "authors", "title"}
CELL_METADATA = {"d2l", "tags"}
D2L_METADATA = {"agreed", "tolerance", "varies"}
OUTPUT_KEYS = {"output_type", "name", "text", "data", "metadata", "execution_count", "ename", "evalue", "traceback"}

BINARY = ("/png", "/jpeg", "/gif")

# Paths of a machine, but no web addresses and relative paths.
MACHINE = re.compile(
    r"(?:(?<![\w.~/-])|(?<=file://))(?:"
    + "|".join([r"/(?:home|Users)/[\w.-]+", "/root", "/tmp", "/var/(?:folders|tmp)", "/usr/local/go", "/go/pkg/mod",
                r"[A-Za-z]:\\{1,2}\w+", "gonb_[0-9a-f]{8}",
                *map(re.escape, {str(ROOT), str(Path.home()), tempfile.gettempdir()} - {"/"})])
    + r""")(?![\w-])[^\s<>"']*"""
)


def paths(root=ROOT):
    """The chapter's notebooks, and those of later chapters."""
    return sorted([*root.glob("notebooks/*.ipynb"), *root.glob("notebooks/later/*.ipynb")])


def books(root=ROOT):
    """All notebooks, by their paths in notebooks/."""
    return {path.relative_to(root / "notebooks").as_posix(): read(path) for path in paths(root)}


def read(path):
    import nbformat  # takes a second

    return nbformat.read(path, as_version=4)


def write(path, text):
    """Writes a file whole or not at all."""
    path = Path(path).resolve()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def keep(mapping, keys):
    for key in set(mapping) - keys:
        del mapping[key]


def cleaned(path):
    """The text of a notebook's file without what differs from run to run, as nbformat writes it."""
    import nbformat

    nb = read(path)
    keep(nb.metadata, NOTEBOOK_METADATA)
    language = nb.metadata.get("language_info", {})
    keep(language, {key for key in language if key != "version" and language[key]})
    for cell in nb.cells:
        cell.source = re.sub(r"\s*\n\s*\Z|\A\s+\Z", "", cell.source)
        keep(cell.metadata, CELL_METADATA)
        keep(cell.metadata.get("d2l", {}), D2L_METADATA)
        if cell.cell_type != "code":
            continue
        cell.execution_count, kept = None, []
        for output in cell.outputs:
            keep(output, OUTPUT_KEYS)
            if "execution_count" in output:
                output.execution_count = None
            if output.get("name") == "stderr":
                continue
            if kept and output.output_type == kept[-1].output_type == "stream":
                kept[-1].text += output.text
            else:
                kept.append(output)
        cell.outputs = kept
    return nbformat.writes(nb) + "\n"


def clean(path):
    """Cleans a notebook's file, and says whether it has changed."""
    text = cleaned(path)
    if text == Path(path).read_text(encoding="utf-8"):
        return False
    write(path, text)
    return True


def dirt(path):
    """What clean would change, and what only an author can: errors, empty cells, paths of a machine."""
    text, want = Path(path).read_text(encoding="utf-8"), cleaned(path)
    if text != want:
        lines = list(difflib.unified_diff(text.splitlines(), want.splitlines(), "saved", "clean", n=1, lineterm=""))
        how = "it is not clean; `go run ./scripts/literate clean` repairs this:"
        yield "\n".join([how, *(line[:120] for line in lines[:30])])
    for cell in read(path).cells:
        if cell.cell_type != "code":
            continue
        if not cell.source.strip():
            yield f"cell {cell.id} holds no code"
        # Without escapes, as X:\n is no path.
        texts = [re.sub(r"\\[nrt]", " ", text) for text in (cell.source, json.dumps(cell.metadata))]
        for output in cell.outputs:
            if output.output_type == "error":
                error = f"{output.ename}: {output.evalue.strip()}"
                yield f"cell {cell.id} ends with an error, {error}; fix it and run the notebook again"
            texts += [output.get("text", ""), *output.get("traceback", [])]
            texts += [str(data) for kind, data in output.get("data", {}).items() if not kind.endswith(BINARY)]
        texts = [re.sub(r";base64,[\w+/=\s]+", "", text) for text in texts]
        for path in sorted({found for text in texts for found in MACHINE.findall(text)}):
            yield f"cell {cell.id} holds a path of the machine, {path}; change the cell and run the notebook again"


def text(path):
    """A notebook for people: sources and what was printed; of a picture its size."""
    content = Path(path).read_text(encoding="utf-8")
    try:
        nb = json.loads(content)  # nbformat would take a second for each side of a diff
        lines = []
        for cell in nb["cells"]:
            lines += [f"──── {cell['id']}, {cell['cell_type']}", "".join(cell["source"])]
            if cell["metadata"]:
                lines.append(json.dumps(cell["metadata"]))
            for output in cell.get("outputs", []):
                name, printed = output.get("name", "error"), output.get("text") or output.get("evalue", "")
                for kind, data in {name: printed, **output.get("data", {})}.items():
                    shown = outputs.picture(kind, "".join(data)) if kind.startswith("image/") else "".join(data)
                    if shown:
                        lines += [f"──── {cell['id']}, {kind}", shown.rstrip("\n")]
            lines.append("")
        return "\n".join(lines) + "\n"
    except (ValueError, KeyError, TypeError):
        return content  # of a revision that is not a notebook, as with marks of a conflict


def put(path, id, change):
    """Replaces a cell's source and the record of what it and the package agreed on."""
    import nbformat

    change, nb = json.loads(change), read(path)
    cell = next((cell for cell in nb.cells if cell.id == id), None)
    if cell is None:
        raise ValueError(f"{path} has no cell {id}")
    cell.source = change["source"]
    cell.metadata.setdefault("d2l", {})["agreed"] = change["agreed"]
    write(path, nbformat.writes(nb) + "\n")


def verify(saved, executed):
    found = outputs.compare(read(saved), read(executed))
    if found:
        found.append(f"If the new run is right, keep it: cp {executed} {saved}")
    return found


def check(root=ROOT):
    found, all_books = [], books(root)
    for name, nb in all_books.items():
        problems = [*dirt(root / "notebooks" / name), *outputs.tolerances(nb)]
        found += [f"notebooks/{name}: {problem}" for problem in problems]
    found += [*references.coverage(root, all_books), *references.book(root), *references.readme(root, all_books)]
    found += lines.stale((root / "d2l/README.md").read_text(encoding="utf-8"))
    return found + list(references.faults(root))


def main(command, *args):
    """Prints what a command finds, and returns the exit status."""
    found = []
    if command == "check":
        found = check()
    elif command == "verify":
        found = verify(*args)
    elif command == "clean":
        for path in args or paths():
            if clean(path):
                print(f"{path}: cleaned")
    elif command == "readme":
        for path, content in references.renewed(ROOT, read(ROOT / references.NOTEBOOK)).items():
            write(path, content)
    elif command == "text":
        print(text(*args), end="")
    elif command == "put":
        put(*args)
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyError as error:
        sys.exit(f"literate: {error} is missing in what was read")
    except (OSError, ValueError, TypeError) as error:
        sys.exit(f"literate: {error}")
