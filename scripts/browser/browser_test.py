"""Tests of what scripts/browser-test says when it cannot run; what it tests, it tests itself."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "browser-test"
TOOLS = "bash dirname basename cat cut sha256sum realpath".split()


class MissingTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = Path(folder.name)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))

    def program(self, name: str, prints: str = "") -> None:
        path = self.bin / name
        path.write_text(f"#!/usr/bin/env bash\necho {prints}\n")
        path.chmod(0o755)

    def run_script(self, *args: str, **env: str) -> subprocess.CompletedProcess:
        env = {"PATH": str(self.bin), "HOME": os.environ.get("HOME", "/"), **env}
        return subprocess.run([SCRIPT, *args], env=env, text=True, capture_output=True)

    def test_all_there(self) -> None:
        self.program("google-chrome")
        self.program("node", "v20.0.0")
        self.program("npm")
        done = self.run_script("--missing")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_no_chromium(self) -> None:
        self.program("node", "v22.1.0")
        self.program("npm")
        for args in ((), ("--missing",)):
            with self.subTest(args=args):
                done = self.run_script(*args)
                self.assertEqual(done.returncode, 77, done.stderr)
                self.assertRegex(done.stdout, "no Chromium .*apt install chromium nodejs npm")
                self.assertNotIn("Node.js 20", done.stdout)

    def test_old_node(self) -> None:
        self.program("chromium")
        self.program("node", "v18.20.4")
        done = self.run_script("--missing")
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertIn("no Node.js 20 or newer (this one is 18.20.4)", done.stdout)

    def test_chromium_named_wrongly(self) -> None:
        done = self.run_script("--missing", CHROMIUM="/no/such/chromium")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("CHROMIUM=/no/such/chromium is no program", done.stderr)


if __name__ == "__main__":
    unittest.main()
