"""What scripts/setup says when the Python packages cannot be installed; Go does nothing here."""

import hashlib
import os
import shutil
import subprocess
import sys
import unittest
import zipfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "notebook")]
from project import CLOSED, USERS_CACHE, Case, ended, may
from run_test import ModuleProxy

GO = shutil.which("go")
ADVICE = (
    r"setup: \.venv could not be made \(above\): see to the network, the disk and its permissions, then run "
    r"scripts/setup"
    r" again: .* must not be used\n$"
)


class PackagesTest(Case):
    def setUp(self) -> None:
        super().setUp()
        self.clone = self.copy(only="scripts/")
        real = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
        env = f"echo {real}; echo {self.folder}; echo; echo 1; echo {self.folder}/mod"
        none = 'echo "no modules here" >&2; exit 1'
        go = f'case "$*" in env*GOVERSION*) {env} ;; env*) exec {GO} "$@" ;; *) {none} ;; esac'
        self.stubs = self.folder / "stubs"
        for folder in (self.stubs, self.folder / "bin"):  # on PATH, and as the go of GOROOT
            self.stub(folder, "go", go)
        self.stub(self.stubs, "apt-get", "exit 100")

    def setup(self, *command, uv=True, **env) -> str:
        cache = self.folder / "cache"
        if uv:
            shutil.copytree(USERS_CACHE / "uv", cache / "d2l-go/uv", copy_function=os.link)
        env = {
            "PATH": f"{self.stubs}:{os.environ['PATH']}",
            "XDG_CACHE_HOME": cache,
            "GOCACHE": self.folder / "go-build",
            "UV_CACHE_DIR": self.folder / "uv",
            "UV_HTTP_RETRIES": "0",
            "PIP_RETRIES": "0",
            "PIP_FIND_LINKS": None,
            **env,
        }
        done = self.call(*command, self.clone / "scripts/setup", status=1, env=env)
        self.assertTrue(ended(done).startswith("setup: "), done.stdout)
        return done.stdout

    def stamped(self) -> bool:
        return (self.clone / ".venv/.packages").exists()

    def wheel(self, hash: str = "") -> Path:
        """A folder with a wheel, which is all that is needed, by its own hash or another."""
        folder = self.folder / "wheels"
        folder.mkdir()
        wheel, info = folder / "six-1.17.0-py2.py3-none-any.whl", "six-1.17.0.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n")
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(
                f"{info}/RECORD", "".join(f"{info}/{name},,\n" for name in ("METADATA", "WHEEL", "RECORD"))
            )
        hash = hash or hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.clone / "scripts/requirements.txt").write_text(f"six==1.17.0 --hash=sha256:{hash}\n")
        return folder

    def test_a_wheel_of_another_hash(self) -> None:
        said = self.setup(PIP_FIND_LINKS=self.wheel("0" * 64), PIP_NO_INDEX="1")
        self.assertIn("Hash mismatch", said)
        self.assertRegex(said, ADVICE)
        self.assertFalse(self.stamped(), "an environment without its packages is taken for whole")

    def test_settings_of_pip_hold_for_uv(self) -> None:
        """Without an index, from a folder of wheels; set-up ends only after it, with Go, which has no modules here."""
        shutil.copytree(USERS_CACHE / "pjrt/cpu", self.folder / "cache/d2l-go/pjrt/cpu", copy_function=os.link)
        said = self.setup(PIP_FIND_LINKS=self.wheel(), PIP_NO_INDEX="1")
        self.assertTrue(self.stamped(), said)
        self.assertRegex(
            said, r"no modules here\nsetup: the Go modules could not be downloaded \(above\): see to the network"
        )

    def test_settings_of_pip_in_a_file_where_there_is_no_pip(self) -> None:
        self.stub(self.stubs, "python3", f'case $* in *"-m pip"*) exit 1 ;; esac; exec {sys.executable} "$@"')
        conf = self.folder / "home/.config/pip/pip.conf"
        conf.parent.mkdir(parents=True)
        conf.write_text(f"[global]\nno-index = true\n[install]\nfind-links =\n  {self.folder}\n  {self.wheel()}\n")
        said = self.setup(HOME=conf.parents[2], XDG_CONFIG_HOME=None, PIP_NO_INDEX=None)
        self.assertTrue(self.stamped(), said)

    def test_no_index_is_reached_where_the_user_wants_none(self) -> None:
        self.wheel()
        with ModuleProxy() as index:
            env = {"PIP_INDEX_URL": index.url, "PIP_EXTRA_INDEX_URL": f"{index.url}/extra"}
            self.assertRegex(self.setup(PIP_NO_INDEX="1", **env), ADVICE)
            self.assertEqual(index.paths, [])
            self.setup(uv=False, **env)  # It is there already.
            self.assertIn("/six/", index.paths)

    def test_a_cut_short_uv_is_made_again(self) -> None:
        """Its folder without the program, by a wheel in place of uv's."""
        wheels = self.wheel()
        shutil.copy(self.clone / "scripts/requirements.txt", self.clone / "scripts/requirements-uv.txt")
        hash = hashlib.sha256((self.clone / "scripts/requirements-uv.txt").read_bytes()).hexdigest()
        home = self.folder / "cache/d2l-go/uv" / hash
        (home / "old").mkdir(parents=True)
        self.setup(uv=False, PIP_FIND_LINKS=wheels, PIP_NO_INDEX="1")
        self.assertTrue((home / "six-1.17.0.dist-info").exists())
        self.assertFalse((home / "old").exists())

    def test_a_cache_that_cannot_be_written_to(self) -> None:
        """It has everything, but .venv is to be made."""
        if not may("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"):
            self.skipTest("this user may not mount")
        plugin = self.folder / "cache/d2l-go/pjrt/cpu"
        shutil.copytree(USERS_CACHE / "pjrt/cpu", plugin, copy_function=os.link)
        mount = f'cd "{self.folder}" && mount --bind cache cache && mount -o remount,ro,bind cache && exec "$@"'
        said = self.setup("unshare", "-m", "bash", "-c", mount, "-", PIP_FIND_LINKS=self.wheel(), PIP_NO_INDEX="1",
                          UV_CACHE_DIR=None)
        self.assertTrue(self.stamped(), said)

    def test_no_network(self) -> None:
        said = self.setup(HTTPS_PROXY=CLOSED, https_proxy=CLOSED)
        self.assertRegex(said, ADVICE)
        self.assertFalse(self.stamped())

    def test_no_network_for_uv_itself(self) -> None:
        said = self.setup(uv=False, HTTPS_PROXY=CLOSED, https_proxy=CLOSED)
        self.assertRegex(
            said,
            r"setup: uv could not be installed \(above\): see to the network, .*, then run scripts/setup again: .*\n$",
        )
        self.assertFalse((self.clone / ".venv").exists())

    def test_a_full_disk(self) -> None:
        """The clone's: a file system of 8 MB does not hold JupyterLab."""
        if not may("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"):
            self.skipTest("this user may not mount")
        small = self.folder / "small"
        small.mkdir()
        clone, self.clone = self.clone, small / "clone"
        mount = (f'mount -t tmpfs -o size=8m none "{small}" && cp -R "{clone}" "{small}/" && "$@"; status=$?; '
                 f'[ ! -e "{small}/clone/.venv/.packages" ] || echo stamped; exit $status')
        said = self.setup("unshare", "-m", "bash", "-c", mount, "-", UV_CACHE_DIR=None)
        self.assertIn("No space left on device", said)
        self.assertRegex(said, ADVICE)


if __name__ == "__main__":
    unittest.main()
