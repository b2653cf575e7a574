"""Clean notebooks, their text, compared outputs, and what tables and texts say of them; called by scripts/test."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).parent))
import lines  # noqa: E402
import outputs  # noqa: E402
import references  # noqa: E402

import notebooks  # noqa: E402

ROOT = notebooks.ROOT
SVG = '<svg width="4pt" height="3pt"><path d="M0,0L1,1"/></svg>\n'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
TRAINED = "loss 0.471, train acc 0.822, test acc 0.836\n9012.3 examples/sec on cpu(0)\n"
TOLERANCE = {"loss": 0.03, "train acc": 0.02, "test acc": 0.03}


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def shown(**data):
    kinds = {kind.replace("_", "/").replace("svg", "svg+xml"): value for kind, value in data.items()}
    return new_output("display_data", data=kinds)


def code(*outputs, source="x()", **metadata):
    return new_code_cell(source, id="a", outputs=list(outputs), metadata=metadata)


FAILED = new_output("error", ename="ERROR", evalue="exit status 2\n", traceback=[])


class FilesTest(unittest.TestCase):
    """Notebooks on the disk."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "x.ipynb")

    def saved(self, *cells, **metadata):
        self.path.write_text(nbformat.writes(new_notebook(cells=list(cells), metadata=metadata)) + "\n")
        return "\n".join(notebooks.dirt(self.path))

    def test_folders(self):
        root, want = self.path.parent, ["later/b.ipynb", "x.ipynb"]
        kept = [f"{folder}.ipynb_checkpoints/c.ipynb" for folder in ("", "later/")]
        for name in want + kept:
            Path(root, "notebooks", name).parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(new_notebook(), Path(root, "notebooks", name))
        self.assertEqual(list(notebooks.books(root)), want)

    def test_what_clean_repairs(self):
        result = new_output("execute_result", data={"text/plain": "a"}, execution_count=3)
        counted = code()
        counted.execution_count = 12
        for name, cell, words, metadata in [
            ("execution_count", counted, '-   "execution_count": 12', {}),
            ("a result's", code(result), '"execution_count": 3', {}),
            ("folded", code(jupyter={"source_hidden": True}), "source_hidden", {}),
            ("misspelt", code(d2l={"tolerence": {}}), "tolerence", {}),
            ("stderr", code(printed("warning\n", "stderr")), "warning", {}),
            ("in pieces", code(printed("one\n"), printed("two\n")), "two", {}),
            ("blank end", code(source="x()\n \n"), 'x()\\n"', {}),
            ("toc", code(), "toc", {"toc": {}}),
            ("version of Go", code(), "go1.26.8", {"language_info": {"name": "go", "version": "go1.26.8"}}),
        ]:
            with self.subTest(name):
                said = self.saved(cell, **metadata)
                self.assertIn("it is not clean", said)
                self.assertIn(words, said)
                self.assertTrue(notebooks.clean(self.path))
                self.assertEqual(list(notebooks.dirt(self.path)), [])
                self.assertFalse(notebooks.clean(self.path))
        self.assertEqual([file.name for file in self.path.parent.iterdir()], ["x.ipynb"])

    def test_what_stays(self):
        kept = {"tags": ["hide"], "d2l": {"tolerance": {"loss": 0.1}}, "source": "x()\n\ny()  "}
        cell = code(printed("one\n"), shown(image_png=PNG), printed("two\n"), **kept)
        self.assertEqual(self.saved(cell, kernelspec={"name": "gonb", "display_name": "Go"}), "")
        self.path.write_text(self.path.read_text().replace("\n ", "\n  "))
        self.assertIn("it is not clean", "".join(notebooks.dirt(self.path)))  # It is not written as nbformat writes.

    def test_what_only_an_author_can_repair(self):
        for cell, words in [
            (code(printed("open /tmp/gonb_1a2b3c4d/main.go:12: no\n")), "/tmp/gonb_1a2b3c4d/main.go:12"),
            (code(printed(f"in {ROOT}/out\n")), f"{ROOT}/out"),
            (code(printed("saved to /home/anna/x.png\n")), "/home/anna/x.png"),
            (code(printed("\t/usr/local/go/src/panic.go:860 +0x13a\n")), "/usr/local/go/src/panic.go:860"),
            (code(shown(image_svg=f"<desc>/root/a</desc>{SVG}")), "/root/a"),
            (code(shown(text_html="file:///Users/anna")), "/Users/anna"),
            (code(source="open(`C:\\Users\\anna`)"), "C:\\Users\\anna"),
            (code(printed("saved to D:\\data\\x.png\n")), "D:\\data\\x.png"),
            (code(source='Printf("X:\\nY:\\t%v", x)'), ""),
            (code(shown(image_svg=f'<image href="data:image/png;base64,AA+/tmp/A=="/>{SVG}')), ""),
            (code(printed("https://example.org/home/anna, ../tmp/x, ~/tmp, /rootless, ../out/x, gonb_cache\n")), ""),
            (new_markdown_cell("Files in /tmp"), ""),
            (code(source=" "), "holds no code"),
            (code(FAILED), "ends with an error, ERROR: exit status 2"),
        ]:
            with self.subTest(words or cell):
                said = self.saved(cell)
                self.assertEqual("cell a holds" in said or "cell a ends" in said, bool(words), said)
                self.assertIn(words, said)

    def test_text(self):
        cell = code(printed("one\n"), shown(image_svg=SVG, text_plain="<figure>"), tags=["hide"])
        self.saved(new_markdown_cell("## Title", id="title"), cell)
        want = """──── title, markdown\n## Title\n
──── a, code\nx()\n{"tags": ["hide"]}
──── a, stdout\none
──── a, image/svg+xml\nwidth="4pt", height="3pt"
──── a, text/plain\n<figure>\n
"""
        self.assertEqual(notebooks.text(self.path), want)
        self.path.write_text("<<<<<<<\n")
        self.assertEqual(notebooks.text(self.path), "<<<<<<<\n")

    def test_put(self):
        self.saved(new_markdown_cell("b", id="b"), code(printed("one\n"), d2l={"tolerance": {"loss": 0.1}}))
        before = self.path.read_text()
        notebooks.put(self.path, "a", '{"source": "y(\\"\u2028\\")", "agreed": {"F": "1"}}')
        cell = notebooks.read(self.path).cells[1]
        self.assertEqual(cell.source, 'y("\u2028")')
        self.assertEqual(cell.metadata.d2l, {"tolerance": {"loss": 0.1}, "agreed": {"F": "1"}})
        self.assertEqual(list(notebooks.dirt(self.path)), [])
        notebooks.put(self.path, "a", '{"source": "x()", "agreed": {}}')
        self.assertEqual(self.path.read_text().replace('\n     "agreed": {},', ""), before)
        with self.assertRaisesRegex(ValueError, "has no cell z"):
            notebooks.put(self.path, "z", '{"source": "x()", "agreed": {}}')


