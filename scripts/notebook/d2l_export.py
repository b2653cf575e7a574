"""What notebooks of Go need in nbconvert: in scripts/chapter, on its command line, and in JupyterLab's menu.

scripts/setup names the classes in the settings of the environment.
"""

import re
import subprocess
import sys
from pathlib import Path

import bleach
import nbformat
from nbconvert.preprocessors import Preprocessor
from traitlets import Dict

# Where HTML is to be sanitized, which JupyterLab's menu proposes, nbconvert shows all others as text.
TAGS = {*bleach.ALLOWED_TAGS, *"div pre code span table tr td".split()}
# So these are missing, of what Markdown becomes.
MARKDOWN = set("p br hr h1 h2 h3 h4 h5 h6 del img sub sup thead tbody th".split())


def clean_html(element) -> str:
    """Takes the place of nbconvert's filter: HTML in which nothing can run, with all that Markdown becomes."""
    allowed = {**bleach.ALLOWED_ATTRIBUTES, "*": ["class", "id"], "img": ["alt", "src", "title"]}
    return bleach.clean(str(element), tags=TAGS | MARKDOWN, attributes=allowed)


class Page(Preprocessor):
    """For HTML: the title is the first heading, and links to notebooks may lead elsewhere."""

    pages = Dict(help="Where the link to a notebook leads instead.").tag(config=True)

    def preprocess(self, nb, resources):
        texts = [cell for cell in nb.cells if cell.cell_type == "markdown"]
        heading = next((m for cell in texts if (m := re.search(r"^#\s+(.+)", cell.source, re.M))), None)
        if heading:
            nb.metadata.title = heading[1].strip()
        for cell in texts:
            cell.source = re.sub(r"(?<=\]\()[^()\s]+", lambda link: self.pages.get(link[0], link[0]), cell.source)
        return nb, resources


class GoProgram(Preprocessor):
    """For an executable script: the notebook as one Go program."""

    def preprocess(self, nb, resources):
        if nb.metadata.get("language_info", {}).get("name") != "go":
            return nb, resources
        literate = Path(sys.prefix, "bin/literate")
        done = subprocess.run(
            [literate, "script", "/dev/stdin"], input=nbformat.writes(nb), text=True, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise ValueError(f"this notebook cannot be exported as a program: {done.stderr.strip()}")
        nb.cells = [nbformat.v4.new_code_cell(done.stdout.rstrip("\n"))]
        return nb, resources
