"""What scripts/setup says where something is missing that it cannot make; nothing is set up here."""

import os
import shutil
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from project import NOBODY, Case, ended, may


class PreconditionsTest(Case):
    def setUp(self) -> None:
        super().setUp()
        self.clone = self.copy(only="scripts/")
        self.bin = self.path_of("go", "gcc", "cc", "as", "ld")
        self.python("case $* in *version_info*) echo 3.11 ;; esac")

    def setup(self, *command, **env) -> str:
        """The one sentence in which it ends, and nothing was begun."""
        env = {
            "PATH": self.bin,
            "XDG_CACHE_HOME": self.folder / "cache",
            "GOCACHE": self.folder / "go-build",
            "CGO_ENABLED": None,
            **env,
        }
        done = self.call(*command, self.clone / "scripts/setup", status=1, env=env)
        self.assertTrue(ended(done).startswith("setup: "), done.stdout)
        self.assertFalse((self.clone / ".venv").exists(), done.stdout)
        self.assertFalse((self.folder / "cache/d2l-go/pjrt/cpu/.stamp").exists())
        return done.stdout

    def go(self, script: str) -> None:
        self.stub(self.bin, "go", script)

    def python(self, script: str) -> None:
        self.stub(self.bin, "python3", script)

    # ---- programs -----------------------------------------------------------------------------

    def test_no_go(self) -> None:
        (self.bin / "go").unlink()
        self.assertRegex(self.setup(), r"^setup: Go is missing; install Go 1\.\S+ or newer and put it on PATH\n$")

    def test_a_go_that_does_not_know_go_mod(self) -> None:
        self.go("echo go1.20.1; echo /usr/local/go; echo; echo 1; echo /tmp")
        self.assertRegex(self.setup(), r"^setup: Go 1\.20\.1 is too old; install Go 1\.\S+ or newer\n$")

    def test_a_go_that_cannot_fetch_a_newer_one(self) -> None:
        # As a real one of 1.24 says it.
        self.go("echo 'go: go.mod requires go >= 1.26.5 (running go 1.24.0; GOTOOLCHAIN=local)' >&2; exit 1")
        said = self.setup().splitlines()
        self.assertIn("running go 1.24.0", said[0])
        self.assertRegex(said[1], r"^setup: Go cannot build this project \(above\); install Go 1\.\S+ or newer$")

    def test_interrupted(self) -> None:
        # By Ctrl-C, which all that runs in the terminal gets. Some programs die of it, others say that they failed.
        for reaction in ("", "trap 'echo go: interrupted >&2; exit 1' INT; "):
            self.go(f"{reaction}kill -INT 0; sleep 9")
            env = {"PATH": self.bin, "XDG_CACHE_HOME": self.folder / "cache"}
            done = self.call(
                self.clone / "scripts/setup", status=-signal.SIGINT, env=env, start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # The tests may be run by "nohup … &".
            )
            want = "setup: interrupted; run scripts/setup again: it goes on where it stopped"
            self.assertEqual(done.stdout.replace("go: interrupted\n", "").strip(), want)

    def test_interrupted_in_pip(self) -> None:
        # Which has much to say of it, and may end as after a failure.
        root = self.folder / "goroot"
        root.mkdir()
        self.go(f"case $2 in GOVERSION) printf 'go1.99.0\\n{root}\\n\\n1\\n/tmp\\n' ;; CC) echo gcc ;; esac")
        self.stub(root / "bin", "go", "case $* in *GOARCH*) printf 'linux\\namd64\\n' ;; esac")
        self.machine("Linux x86_64")
        for reaction in ("", "trap 'echo Traceback >&2; exit 1' INT; "):
            self.python(
                "case $* in *version_info*) echo 3.11 ;; *install*) "
                f"echo Traceback >&2; {reaction}kill -INT 0; sleep 9 ;; esac"
            )
            done = self.call(
                self.clone / "scripts/setup", status=-signal.SIGINT, start_new_session=True,
                env={"PATH": self.bin, "XDG_CACHE_HOME": self.folder / "cache"},
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            said = done.stdout.splitlines()
            self.assertTrue(said[0].startswith("setup: uv, which installs Python packages"), done.stdout)
            self.assertEqual(said[1:], ["setup: interrupted; run scripts/setup again: it goes on where it stopped"])

    def test_no_c_compiler(self) -> None:
        for name in ("gcc", "cc"):
            (self.bin / name).unlink(missing_ok=True)
        self.assertIn(
            "setup: Go finds no C compiler, which XLA's Go binding needs; install one (on Debian: apt install gcc "
            "libc6-dev)\n",
            self.setup(),
        )

    def test_cgo_switched_off(self) -> None:
        self.assertEqual(
            self.setup(CGO_ENABLED="0"), "setup: CGO_ENABLED=0 is set, but XLA's Go binding is in C; unset it\n"
        )

    def test_a_c_compiler_without_headers(self) -> None:
        self.stub(self.bin, "gcc", "echo 'fatal error: stdlib.h: No such file or directory' >&2; exit 1")
        said = self.setup()
        self.assertIn("stdlib.h: No such file", said)
        self.assertIn(
            "setup: the C compiler gcc does not work (above); install one with C's headers (on Debian: apt install "
            "gcc libc6-dev)\n",
            said,
        )

    def test_no_python(self) -> None:
        (self.bin / "python3").unlink()
        self.assertEqual(
            self.setup(),
            "setup: Python is missing; install Python 3.11 or newer (on Debian: apt install python3-venv)\n",
        )

    def test_an_old_python(self) -> None:
        self.python("echo 3.9")
        self.assertEqual(self.setup(), "setup: Python 3.9 is too old; install Python 3.11 or newer\n")

    def test_a_python_that_does_not_run(self) -> None:
        self.python("echo 'python3: command not found' >&2; exit 127")
        self.assertIn("python3 does not run (above); install Python 3.11 or newer", self.setup())

    def test_python_without_pip_and_venv(self) -> None:
        self.python("case $* in *version_info*) echo 3.11 ;; *) exit 1 ;; esac")
        self.assertIn(
            "setup: Python has neither pip nor venv; install one (on Debian: apt install python3-venv)\n", self.setup()
        )

    def test_no_git(self) -> None:
        (self.bin / "git").unlink()
        self.assertEqual(self.setup(), "setup: git is missing; install it (on Debian: apt install git)\n")

    # ---- machines -----------------------------------------------------------------------------

    def machine(self, name: str) -> None:
        """This machine, as it calls itself."""
        self.stub(self.bin, "uname", f"echo '{name}'")

    def test_a_machine_without_a_plugin(self) -> None:
        for name in ("Linux armv7l", "Darwin x86_64", "FreeBSD amd64"):
            self.machine(name)
            self.assertEqual(
                self.setup(),
                "setup: XLA's plugins are for Linux on x86-64 and arm64, and for macOS on Apple silicon; "
                f"this is {name}. On Windows, WSL 2 is such a Linux.\n",
            )

    def test_a_go_for_another_machine(self) -> None:
        version = self.call("go", "env", "GOVERSION").stdout.strip()
        for name, platform in (
            ("Linux x86_64", "linux/amd64"),
            ("Linux aarch64", "linux/arm64"),
            ("Darwin arm64", "darwin/arm64"),
        ):
            self.machine(name)
            env = f"echo {version}; echo {self.folder}; echo; echo 1; echo /tmp"
            self.go(f"case $* in *GOVERSION*) {env} ;; *) echo linux; echo riscv64 ;; esac")
            self.assertEqual(
                self.setup(),
                f"setup: Go makes programs for linux/riscv64, but this machine is {platform}: "
                "unset GOOS and GOARCH, or install Go for this machine\n",
            )

    def test_a_gpu_where_none_is_looked_for(self) -> None:
        for name in ("Linux aarch64", "Darwin arm64"):
            self.machine(name)
            done = self.call(self.clone / "scripts/setup", "--cuda", status=1, env={"PATH": self.bin})
            self.assertEqual(
                done.stdout, "setup: --cuda is for Linux on x86-64: go-xla looks for an NVIDIA GPU nowhere else\n"
            )

    def test_what_to_install_on_macos(self) -> None:
        self.machine("Darwin arm64")
        (self.bin / "git").unlink()
        self.assertEqual(self.setup(), "setup: git is missing; install it (on macOS: xcode-select --install)\n")

    def test_no_emulator(self) -> None:
        for machine, missing in (("arm64", "qemu-aarch64-static"), ("sse4", "qemu-x86_64-static")):
            done = self.call(self.clone / "scripts/ports", machine, status=1, env={"PATH": self.bin})
            self.assertEqual(
                done.stdout,
                f"ports: {missing} is missing; install it (on Debian: apt install qemu-user-static "
                "gcc-aarch64-linux-gnu libc6-dev-arm64-cross)\n",
            )

    # ---- folders ------------------------------------------------------------------------------

    def test_a_folder_name_that_gonb_cannot_take(self) -> None:
        self.clone = self.clone.rename(self.folder / "a:b")
        self.assertRegex(
            self.setup(),
            r"^setup: GoNB cannot work in a folder with a comma or a colon in its name: /.*/a:b; rename or move it\n$",
        )

    def test_a_read_only_checkout(self) -> None:
        wanted = f"setup: the folder {self.clone} cannot be written to; clone the project to where it can\n"
        if os.geteuid() == 0:
            self.assertEqual(self.setup(*self.as_nobody()), wanted)
            # For root, only a file system can be read-only.
            if not may("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"):
                self.skipTest("this root may not mount; what another user sees was tested")
            (self.bin / "mount").symlink_to(shutil.which("mount"))
            mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
            self.assertEqual(self.setup(shutil.which("unshare"), "-m", "bash", "-c", mount, self.clone), wanted)
        else:
            self.clone.chmod(0o555)
            self.addCleanup(self.clone.chmod, 0o755)
            self.assertEqual(self.setup(), wanted)

    def test_a_read_only_cache(self) -> None:
        cache = self.folder / "cache"
        wanted = (
            f"setup: the cache folder {cache}/d2l-go cannot be made or written to; "
            "set XDG_CACHE_HOME to a folder that you may write to\n"
        )
        cache.write_text("no folder")
        self.assertEqual(self.setup(), wanted)
        cache.unlink()
        for folder in (cache, cache / "d2l-go/pjrt/cpu"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o555)
            self.addCleanup(folder.chmod, 0o755)
            command = []
            if os.geteuid() == 0:
                self.own(self.clone)
                command = self.as_nobody()
            self.assertEqual(self.setup(*command), wanted)
            folder.chmod(0o755)

    def as_nobody(self) -> list[str]:
        """The start of a command that runs as nobody, with a home of its own."""
        if not may("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "cat", self.clone / "go.mod"):
            self.skipTest("another user may not read the test's folder")
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        for folder in (home, self.folder / "go-build"):
            folder.mkdir(exist_ok=True)
            os.chown(folder, NOBODY, NOBODY)
        return [
            shutil.which("setpriv"),
            f"--reuid={NOBODY}",
            f"--regid={NOBODY}",
            "--clear-groups",
            shutil.which("env"),
            f"HOME={home}",
        ]

    def own(self, folder: Path) -> None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)

    # ---- surroundings -------------------------------------------------------------------------

    def usage(self, *command, **env) -> str:
        return self.call(*command, self.clone / "scripts/setup", "--help", env={"XDG_CACHE_HOME": None, **env}).stdout

    def test_no_home(self) -> None:
        home = Path(os.path.expanduser(f"~{os.environ.get('USER', 'root') if os.geteuid() else 'root'}"))
        self.assertIn(f"the user's cache ({home}/.cache/d2l-go)", self.usage(HOME=None))
        if os.geteuid() == 0:
            said = self.usage("setpriv", "--reuid=61234", "--clear-groups", HOME=None)
            self.assertEqual(said, "setup: HOME is not set; set it to a folder that you may write to\n")

    def test_a_relative_cache_is_not_taken(self) -> None:
        self.assertIn("/home/.cache/d2l-go)", self.usage(HOME=self.folder / "home", XDG_CACHE_HOME="cache"))

    def test_closed_standard_input(self) -> None:
        self.go("cat; echo go1.20; echo /usr/local/go; echo; echo 1; echo /tmp")  # reads it
        self.assertEqual(self.setup(self.bin / "bash", "-c", 'exec "$@" <&-', "-").count("Go 1.20 is too old"), 1)

    def test_a_plugin_folder_without_a_plugin(self) -> None:
        said = self.setup(PJRT_PLUGIN_LIBRARY_PATH=self.folder)
        self.assertIn("put it there, or unset the variable to use the plugin that this set-up installs", said)
        self.assertIn("name it by its whole path", self.setup(PJRT_PLUGIN_LIBRARY_PATH="here"))

    def test_unknown_options_are_refused(self) -> None:
        done = self.call(self.clone / "scripts/setup", "--cuba", status=2)
        self.assertTrue(done.stdout.startswith("usage: scripts/setup [--cuda]"), done.stdout)


if __name__ == "__main__":
    unittest.main()