class OutputsTest(unittest.TestCase):
    def test_printed(self):
        for name, saved, got, words in [
            ("the same", "(1, 6)\n", "(1, 6)\n", ""),
            ("another number", "(1, 6)\n", "(1, 7)\n", "+(1, 7)"),
            ("a line less", "a\nb\n", "a\n", "-b"),
            ("no end of line", "a\n", "a", "+a (no end of line)"),
            ("faster", TRAINED, TRAINED.replace("9012.3", "123456.7"), ""),
            ("tokens", "1.5 tokens/sec\n", "2.5 tokens/sec\n", ""),
            ("elsewhere", TRAINED, TRAINED.replace("cpu(0)", "[gpu(0), gpu(1)]"), ""),
            ("no device", TRAINED, TRAINED.replace("cpu(0)", "paper"), "paper"),
            ("a speed that is not finite", TRAINED, TRAINED.replace("9012.3", "+Inf"), "must be finite"),
            ("times", "1.25 sec, 1.5 s 2.5 s, 3.0 ms, 3.0 µs\n", "99.5 sec, 0.1 s 0.2 s, 17.5 ms, 0.1 µs\n", ""),
            ("of another unit", "1.5 s\n", "1.5 ms\n", "ms"),
            ("a count of seconds", "5 s\n", "6 s\n", "6 s"),
            ("within a word with a number", "v1.25 s\n", "v9.25 s\n", "v9.25 s"),
            ("another word", "1.5 stones\n", "2.5 stones\n", "2.5 stones"),
            ("within the tolerance", TRAINED, TRAINED.replace("0.471", "0.500").replace("0.836", "0.806"), ""),
            ("at its limit in binary", "loss 0.4\n", "loss 0.37\n", ""),
            ("beyond it", TRAINED, TRAINED.replace("0.471", "0.502"),
             "loss: 0.502 differs from 0.471 by 0.031, more than the tolerance of 0.03"),
            ("no number", TRAINED, TRAINED.replace("0.471", "NaN"), "must be finite"),
            ("none was saved", TRAINED.replace("0.471", "NaN"), TRAINED.replace("0.471", "NaN"), "must be finite"),
            ("the longest name", "test acc 0.5, acc 0.5\n", "test acc 0.54, acc 0.5\n", "test acc: 0.54"),
            ("within a word", "gloss 0.5\n", "gloss 0.51\n", "gloss 0.51"),
            ("no such name", "epoch 3\n", "epoch 4\n", "epoch 4"),
        ]:
            with self.subTest(name):
                found = list(outputs.texts(saved, got, TOLERANCE))
                self.assertEqual(len(found), bool(words), found)
                self.assertIn(words, "".join(found))

    def test_shown(self):
        png, svg, html = shown(image_png=PNG), shown(image_svg=SVG, text_plain="<figure>"), shown(text_html="<b>1</b>")
        def figure(svg):
            return shown(image_svg=svg, text_plain="<figure>")

        for name, saved, got, words in [
            ("the same", [svg, printed("a\n"), png], [printed("a\n"), svg, png], ""),
            ("another picture", [svg], [figure(SVG.replace("L1,1", "L2,2"))], ""),
            ("an error", [svg], [svg, FAILED], "it failed, ERROR: exit status 2"),
            ("stderr", [svg], [svg, printed("warning\n", "stderr")], ""),
            ("no picture", [svg], [], "it shows nothing, expected image/svg+xml + text/plain"),
            ("a picture more", [], [png], "it shows image/png, expected nothing"),
            ("another order", [svg, html], [html, svg], "it shows text/html, then image/svg+xml"),
            ("an empty SVG", [svg], [figure('<svg width="4pt" height="3pt"></svg>')], "is empty or damaged"),
            ("half an SVG", [svg], [figure(SVG[:40])], "is empty or damaged"),
            ("another size", [svg], [figure(SVG.replace("3pt", "5pt"))], 'height="5pt", expected width="4pt"'),
            ("half a PNG", [png], [shown(image_png=PNG[:60])], "is empty or damaged"),
            ("no PNG", [png], [shown(image_png="?")], "is empty or damaged"),
            ("an empty one saved", [shown(image_png="")], [png], "has 1 × 1 pixels, expected an empty one"),
            ("other text", [html], [shown(text_html="<b>2</b>")], "+<b>2</b>"),
        ]:
            with self.subTest(name):
                found = outputs.compare(new_notebook(cells=[code(*saved)]), new_notebook(cells=[code(*got)]))
                self.assertEqual(len(found), bool(words), found)
                self.assertIn(words, "".join(found))

    def test_the_saved_tolerance_counts(self):
        saved = code(printed(TRAINED), d2l={"tolerance": TOLERANCE})
        near = code(printed(TRAINED.replace("0.471", "0.480")))
        self.assertEqual(outputs.compare(new_notebook(cells=[saved]), new_notebook(cells=[near])), [])
        self.assertEqual(len(outputs.compare(new_notebook(cells=[near]), new_notebook(cells=[saved]))), 1)

    def test_lines_that_vary(self):
        text = "perplexity 1.0\ntime traveller you can\n"
        for got, varies, words in [
            (text.replace("you", "we"), ["time traveller"], ""),
            (text.replace("you", "we"), ["traveller"], "+time traveller we can"),
            (text.replace(" you can", ""), ["time traveller"], "-time traveller"),
            (text.replace("1.0", "1.1"), ["time traveller"], "+perplexity 1.1"),
        ]:
            saved = code(printed(text), d2l={"varies": varies})
            found = outputs.compare(new_notebook(cells=[saved]), new_notebook(cells=[code(printed(got))]))
            self.assertEqual(any("expected" in line for line in found), bool(words), found)
            self.assertIn(words, "".join(found))

    def test_other_cells(self):
        prose = new_markdown_cell("x()", id="a")
        for cells in [[], [code(source="y()")], [code(), new_markdown_cell("", id="b")], [prose]]:
            found = outputs.compare(new_notebook(cells=[code()]), new_notebook(cells=cells))
            self.assertIn("this is no run of the saved notebook", "".join(found))

    def test_tolerances(self):
        for tolerance, words in [
            (TOLERANCE, ""),
            ({"los": 0.1}, 'the cell prints no "los"'),
            ({"loss": 0}, "is 0;"),
            ({"loss": -0.1}, "is -0.1;"),
            ({"loss": 0.471}, "below the number, 0.471"),
        ]:
            found = outputs.tolerances(new_notebook(cells=[code(printed(TRAINED), d2l={"tolerance": tolerance})]))
            self.assertEqual(len(found), bool(words), found)
            self.assertIn(words, "".join(found))
        for varies, count in [(["loss"], 0), (["los", ""], 1), (["train acc"], 1)]:
            found = outputs.tolerances(new_notebook(cells=[code(printed(TRAINED), d2l={"varies": varies})]))
            self.assertEqual(len(found), count, found)


