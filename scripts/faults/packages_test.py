"""What scripts/setup says when pip does not get the packages; Go does nothing here."""

import hashlib
import os
import shutil
import subprocess
import sys
import unittest
import zipfile
from pathlib import Path

import pip

sys.path.insert(0, str(Path(__file__).parent))
from project import Case, ended  # noqa: E402

SMALL = "six"  # one package of scripts/requirements.txt that is small
GO = shutil.which("go")
PYTHON = os.path.realpath(sys.executable)
CLOSED = "http://127.0.0.1:9"  # nothing listens there


class PackagesTest(Case):
    def setUp(self) -> None:
        super().setUp()
        self.clone = self.copy(only="scripts/")
        real = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
        go = f"case $1 in env) case $* in *GOVERSION*) echo {real}; echo {self.folder}; echo; echo 1; echo {self.folder}/mod ;; *) exec {GO} \"$@\" ;; esac ;; *) sleep 60 ;; esac"
        self.stubs = self.folder / "stubs"
        for folder in (self.stubs, self.folder / "bin"):  # on PATH, and as the go of GOROOT
            self.stub(folder, "go", go)
        self.stub(self.stubs, "apt-get", "exit 100")
        # An environment with the pip of the one this runs in, as a new one takes seconds.
        self.stub(self.stubs, "python3", f"""case $2 in
            venv) "{PYTHON}" -m venv --without-pip "$3" && ln -s "{Path(pip.__file__).parent}" "$3"/lib/python*/site-packages/ ;;
            *) exec "{PYTHON}" "$@" ;;
            esac""")

    def setup(self, *command, stamped: bool = False, **env) -> str:
        env = {"PATH": f"{self.stubs}:{os.environ['PATH']}", "XDG_CACHE_HOME": self.folder / "cache", "GOCACHE": self.folder / "go-build",
               "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1", "PIP_FIND_LINKS": None, **env}
        done = self.call(*command, self.clone / "scripts/setup", status=1, env=env)
        self.assertTrue(ended(done).startswith("setup: "), done.stdout)
        self.assertEqual((self.clone / ".venv/.jupyter").exists(), stamped, "an environment without its packages is taken for whole")
        return done.stdout

    def only(self, package: str, hash: str) -> None:
        (self.clone / "scripts/requirements.txt").write_text(f"{package}==1.17.0 --hash=sha256:{hash}\n")

    def wheel(self) -> Path:
        """A wheel that is none."""
        wheels = self.folder / "wheels"
        wheels.mkdir(exist_ok=True)
        wheel = wheels / f"{SMALL}-1.17.0-py2.py3-none-any.whl"
        wheel.write_bytes(b"something else")
        return wheel

    def test_a_wheel_of_another_hash(self) -> None:
        self.only(SMALL, "0" * 64)
        said = self.setup(PIP_FIND_LINKS=self.wheel().parent, PIP_NO_INDEX="1")
        self.assertIn("DO NOT MATCH THE HASHES", said)
        self.assertRegex(said, r"setup: JupyterLab could not be installed \(above\): what came is not what this project names by its hash, "
                               r"and was not installed\. .*run scripts/setup again\. .*must not be used\n$")
        self.assertEqual(list((self.folder / "cache/d2l-go/wheels").glob("*.whl")), [], "it was kept")

    def test_a_kept_wheel_that_was_damaged(self) -> None:
        """It is fetched again; the set-up ends only after it, with Go, which has no modules here."""
        index = self.folder / "index"
        index.mkdir()
        good = index / self.wheel().name
        with zipfile.ZipFile(good, "w") as archive:
            info = f"{SMALL}-1.17.0.dist-info"
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {SMALL}\nVersion: 1.17.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "".join(f"{info}/{name},,\n" for name in ("METADATA", "WHEEL", "RECORD")))
        self.only(SMALL, hashlib.sha256(good.read_bytes()).hexdigest())
        kept = self.folder / "cache/d2l-go/wheels" / good.name
        kept.parent.mkdir(parents=True)
        shutil.copy(self.wheel(), kept)
        self.stub(self.folder / "bin", "go", "until [ -f .venv/.jupyter ]; do sleep 0.1; done; echo 'no modules here'; exit 1")
        said = self.setup(stamped=True, PIP_CONFIG_FILE=self.config(index))
        self.assertIn("setup: JupyterLab is in place", said)
        self.assertEqual(kept.read_bytes(), good.read_bytes(), "the damaged wheel is still kept")
        self.assertRegex(said, r"no modules here\nsetup: the Go modules could not be downloaded \(above\): mend it, then run scripts/setup again: .*\n$")

    def config(self, index: Path) -> Path:
        """Settings of pip, by which only its command download finds that index."""
        config = self.folder / "pip.conf"
        config.write_text(f"[download]\nno-index = true\nfind-links = {index}\n")
        return config

    def test_no_network(self) -> None:
        said = self.setup(HTTPS_PROXY=CLOSED, https_proxy=CLOSED)
        self.assertRegex(said, r"setup: JupyterLab could not be installed \(above\): the network or the package index does not answer: connect, "
                               r"or set the proxy \(HTTPS_PROXY\) or another index \(PIP_INDEX_URL, GOPROXY\), then run scripts/setup again: .*\n$")

    def test_a_full_disk(self) -> None:
        """The clone's: a file system of 8 MB does not even hold pip."""
        if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode != 0:
            self.skipTest("this user may not mount")
        (self.stubs / "python3").unlink()
        small = self.folder / "small"
        small.mkdir()
        clone, self.clone = self.clone, small / "clone"
        mount = f'mount -t tmpfs -o size=8m none "{small}" && cp -R "{clone}" "{small}/" && "$@"; status=$?; [ ! -e "{small}/clone/.venv/.jupyter" ] || echo stamped; exit $status'
        said = self.setup("unshare", "-m", "bash", "-c", mount, "-")
        self.assertRegex(said, r"setup: the Python environment \.venv could not be made \(above\): a disk is full: make room in .*, then run scripts/setup again: .*\n$")


if __name__ == "__main__":
    unittest.main()
