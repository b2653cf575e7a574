"""JupyterLab as scripts/lab starts it: for this machine alone, behind a token, and gone when it is stopped."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import psutil
from jupyter_client import BlockingKernelClient

sys.path.insert(0, str(Path(__file__).parent))
from project import ROOT

LOCAL = {"127.0.0.1", "::1"}
PATIENCE = 180  # seconds, on a machine that does much else


def family(top: int) -> list[psutil.Process]:
    """A process and all that it started."""
    try:
        process = psutil.Process(top)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def command(process: psutil.Process) -> str:
    """What a process runs; "" if it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def listening(processes: list[psutil.Process]) -> set[tuple[str, int]]:
    """Where those processes wait for connections."""
    found = set()
    for process in processes:
        try:
            found |= {tuple(c.laddr) for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
        except psutil.Error:
            pass  # it has ended
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
        self.lab = subprocess.Popen(
            [*begin, ROOT / "scripts/lab", "--no-browser", "--port=0"],
            env={**env, **variables},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
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
        self.later: list[str] = []  # the lines after the address
        self.reader = threading.Thread(target=self.later.extend, args=(self.lab.stdout,))  # it never waits for us
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

    def check_access(self) -> None:
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
        settings = {
            "IdentityProvider": {"token": ""},
            "PasswordIdentityProvider": {"hashed_password": ""},
            "ServerApp": {"allow_unauthenticated_access": True, "disable_check_xsrf": True, "allow_origin": "*"},
        }
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_lab_config"):
            (folder / f"jupyter/{name}.json").write_text(json.dumps(settings))
        return folder

    def test_the_terminal_shows_deaths_of_kernels_and_no_cells(self) -> None:
        self.start()
        kernel_log = Path(re.search(r"what the kernels write is in (.*)\)", self.said)[1])
        already = len(kernel_log.read_text(errors="replace")) if kernel_log.exists() else 0
        self.assertEqual(self.ask("/api/kernels", self.token, name="gonb")[0], 201)
        number = json.loads(self.body)["id"]
        client = BlockingKernelClient()
        client.load_connection_file(str(ROOT / f".venv/share/jupyter/runtime/kernel-{number}.json"))
        client.start_channels()
        self.addCleanup(client.stop_channels)
        client.wait_for_ready(PATIENCE)
        for cell in ("%%\nfmt.Println(42)", "%%\nno.Such(name)"):
            client.execute(cell)
            while client.get_shell_msg(timeout=PATIENCE)["msg_type"] != "execute_reply":
                pass
        kernel = next(p for p in family(self.lab.pid) if f"kernel-{number}.json" in command(p))
        kernel.kill()
        deadline = time.monotonic() + PATIENCE
        while not any("SIGKILL" in line for line in self.later) and time.monotonic() < deadline:
            time.sleep(0.1)
        while time.monotonic() < deadline:  # A server that is stopped while it starts a kernel may hang.
            try:
                client.wait_for_ready(PATIENCE)
                break
            except RuntimeError:
                pass  # The old one's heart does not beat any more, and the new one's not yet.
        self.stop()
        first, *told = [line for line in self.later if " ServerApp]" in line]
        self.assertIn(f"a kernel ended (SIGKILL); a new one is started, which knows no cell yet; what it wrote is in "
                      f"{kernel_log}", first)
        self.assertEqual([line.partition("ServerApp] ")[2] for line in told], ["received signal 15, stopping\n"])
        self.assertNotRegex("".join(self.later), r"goroutine|gonb_|\.go:\d")
        self.assertIn("undefined: no", kernel_log.read_text(errors="replace")[already:])

    def test_settings_of_the_machine_and_those_that_variables_name_are_not_read(self) -> None:
        folder = self.hostile()
        begin, hostile = in_place_of(folder, "/usr/local/etc"), str(folder / "jupyter")
        self.start(*begin or [], JUPYTER_CONFIG_PATH=hostile, JUPYTER_CONFIG_DIR=hostile)
        self.check_access()
        # The environment's own settings are: the extension that they name is there.
        self.assertEqual(self.ask("/lsp/status", self.token)[0], 200)
        if not begin:
            self.skipTest("this user may not mount; what variables name was tested")

    def test_for_this_machine_alone_behind_a_token_and_gone_when_stopped(self) -> None:
        self.start()
        self.check_access()

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
        _, left = psutil.wait_procs(processes, PATIENCE)
        self.assertEqual(left, [], "processes were left behind")
        self.assertFalse(
            (ROOT / f".venv/share/jupyter/runtime/kernel-{kernel}.json").exists(), "the kernel's key was left behind"
        )


if __name__ == "__main__":
    unittest.main()
