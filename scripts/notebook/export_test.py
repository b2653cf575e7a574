"""Exports the chapter with the settings that scripts/setup writes, as nbconvert and JupyterLab's menu do."""

import re
import sys
import tempfile
import unittest
from pathlib import Path

import nbformat
from jupyter_server.serverapp import ServerApp
from nbconvert.exporters import Exporter, HTMLExporter, LatexExporter, ScriptExporter, SlidesExporter
from nbconvert.nbconvertapp import NbConvertApp

sys.path.insert(0, str(Path(__file__).parent))
import run

CHAPTER = Path(__file__).resolve().parents[2] / "notebooks/lenet.ipynb"


class ExportTest(unittest.TestCase):
    def test_pictures_need_no_inkscape(self) -> None:
        chapter = nbformat.read(CHAPTER, 4)
        pictures = sum("image/svg+xml" in o.get("data", {}) for c in chapter.cells for o in c.get("outputs", []))
        for app in (NbConvertApp(), ServerApp()):
            app.load_config_file()
            exporter = LatexExporter(config=app.config)
            # All but the template, for which pandoc would be needed.
            _, resources = Exporter.from_notebook_node(exporter, chapter)
            files = resources["outputs"]
            self.assertEqual(sum(name.endswith(".png") for name in files), pictures, app.name)
            prefers = exporter.config.NbConvertBase.display_data_priority
            self.assertLess(prefers.index("image/png"), prefers.index("image/svg+xml"))
            page, _ = HTMLExporter(config=app.config).from_notebook_node(chapter)
            self.assertEqual(page.count('data-mime-type="image/svg+xml"'), pictures, app.name)

    def test_html_and_program(self) -> None:
        for app in (NbConvertApp(), ServerApp()):
            app.load_config_file()
            chapter = nbformat.read(CHAPTER, 4)
            page, _ = HTMLExporter(config=app.config).from_notebook_node(chapter)
            self.assertIn("<title>Convolutional Neural Networks (LeNet)</title>", page)
            for word in ("func", "var"):  # in colour
                self.assertIn(f'<span class="kd">{word}</span>', page)
            for rule in ("tab-size: 4", "word-break: normal"):
                self.assertIn(rule, page)
            self.assertEqual(re.findall(r"<img (?!alt=\"(?:Data flow|Layers|Plot|\d+ images)\b)[^>]{0,40}", page), [])
            program, resources = ScriptExporter(config=app.config).from_notebook_node(chapter)
            self.assertEqual((resources["output_extension"], program[:13]), (".go", "package main\n"))

    def test_slides(self) -> None:
        """They are a kind of HTML for nbconvert, with a template of their own."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text) for text in ("One", "Two")])
        for cell in notebook.cells:
            cell.metadata.slideshow = {"slide_type": "slide"}
        for app in (NbConvertApp(), ServerApp()):
            app.load_config_file()
            page, _ = SlidesExporter(config=app.config).from_notebook_node(notebook)
            self.assertEqual((page.count('<div class="reveal">'), page.count("<section><section>")), (1, 2), app.name)

    def test_sanitized(self) -> None:
        """As JupyterLab's menu proposes it."""
        chapter = nbformat.read(CHAPTER, 4)
        chapter.cells.append(nbformat.v4.new_markdown_cell('<b onclick="f()">bold</b> <script>run()</script>'))
        app = ServerApp()
        app.load_config_file()
        page, _ = HTMLExporter(config=app.config, sanitize_html=True).from_notebook_node(chapter)
        self.assertEqual(re.findall(r"&lt;/?(?!script)\w+[ &][^\n]{0,40}", page), [])
        for text in ("<h1", "<p>We now have", '<code>%%</code>', "<b>bold</b> &lt;script&gt;run()"):
            self.assertIn(text, page)

    def test_links_lead_to_pages(self) -> None:
        with tempfile.TemporaryDirectory() as out:
            pages = run.page(nbformat.read(CHAPTER, 4), CHAPTER, Path(out), run.Screen())
        self.assertEqual(len(pages), 5)
        for path, text in pages.items():
            links = set(re.findall(r'href="(?!https?:|#)([^"]+)"', text))
            self.assertLessEqual({Path(path.parent, link) for link in links}, set(pages), path.name)
            self.assertTrue(links, path.name)

    def test_links_to_another_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            book = Path(folder, "book.ipynb")
            later = Path(folder, "later/rnn.ipynb")
            later.parent.mkdir()
            for path, link in [(book, "later/rnn.ipynb"), (later, "../book.ipynb")]:
                cells = [nbformat.v4.new_markdown_cell(f"[other]({link}), [none](no/{link})")]
                nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
            pages = run.page(nbformat.read(later, 4), later, Path(folder, "out"), run.Screen())
        self.assertEqual({path.name for path in pages}, {"book.html", "rnn.html"})
        for path, text in pages.items():
            other = "book.html" if path.name == "rnn.html" else "rnn.html"
            self.assertIn(f'href="{other}"', text)
            self.assertRegex(text, r'href="no/\S+\.ipynb"')

    def test_links_with_spaces_and_to_sections(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            book, other = Path(folder, "book.ipynb"), Path(folder, "the other.ipynb")
            text = "[1](the%20other.ipynb), [2](the%20other.ipynb#Part-2), [3](book.ipynb#Part-1)"
            for path in (book, other):
                nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]), path)
            pages = run.page(nbformat.read(book, 4), book, Path(folder, "out"), run.Screen())
        self.assertEqual({path.name for path in pages}, {"book.html", "the other.html"})
        found = re.findall(r'href="([^"]*html[^"]*)"', pages[Path(folder, "out/book.html")])
        self.assertEqual(found, ["the%20other.html", "the%20other.html#Part-2", "book.html#Part-1"])

    def test_two_notebooks_of_one_name(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            book, other = Path(folder, "book.ipynb"), Path(folder, "later/book.ipynb")
            other.parent.mkdir()
            for path in (book, other):
                cells = [nbformat.v4.new_markdown_cell("[other](later/book.ipynb)")]
                nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
            screen, said = run.Screen(), []
            screen.line = said.append
            pages = run.page(nbformat.read(book, 4), book, Path(folder, "out"), screen)
        self.assertEqual([path.name for path in pages], ["book.html"])
        self.assertIn('href="later/book.ipynb"', *pages.values())
        self.assertEqual(said, [f"chapter: no page of {other}: book.html is that of {book}; give one another name"])


if __name__ == "__main__":
    unittest.main()
