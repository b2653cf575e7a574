"""Exports the chapter with the settings that scripts/setup writes, as nbconvert and JupyterLab's menu do."""

import unittest
from pathlib import Path

import nbformat
from jupyter_server.serverapp import ServerApp
from nbconvert.exporters import Exporter, HTMLExporter, LatexExporter
from nbconvert.nbconvertapp import NbConvertApp

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


if __name__ == "__main__":
    unittest.main()
