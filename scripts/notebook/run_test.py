"""Runs small notebooks on the registered kernel, as scripts/chapter does; called by scripts/test."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RUN = [sys.executable, str(HERE / "run.py"), "--out"]
sys.path.insert(0, str(HERE))
from run import first_line

# Imported by the cell itself, not through d2l.
VERSIONS = r"""
import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	_ "github.com/gomlx/go-xla/compute/xla"
)

%%
backend, err := compute.NewWithConfig("xla:cpu")
if err != nil {
	panic(err)
}
exec, err := graph.NewExec(backend, func(x *graph.Node) *graph.Node { return graph.Add(x, x) })
if err != nil {
	panic(err)
}
y, err := exec.Exec1(float32(21))
if err != nil {
	panic(err)
}
fmt.Println("computed", y.Value())
info, _ := debug.ReadBuildInfo()
for _, m := range info.Deps {
	if strings.HasPrefix(m.Path, "github.com/gomlx/") {
		fmt.Println(m.Path, m.Version, m.Replace)
	}
}
"""


# A signal comes just before a function of run.py, or of a module there, is called.
INTERRUPTED = """
import os, signal, sys
import run

where, sig = sys.argv.pop(1), signal.Signals["SIG" + sys.argv.pop(1)]
*path, name = where.split(".")
owner = run
for part in path:
    owner = getattr(owner, part)
function = getattr(owner, name)

def interrupted(*args, **kwargs):
    os.kill(os.getpid(), sig)
    return function(*args, **kwargs)

setattr(owner, name, interrupted)
run.interruption.watch()
sys.exit(run.main())
"""


INPUT = """import "github.com/janpfeifer/gonb/gonbui"

