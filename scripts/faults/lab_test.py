"""JupyterLab as scripts/lab starts it: for this machine alone, behind a token, and gone when it is stopped."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from project import ROOT  # noqa: E402

LOCAL = {"127.0.0.1", "::1"}
PATIENCE = 180  # seconds, on a machine that does much else


def address(text: str) -> tuple[str, int]:
    """An address of /proc/net/tcp or tcp6: words of four bytes, each the wrong way round."""
    host, port = text.split(":")
    raw = b"".join(bytes.fromhex(host[i:i + 8])[::-1] for i in range(0, len(host), 8))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw), int(port, 16)


def listening(processes: set[int]) -> set[tuple[str, int]]:
    """Where those processes wait for connections."""
    inodes = set()
    for process in processes:
        try:
            for link in Path(f"/proc/{process}/fd").iterdir():
                if match := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(link)):
                    inodes.add(match[1])
        except OSError:
            pass  # it ended, or closed the file
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(address(fields[1]))
    return found


def commands(processes: set[int]) -> list[str]:
    """What those of the processes run that have not ended."""
    found = []
    for process in sorted(processes):
        try:
            found.append(Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip())
        except OSError:
            pass
    return [command for command in found if command]  # what waits to be collected has none


def family(top: int) -> set[int]:
    """A process and all that it started."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if rest[0] != "Z":
            children.setdefault(int(rest[1]), set()).add(pid)
    found, todo = set(), {top}
    while todo:
        found |= todo
        todo = set().union(*(children.get(pid, set()) for pid in todo)) - found
    return found


def in_place_of(folder: Path, there: str) -> list[str] | None:
    """What a command begins with that sees a folder in the place of another; None if this user may not mount."""
    for unshare in (["unshare", "-m"], ["unshare", "-r", "-m"]):
        begin = [*unshare, "bash", "-c", f'mount --bind "$0" {there} && exec "$@"', str(folder)]
        if subprocess.run([*begin, "true"], capture_output=True).returncode == 0:
            return begin
    return None


class LabTest(unittest.TestCase):
    def start(self, *begin: str, **variables: str) -> None:
        env = {name: value for name, value in os.environ.items() if name not in ("JUPYTER_TOKEN", "BROWSER")}
        self.lab = subprocess.Popen([*begin, ROOT / "scripts/lab", "--no-browser", "--port=0"], env={**env, **variables}, text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(self.stop)
        self.said, self.reader = "", None
        found = None
        watchdog = threading.Timer(PATIENCE, self.lab.kill)
        watchdog.start()
        while not found and (line := self.lab.stdout.readline()):
            self.said += line
            found = re.search(r"(http://(?:localhost|127\.0\.0\.1):(\d+))/lab\S*[?&]token=(\w+)", line)
        watchdog.cancel()
        self.assertTrue(found, f"no address with a token was printed:\n{self.said}")
        self.url, self.port, self.token = found[1], int(found[2]), found[3]
        deadline = time.monotonic() + PATIENCE
        while self.port not in {port for _, port in listening(family(self.lab.pid))} and time.monotonic() < deadline:
            time.sleep(0.1)  # it listens only after it has printed its address
        self.reader = threading.Thread(target=self.lab.stdout.read)  # so that it never waits for us
        self.reader.start()

    def stop(self) -> None:
        if self.lab.poll() is None:
            self.lab.send_signal(signal.SIGTERM)
            try:
                self.lab.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.lab.kill()
        if self.reader:
            self.reader.join()
        self.lab.stdout.close()

    def ask(self, path: str, token: str = "", **body) -> tuple[int, str]:
        """The status and the final path of a request."""
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode() if body else None)
        if token:
            request.add_header("Authorization", f"token {token}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                self.body = answer.read()
                return answer.status, answer.url.removeprefix(self.url)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, path

    def check_doors(self) -> None:
        """That nobody comes in without the token."""
        self.assertGreaterEqual(len(self.token), 32)
        for token in ("", "0" * len(self.token)):
            self.assertEqual(self.ask("/api/contents", token)[0], 403)
            self.assertEqual(self.ask("/api/kernels", token, name="gonb")[0], 403)
            status, path = self.ask("/lab", token)
            self.assertTrue(status == 403 or path.startswith("/login"), (status, path))
        self.assertEqual(self.ask("/api/contents", self.token)[0], 200)

    def hostile(self) -> Path:
        """A folder with Jupyter's settings, in the folder jupyter, that take the token away and let anybody in."""
        temporary = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        (folder / "jupyter").mkdir()
        settings = {"IdentityProvider": {"token": ""}, "PasswordIdentityProvider": {"hashed_password": ""},
                    "ServerApp": {"allow_unauthenticated_access": True, "disable_check_xsrf": True, "allow_origin": "*"}}
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_lab_config"):
            (folder / f"jupyter/{name}.json").write_text(json.dumps(settings))
        return folder

    def test_settings_that_the_environment_names_are_not_read(self) -> None:
        hostile = str(self.hostile() / "jupyter")
        self.start(JUPYTER_CONFIG_PATH=hostile, JUPYTER_CONFIG_DIR=hostile)
        self.check_doors()

    def test_settings_of_the_machine_are_not_read(self) -> None:
        begin = in_place_of(self.hostile(), "/usr/local/etc")
        if not begin:
            self.skipTest("this user may not mount")
        self.start(*begin)
        self.check_doors()
        # The environment's own settings are: the extension that they name is there.
        self.assertEqual(self.ask("/lsp/status", self.token)[0], 200)

    def test_for_this_machine_alone_behind_a_token_and_gone_when_stopped(self) -> None:
        self.start()
        self.check_doors()

        self.assertEqual(self.ask("/api/kernels", self.token, name="gonb")[0], 201)
        kernel = json.loads(self.body)["id"]
        connection = json.loads((ROOT / f".venv/share/jupyter/runtime/kernel-{kernel}.json").read_text())
        self.assertEqual(len(connection["key"].replace("-", "")), 32, "the kernel takes messages that nobody signed")
        ports = {connection[f"{name}_port"] for name in ("shell", "iopub", "stdin", "control", "hb")}
        deadline = time.monotonic() + PATIENCE
        while True:
            processes = family(self.lab.pid)
            where = listening(processes)
            if ports <= {port for _, port in where} or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        self.assertLessEqual({self.port, *ports}, {port for _, port in where})
        self.assertLessEqual({host for host, _ in where}, LOCAL, where)

        # As a closed terminal or a service stops it; Ctrl-C would ask first.
        self.lab.send_signal(signal.SIGTERM)
        self.lab.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while (left := commands(processes)) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(left, [], "processes were left behind")
        self.assertFalse((ROOT / f".venv/share/jupyter/runtime/kernel-{kernel}.json").exists(), "the kernel's key was left behind")


if __name__ == "__main__":
    unittest.main()
