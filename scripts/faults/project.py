"""Copies of the project in which things go wrong, and machines that lack something."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USERS_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "d2l-go"
NOBODY = 65534
CLOSED = "http://127.0.0.1:9"  # nothing listens there
TOOLS = """bash basename cat chmod cp cut date dirname env flock getent git grep head id ln ls mkdir mktemp mv printf
    realpath rm rmdir sed sha256sum sh sleep sort tail touch tr uname""".split()


def source_files() -> list[str]:
    """The project's files as they are now, committed or not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def may(*command: str) -> bool:
    """Whether this user may do that here."""
    return subprocess.run(command, capture_output=True).returncode == 0


def ended(done: subprocess.CompletedProcess) -> str:
    """The last line of what was said."""
    return (done.stdout.strip() or "nothing").splitlines()[-1]


class Case(unittest.TestCase):
    """A folder of its own for each test, whose files anybody may read."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.folder.chmod(0o755)

    def copy(self, name: str = "clone", only: str = "") -> Path:
        """A copy of the project, or of what begins with only."""
        to = self.folder / name
        for file in source_files():
            if file.startswith(only) or "/" not in file:
                (to / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, to / file)
        return to

    def path_of(self, *programs: str, name: str = "bin") -> Path:
        """A folder for PATH with the usual tools and those programs alone."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        for program in (*TOOLS, *programs):
            found = shutil.which(program)
            if found and not (folder / program).exists():
                (folder / program).symlink_to(found)
        # Nothing of this machine is changed: what installs packages is there, and refuses.
        self.stub(folder, "apt-get", "echo 'E: Unable to fetch some archives'; exit 100")
        self.stub(folder, "dpkg", "exit 0")
        self.stub(folder, "sudo", "exit 1")
        return folder

    def stub(self, folder: Path, name: str, script: str) -> None:
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def call(
        self, *command, status: int | None = None, timeout: float = 300, env: dict | None = None, **options
    ) -> subprocess.CompletedProcess:
        """Runs it, standard error with standard output. A value of None in env means: not set."""
        full = {**os.environ, **(env or {})}
        full = {name: str(value) for name, value in full.items() if value is not None}
        options.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(
            [str(part) for part in command],
            env=full,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            **options,
        )
        if status is not None:
            self.assertEqual(done.returncode, status, done.stdout)
        self.assertNotIn("Traceback", done.stdout)
        return done