class ReferencesTest(unittest.TestCase):
    """A copy of the project with one thing broken."""

    @classmethod
    def setUpClass(cls):
        cls.books = notebooks.books()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for path in ("README.md", references.TABLE, references.PICTURE, "lenet/lenet.go", "d2l/timer.go"):
            (self.root / path).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / path, self.root / path)

    def change(self, path, old, new):
        text = (self.root / path).read_text()
        self.assertIn(old, text)
        (self.root / path).write_text(text.replace(old, new, 1))

    def changed_books(self, id, change):
        nb = nbformat.from_dict(self.books["lenet.ipynb"])
        nb.cells = [cell for cell in nb.cells if cell.id != id or change(cell)]
        return {**self.books, "lenet.ipynb": nb}

    def test_coverage(self):
        for old, new, words in [
            ("lenet.ipynb#shapes", "lenet.ipynb#shape", "there is no cell lenet.ipynb#shape"),
            ("lenet.ipynb#net,d2l.NewNet", "lenet.ipynb#net,d2l.OldNet", "no cell that it names uses d2l.OldNet"),
            ("section,Summary,lenet.ipynb#summary,\n", "", "has 4 of the kind section, the table has rows for 3"),
            ("section,Summary", "section,Sum", "has no such heading"),
            ("(1, 6, 14, 14)", "(1, 6, 14, 15)", "does not print it"),
            ("ours,a batch", "#", "no row names cell batch"),
        ]:
            with self.subTest(words):
                shutil.copy(ROOT / references.TABLE, self.root / references.TABLE)
                self.change(references.TABLE, old, new)
                found = list(references.coverage(self.root, self.books))
                self.assertEqual(len(found), 1, found)
                self.assertIn(words, found[0])
        shutil.copy(ROOT / references.TABLE, self.root / references.TABLE)
        without = self.changed_books("train-ch5", lambda cell: False)
        self.assertEqual(len(list(references.coverage(self.root, without))), 1)

    def test_book_lines(self):
        self.assertEqual(list(references.book(self.root)), [])
        late = '// Book: f, section "T".\n//\n// More.\n'
        for comment in ["", "// F does.\n", "// Book: f.\n", late, "// Book: none;\n"]:
            for declaration in ["func F() {}", "type F int", "var F = 1", "const (\n\tone = 1\n\n\tF = 2\n)"]:
                (self.root / "d2l/timer.go").write_text(f"package d2l\n\n{comment}{declaration}\n")
                self.assertEqual(len(list(references.book(self.root))), 1, comment + declaration)
        others = "func f() {}\n\n// No.\nfunc (t T) F() {}\n"
        for comment in ['// F does.\n//\n// Book: f, d2l.g,\n// section "T".\n', "// Book: none; it has\n// no f.\n"]:
            (self.root / "d2l/timer.go").write_text(f"package d2l\n\n{comment}func F() {{}}\n\n{others}")
            self.assertEqual(list(references.book(self.root)), [])

    def test_lines(self):
        text = lines.README.read_text(encoding="utf-8")
        self.assertEqual(list(lines.stale(text)), [])
        row = next(line for line in text.splitlines() if line.startswith("| 7.6 "))
        *rest, here, book, end = row.split("|")
        for changed in [[*rest, f" {int(here) - 1} ", book, end], [*rest, here, f" {int(book) // 3} ", end],
                        [rest[0], " 7.9 ResNet ", *rest[2:], here, book, end]]:
            changed = text.replace(row, "|".join(changed))
            self.assertEqual(len(list(lines.stale(changed))), 1)
        cell = "```{{.python .input}}\n#@tab {}\n\n# A comment.\ny\nz\n```\n"
        self.assertEqual(lines.there("".join(map(cell.format, ["mxnet", "all", "mxnet, pytorch"]))), 4)

    def test_readme(self):
        nb = self.books["lenet.ipynb"]
        picture = references.PICTURE
        for path, old in [("README.md", references.ROW), (picture, "<svg"), (picture, None)]:
            if old:
                self.change(path, old, old + " x")
            else:
                (self.root / path).unlink()
            found = list(references.readme(self.root, self.books))
            self.assertEqual(len(found), 1, found)
            self.assertIn("literate readme renews it", found[0])
            for file, content in references.renewed(self.root, nb).items():
                file.write_text(content)
            self.assertEqual(list(references.readme(self.root, self.books)), [])
        self.change("README.md", references.ROW, "| other | ")
        self.assertIn("it must have one", "".join(references.readme(self.root, self.books)))

        def prints_nothing(cell):
            cell.outputs = []
            return True

        books = self.changed_books(references.TRAINING, prints_nothing)
        self.assertIn("shows no results or no plot", "".join(references.readme(self.root, books)))

    def test_faults(self):
        (self.root / "x_test.go").write_text('func TestA() {\n\tt.Run("cut off")\n}\n\nfunc (s suite) TestB() {}\n')
        tests = [f"class {name}Test:\n    def test_{name.lower()}(self):\n        pass\n" for name in "AB"]
        (self.root / "y_test.py").write_text("\n".join(tests))
        head = "Words.\n\n| what goes wrong | what the user sees | test |\n|---|---|---|\n"
        gone = ["z_test.go#TestA", "x_test.go#TestB", "x_test.go#TestA/cut", "y_test.py#ATest.test_b", "y_test.py#C.t"]
        for tests, missing in [
            ("`x_test.go#TestA`, `x_test.go#TestA/cut off`, `y_test.py#BTest.test_b`", ""),
            ("later", "no test is named; write it as `file#test`"),
            *((f"`{test}`", f"there is no test {test}") for test in gone),
        ]:
            with self.subTest(tests):
                (self.root / "faults.md").write_text(f"{head}| a | b | {tests} |\n\n| other |\n|---|\n| a |\n")
                found = list(references.faults(self.root, "faults.md"))
                self.assertEqual(found, [f"faults.md:5: {missing}"] if missing else [])


if __name__ == "__main__":
    unittest.main()
