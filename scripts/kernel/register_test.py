import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
from jupyter_client.manager import start_new_kernel
from register import kernel_env
from session import PATIENCE, ROOT

VARIABLE = "PJRT_PLUGIN_LIBRARY_PATH"


class KernelEnvTest(unittest.TestCase):
    def env(self, **variables):
        with mock.patch.dict(os.environ, variables):
            if VARIABLE not in variables:
                os.environ.pop(VARIABLE, None)
            return kernel_env(Path("/book"), Path("/cache"), "/go/bin/go", "-mod=mod -v '-gcflags=-N -l'")

    def test_plugins_are_looked_for_in_the_cache_and_where_go_xla_puts_them(self):
        for env in (self.env(HOME="/me"), self.env(HOME="/me", **{VARIABLE: ""})):
            self.assertEqual(
                env[VARIABLE],
                "/cache/pjrt/cpu:/cache/pjrt/nvidia:/me/.local/lib/go-xla:/me/.local/lib/go-xla/nvidia"
                ":/usr/local/lib/go-xla:/usr/local/lib/go-xla/nvidia",
            )

    def test_a_list_of_ones_own_is_the_whole_list(self):
        self.assertEqual(self.env(**{VARIABLE: "/a:/b$c"})[VARIABLE], "/a:/b$$c")

    def test_the_users_settings_of_the_allocator_are_kept(self):
        self.assertEqual(self.env(GLIBC_TUNABLES="glibc.malloc.check=3")["GLIBC_TUNABLES"], "glibc.malloc.check=3")
        self.assertIn("glibc.malloc.mmap_max=0:", self.env(GLIBC_TUNABLES="")["GLIBC_TUNABLES"])

    def test_flags_are_kept_but_those_that_a_workspace_refuses(self):
        self.assertEqual(self.env()["GOFLAGS"], "-gcflags=all=-dwarf=false -v '-gcflags=-N -l' "
                         "-tags=d2l_no_download '-ldflags=-s -w'")

    def test_programs_of_cells_are_small(self):
        env = kernel_env(ROOT, Path("/cache"), "go", "-tags=mine,other")
        self.assertIn(" -tags=mine,other,d2l_no_download ", env["GOFLAGS"])
        for flags, there in ((env["GOFLAGS"], False), ("", True)):
            packages = subprocess.run(["go", "list", "-deps", "./d2l"], cwd=ROOT, text=True, check=True,
                                      stdout=subprocess.PIPE, env=dict(os.environ, GOFLAGS=flags)).stdout.split()
            self.assertEqual("net/http" in packages, there)

    def test_the_kernel_is_without_net_http(self):
        """Which takes as long to compile as all of GoNB (scripts/setup). Names of functions are in every program."""
        program = (ROOT / ".venv/bin/gonb").read_bytes()
        found = [name in program for name in (b"go.uber.org/zap", b"net/http/httpproxy")]
        self.assertEqual(found, [True, False])

    def test_cells_do_not_fetch(self):
        cache = subprocess.run(["go", "env", "GOCACHE"], text=True, check=True, stdout=subprocess.PIPE).stdout.strip()
        with tempfile.TemporaryDirectory() as empty:
            for name, remedy in (("mnist", "run scripts/setup, or put it"),
                                 ("fra-eng", "in the clone, go run ./scripts/data fra-eng does; or get it from http")):
                done = subprocess.run(
                    ["go", "run", "-gcflags=all=-dwarf=false", "-ldflags=-s -w", "-tags=d2l_no_download",
                     "./scripts/data", name],
                    cwd=ROOT, text=True, stderr=subprocess.PIPE,
                    env=dict(os.environ, GOCACHE=cache, XDG_CACHE_HOME=empty, D2L_DATA=empty))
                self.assertIn("is not on this machine", done.stderr)
                self.assertIn("and cells do not fetch it; " + remedy, done.stderr)
                self.assertNotIn("fetching", done.stderr)


class UserKernelTest(unittest.TestCase):
    """The kernel in the user's own Jupyter, whose folder is another one here."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.env = dict(os.environ, JUPYTER_DATA_DIR=str(self.folder / "data"))
        self.spec = self.folder / "data/kernels/d2l-go/kernel.json"

    def call(self, action: str, status: int = 0) -> str:
        script = [sys.executable, Path(__file__).with_name("user_kernel.py"), action]
        done = subprocess.run(script, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def test_it_runs_outside_of_the_clone_and_goes_again(self):
        others = self.folder / "data/kernels/python3/kernel.json"
        others.parent.mkdir(parents=True)
        others.write_text("{}")
        self.call("refresh")
        self.assertFalse(self.spec.exists())  # Nobody has asked for it.
        command = [ROOT / "scripts/setup", "--user-kernel"]
        setup = subprocess.run(command, env=self.env, text=True, stdout=subprocess.PIPE)
        self.assertIn(f"has the kernel \"Go (D2L)\" now: {self.spec.parent}", setup.stdout)
        self.assertIn("already", self.call("add"))
        with mock.patch.dict(os.environ, self.env):
            manager, client = start_new_kernel(kernel_name="d2l-go", startup_timeout=PATIENCE, cwd=str(self.folder))
        try:
            said = []
            code = 'import "github.com/d2l-go/book/d2l"\n\n%%\nfmt.Println(d2l.Shape{1, 28, 28})'

            def note(message: dict) -> None:
                said.append(message["content"].get("text"))

            client.execute_interactive(code, timeout=PATIENCE, output_hook=note)
            self.assertIn("(1, 28, 28)\n", said)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        self.assertIn("is gone", self.call("remove"))
        self.assertIn("no kernel", self.call("remove"))
        self.assertEqual([file for file in (self.folder / "data").rglob("*") if file.is_file()], [others])

    def test_what_is_another_clones_or_programs(self):
        self.call("add")
        mine = self.spec.read_text()
        self.spec.write_text(mine.replace(str(Path(__file__).resolve().parents[2]), "/another/book"))
        self.call("refresh")
        self.assertIn("/another/book", self.spec.read_text())
        self.assertIn("that of the clone /another/book before", self.call("add"))
        self.assertEqual(self.spec.read_text(), mine)
        self.spec.write_text(mine.replace("GOTOOLCHAIN", "CHANGED"))
        self.call("refresh")
        self.assertEqual(self.spec.read_text(), mine)
        self.spec.write_text('{"argv": ["/usr/bin/other"]}')
        self.assertIn("another program", self.call("add", status=1))
        self.assertIn("another program", self.call("remove", status=1))
        self.assertIn("other", self.spec.read_text())


if __name__ == "__main__":
    unittest.main()
