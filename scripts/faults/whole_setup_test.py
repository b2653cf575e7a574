"""Whole set-ups under hard conditions, some minutes each: only with D2L_TEST_SETUP=1, after a scripts/setup."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from project import CLOSED, NOBODY, USERS_CACHE, Case, ended, may

UV_CACHE = Path(os.environ.get("UV_CACHE_DIR") or USERS_CACHE / "uv-cache")


def go_env(name: str) -> str:
    return subprocess.run(["go", "env", name], capture_output=True, text=True, check=True).stdout.strip()


def kill_session(leader: int) -> None:
    """All processes of that session, whichever groups they made."""
    while found := [pid for pid in psutil.pids() if session(pid) == leader]:
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def session(pid: int) -> int:
    try:
        return os.getsid(pid) if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else 0
    except (ProcessLookupError, psutil.NoSuchProcess):
        return 0


@unittest.skipUnless(
    os.environ.get("D2L_TEST_SETUP"), "whole set-ups take some minutes; D2L_TEST_SETUP=1 scripts/test runs them"
)
class WholeSetupTest(Case):
    def cache(self, *folders: str) -> Path:
        """A cache of its own, with those folders of the user's."""
        cache = self.folder / "cache"
        (cache / "d2l-go").mkdir(parents=True)
        for folder in folders:
            if (USERS_CACHE / folder).exists():
                shutil.copytree(USERS_CACHE / folder, cache / "d2l-go" / folder, copy_function=os.link)
        return cache

    def env(self, cache: Path, **env) -> dict:
        return {"XDG_CACHE_HOME": cache, "GOCACHE": go_env("GOCACHE"), "GOMODCACHE": go_env("GOMODCACHE"), **env}

    def complete(self, clone: Path, cache: Path) -> None:
        """Whether what the stamps promise is there."""
        venv, plugin = clone / ".venv", cache / "d2l-go/pjrt/cpu"
        for stamp, promised in {
            venv / ".packages": [
                [venv / "bin/python", "-m", "jupyterlab", "--version"],
                [*USERS_CACHE.glob("uv/*/bin/uv"), "pip", "check", "--python", venv / "bin/python"],
            ],
            venv / ".tools": [
                [venv / "bin/gonb", "--help"],
                ["test", "-x", venv / "bin/goimports"],
            ],
            venv / ".gopls": [[venv / "bin/gopls", "version"]],
            venv / ".libraries": [[venv / "bin/data", "-find", "fashion-mnist"], ["test", "-x", venv / "bin/literate"]],
            plugin / ".stamp": [
                ["cmp", plugin / "pjrt_c_api_cpu_plugin.so", USERS_CACHE / "pjrt/cpu/pjrt_c_api_cpu_plugin.so"]
            ],
        }.items():
            if stamp.exists():
                for command in promised:
                    self.call(*command, status=0, env=self.env(cache), timeout=300)

    def everything(self, clone: Path, cache: Path) -> None:
        for name in (
            ".packages",
            ".modules",
            ".tools",
            ".libraries",
            "share/jupyter/kernels/gonb/kernel.json",
        ):
            self.assertTrue((clone / ".venv" / name).is_file(), name)
        self.complete(clone, cache)
        self.assertEqual([path for path in (cache / "d2l-go").rglob(".tmp-*")], [], "something half made was left")
        self.assertEqual(list((clone / ".venv").glob(".gonb-*")), [])

    def test_spaces_without_a_network_or_standard_input(self) -> None:
        clone = self.copy("my book's clone")
        cache = self.cache("data", "pjrt", "uv")
        closed = ["bash", "-c", 'exec "$@" <&-', "-"]
        if may("unshare", "-n", "true"):
            closed = ["unshare", "-n", *closed]
        env = self.env(cache, HTTPS_PROXY=CLOSED, https_proxy=CLOSED, GOPROXY="off", UV_CACHE_DIR=UV_CACHE)
        env["HOME"] = pwd.getpwuid(os.getuid()).pw_dir  # Where without the variable the home is taken to be.
        done = self.call(*closed, clone / "scripts/setup", status=0, timeout=900, env=env)
        self.assertRegex(ended(done), r"^setup: ready \(\d+ s\)$")
        self.everything(clone, cache)
        # The second time, without a home, nothing is made again.
        before = {path: path.stat().st_mtime_ns for path in clone.rglob("*") if path.is_file()}
        done = self.call(
            *closed,
            clone / "scripts/setup",
            status=0,
            timeout=300,
            env={**env, "HOME": None, "GOPATH": go_env("GOPATH")},
        )
        self.assertRegex(done.stdout, r"^setup: ready \(\d+ s\)\n$")
        after = {path: path.stat().st_mtime_ns for path in clone.rglob("*") if path.is_file()}
        made = {path.relative_to(clone).as_posix() for path in after if before.get(path) != after[path]}
        self.assertLessEqual(
            made,
            {
                ".venv/.libraries",
                ".venv/.data-mnist",
                ".venv/.data-fashion-mnist",
                ".venv/bin/data",
                ".venv/bin/literate",
            },
        )

    def test_killed_anywhere(self) -> None:
        clone = self.copy()
        cache = self.cache("data")
        env = {name: str(value) for name, value in {**os.environ, **self.env(cache)}.items()}
        # A line after which it is killed, and how many seconds later.
        moments = [
            ("uv, which installs", 1),
            ("JupyterLab", 0),
            ("JupyterLab", 2),
            ("JupyterLab", 5),
            ("XLA's CPU plugin into", 0),
            ("XLA's CPU plugin into", 2),
            ("the Go modules", 0),
            ("building the Go kernel", 0),
            ("compiling the Go libraries", 3),
            ("the Go kernel is registered", 0),
        ]
        for line, later in moments:
            with self.subTest(line=line, later=later):
                process = subprocess.Popen([clone / "scripts/setup"], env=env, text=True, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
                said = ""
                for said_line in process.stdout:
                    said += said_line
                    if line in said_line:
                        break
                time.sleep(later)
                kill_session(process.pid)
                process.wait()
                process.stdout.close()
                self.assertTrue(line in said or process.returncode == 0, said)
                self.complete(clone, cache)
        done = self.call(clone / "scripts/setup", status=0, timeout=900, env=env)
        self.assertRegex(ended(done), r"^setup: ready \(\d+ s\)$")
        self.everything(clone, cache)

    def test_two_at_once_in_one_clone_and_two_clones_with_one_cache(self) -> None:
        clones = [self.copy("first"), self.copy("second")]
        cache = self.cache("data")
        env = {name: str(value) for name, value in {**os.environ, **self.env(cache)}.items()}
        running = [
            subprocess.Popen(
                [clone / "scripts/setup"],
                env=env,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for clone in (clones[0], clones[0], clones[1])
        ]
        said = [process.communicate(timeout=1500)[0] for process in running]
        for process, text in zip(running, said):
            self.assertEqual(process.returncode, 0, text)
            self.assertRegex(text, r"setup: ready \(\d+ s\)\n$")
        self.assertIn(f"another set-up is at work in {clones[0]}; waiting for it", said[0] + said[1])
        self.assertEqual(
            len(re.findall("JupyterLab .* into .venv", said[0] + said[1])), 1, "both made the environment of one clone"
        )
        self.assertEqual(
            len(re.findall("XLA's CPU plugin into", "".join(said))), 1, "both fetched the plugin of one cache"
        )
        for clone in clones:
            self.everything(clone, cache)

    def test_not_as_root(self) -> None:
        """As nobody, who has only a home; all else of this file runs as the one who runs it."""
        if os.geteuid() != 0:
            self.skipTest("every other test here runs as another user than root")
        clone = self.copy()
        cache = self.cache("data", "pjrt", "uv")
        home, modules = self.folder / "home", self.folder / "home/go/pkg/mod/cache/download"
        modules.parent.mkdir(parents=True)
        shutil.copytree(
            Path(go_env("GOMODCACHE")) / "cache/download",
            modules,
            copy_function=os.link,
            ignore=shutil.ignore_patterns("*.lock", "*.partial"),
        )
        for top in (clone, cache, home):
            for path in (top, *top.rglob("*")):
                if path.is_dir() or top == clone:
                    os.chown(path, NOBODY, NOBODY)
        env = {
            "HOME": home,
            "XDG_CACHE_HOME": cache,
            "GOPROXY": f"file://{modules}",
            "GOSUMDB": "off",
            "PATH": f"{Path(go_env('GOROOT'))}/bin:/usr/bin:/bin",
            "GOCACHE": None,
            "GOMODCACHE": None,
            "GOPATH": None,
            "TMPDIR": None,
        }
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", clone / "scripts/setup"]
        done = self.call(*command, status=0, timeout=1500, env=env)
        self.assertRegex(ended(done), r"^setup: ready \(\d+ s\)$")
        self.everything(clone, cache)
        owners = {path.stat().st_uid for path in (clone / ".venv").rglob("*") if not path.is_symlink()}
        self.assertEqual(owners, {NOBODY})


if __name__ == "__main__":
    unittest.main()