%%
gonbui.RequestInput("Your name?", false)
var name string
_, err := fmt.Scanln(&name)
fmt.Println(name, err)
"""


def notebook(*cells, kernel="gonb"):
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "go"}},
            "cells": [
                {
                    "id": f"cell{i}",
                    "cell_type": "code",
                    "source": source,
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                }
                for i, source in enumerate(cells)
            ],
        }
    )


class ModuleProxy(ThreadingHTTPServer):
    """A module proxy that has nothing, and remembers the paths of requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.paths = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_close(self):
        self.shutdown()
        super().server_close()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "small.ipynb")
        self.out = Path(folder.name, "out")
        self.out.mkdir()

    def run_notebook(self, text, status, **env):
        self.path.write_text(text)
        done = subprocess.run([*RUN, self.out, self.path], env=dict(os.environ, **env), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        self.assertEqual(done.returncode, status, done.stdout)
        self.assertNotIn("Traceback", done.stdout)
        return done.stdout

    def files(self):
        return sorted(path.name for path in self.out.iterdir())

    def test_a_cell_takes_the_versions_of_go_mod_and_no_other(self):
        wanted = dict(re.findall(r"^\s*(github\.com/gomlx/\S+) (\S+)$", (ROOT / "go.mod").read_text(), re.M))
        self.assertEqual(len(wanted), 3)
        with ModuleProxy() as proxy:
            said = self.run_notebook(notebook(VERSIONS), 0, GOPROXY=proxy.url)
        self.assertEqual(proxy.paths, [])
        self.assertIn("computed 42", said)
        self.assertEqual(dict(re.findall(r"(github\.com/gomlx/\S+) (\S+) <nil>", said)), wanted)
        self.assertEqual(self.files(), ["small.html", "small.ipynb"])

    def test_what_it_writes_is_clean(self):
        self.run_notebook(
            notebook(
                'import "github.com/janpfeifer/gonb/gonbui"\n\n%%\nfmt.Println(6 * '
                '7)\ngonbui.DisplayHtml("<b>42</b>")\nfmt.Println(42)'
            ),
            0,
        )
        written = (self.out / "small.ipynb").read_text()
        self.assertIn("<b>42</b>", written)
        done = subprocess.run(
            [ROOT / ".venv/bin/literate", "clean", self.out / "small.ipynb"],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual((self.out / "small.ipynb").read_text(), written)

    def test_notebooks_that_it_links_to_have_pages(self):
        self.path.with_name("next.ipynb").write_text(notebook("%%\nfmt.Println(7)"))
        linking = json.loads(notebook("%%\nfmt.Println(6 * 7)"))
        self.path.with_name("broken.ipynb").write_text("{no notebook")
        text = "Then read [the next](next.ipynb), not [this](broken.ipynb)."
        linking["cells"].append({"id": "link", "cell_type": "markdown", "source": text, "metadata": {}})
        said = "pages of notebooks that it links to, with their saved outputs: next.html\n"
        printed = self.run_notebook(json.dumps(linking), 0)
        self.assertIn(said, printed)
        self.assertIn("no page of broken.ipynb, which cannot be read as a notebook: ", printed)
        self.assertEqual(self.files(), ["next.html", "small.html", "small.ipynb"])
        self.assertIn('href="next.html"', (self.out / "small.html").read_text())
        self.assertNotIn("pages of notebooks", self.run_notebook(json.dumps(linking), 0))

    def test_a_failed_cell_is_named_and_nothing_is_taken_for_its_page(self):
        for earlier in ("small.html", "small.ipynb"):
            (self.out / earlier).write_text("earlier")
        said = self.run_notebook(notebook("%%\nfmt.Println(6 * 7)", "%%\nnoSuchThing()"), 1)
        self.assertIn("| 42", said)
        self.assertIn("FAILED: small.ipynb, cell 2 of 2: noSuchThing()", said)
        self.assertIn("undefined: noSuchThing", said)
        self.assertRegex(said, r"of an earlier run, not this one: \S+/small\.ipynb and \S+/small\.html")
        self.assertEqual(self.files(), ["small.failed.ipynb", "small.html", "small.ipynb"])
        self.assertEqual((self.out / "small.html").read_text(), "earlier")
        outputs = json.loads((self.out / "small.failed.ipynb").read_text())["cells"][0]["outputs"]
        self.assertEqual("".join(outputs[0]["text"]), "42\n")

    def test_the_cell_that_should_run_first_is_named(self):
        said = self.run_notebook(notebook("%%\nfmt.Println(answer)", "var answer = 42"), 1)
        self.assertIn("FAILED: small.ipynb, cell 1 of 2: fmt.Println(answer)", said)
        self.assertIn("\n  answer is declared in code cell 2 (var answer = 42): run that cell first\n", said)

    def test_a_cell_that_ends_its_kernel_is_named(self):
        for cell, word in {"!kill -ABRT $PPID": "SIGABRT: abort", "!kill -KILL $PPID": ".*Executing: .*"}.items():
            said = self.run_notebook(notebook("%%\nfmt.Println(6 * 7)", cell), 1)
            self.assertRegex(said, rf"FAILED: small\.ipynb, cell 2 of 2: {re.escape(cell)}: Kernel died: {word}\n")

    def test_input_is_at_its_end(self):
        said = self.run_notebook(notebook(INPUT, '!cat; echo "read"', "%with_inputs\n!cat"), 1)
        self.assertIn("! the cell asks for input, which nobody can give here: what it reads is at its end", said)
        self.assertIn("|  EOF\n", said)
        self.assertIn("| read\n", said)
        self.assertIn("line 1: %with_inputs not available in this notebook", said)

    def test_an_unknown_kernel_is_named(self):
        said = self.run_notebook(notebook("%%\n", kernel="python9"), 1)
        self.assertIn("FAILED: small.ipynb names the kernel python9, which is not there", said)
        self.assertEqual(self.files(), [])

    def test_an_interruption(self):
        self.path.write_text(notebook("%%\n"))
        with subprocess.Popen([*RUN, self.out, self.path], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
            first = program.stdout.readline()
            program.send_signal(signal.SIGINT)
            rest = program.stdout.read()
        self.assertEqual((first, program.returncode), ("chapter: running small.ipynb\n", 130), rest)
        self.assertRegex(rest, r"^chapter: interrupted: small\.ipynb(, cell 1 of 1: .*)?\n")

    def test_an_interrupted_cell_ends_by_itself(self):
        cell = ("%%\ninterrupts := make(chan os.Signal, 1)\nsignal.Notify(interrupts, os.Interrupt)\n"
                'fmt.Println("begun")\n<-interrupts\nfmt.Fprintln(os.Stderr, "all is saved")\nos.Exit(130)')
        self.path.write_text(notebook(cell, "%%\nfmt.Println(6 * 7)"))
        with subprocess.Popen([*RUN, self.out, self.path], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
            while "begun" not in (line := program.stdout.readline()):
                self.assertTrue(line)
            program.send_signal(signal.SIGINT)
            rest = program.stdout.read()
        self.assertEqual(program.returncode, 130, rest)
        self.assertRegex(rest, r"chapter: interrupted: small\.ipynb, cell 1 of 2: interrupts := .*\n  .*all is saved\n")
        self.assertNotIn("42", rest)
        self.assertIn("all is saved", (self.out / "small.failed.ipynb").read_text())

    def test_an_interruption_at_any_time(self):
        forever, short = "%%\nfor { time.Sleep(time.Hour) }", "%%\nfmt.Println(6 * 7)"
        whole = "chapter: interrupted; what is in out/ may be of an earlier run\n"
        in_cell = "interrupted: small.ipynb, cell 1 of 1: "
        for where, sig, cell, said in (
            ("argparse.ArgumentParser.__init__", "INT", short, whole),
            ("tempfile.TemporaryDirectory.__init__", "INT", short, "interrupted: small.ipynb\n"),
            ("asyncio.BaseEventLoop.__init__", "INT", short, "interrupted: small.ipynb\n"),
            ("Runner.async_start_new_kernel", "HUP", short, "interrupted: small.ipynb\n"),
            ("Runner._cell_executes", "TERM", forever, f"{in_cell}{forever[3:]}\n"),
            ("kill_session", "TERM", short, "interrupted: small.ipynb, after its last cell\n"),
            ("page", "INT", short, "interrupted: small.ipynb, after its last cell\n"),
        ):
            with self.subTest(where), tempfile.TemporaryDirectory() as tmp:
                self.path.write_text(notebook(cell))
                done = subprocess.run(
                    [sys.executable, "-c", INTERRUPTED, where, sig, "--out", self.out, self.path],
                    cwd=HERE, env=dict(os.environ, TMPDIR=tmp), text=True, timeout=300,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                )
                self.assertIn(said, done.stdout)
                self.assertNotIn("Traceback", done.stdout)
                self.assertEqual(done.returncode, 130, done.stdout)
                self.assertEqual(self.files(), ["small.failed.ipynb"] if " cell" in said else [])
                self.assertEqual(os.listdir(tmp), [])

    def test_a_cell_is_listed_by_what_says_most(self):
        for source, want in {
            'import "fmt"\n\n%%\nfmt.Println(1)\nfmt.Println(2)': "fmt.Println(1)",
            "// F returns what it is\n// said to.\nfunc F() {}": "func F() {}",
            "// Two losses.\na, b := 1, 2": "// Two losses.",
            "// F returns what it is": "// F returns what it is",
            "// Doubles it.\nfunc (n N) F() {}": "func (n N) F() {}",
            "// Two losses.\nvar (\n\ta = 1\n)": "// Two losses.",
            'import "fmt"': 'import "fmt"',
        }.items():
            self.assertEqual(first_line(source), want)


if __name__ == "__main__":
    unittest.main()
