"""Everything that is fetched is pinned by a hash, and nothing names where it comes from."""

import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from packaging.requirements import Requirement

sys.path.insert(0, str(Path(__file__).parent))
from project import ROOT, source_files

MODULES = [".", "scripts/tools", "scripts/mnist", "scripts/vulndb"]
# In parts, so that this test does not find itself.
REGISTRIES = [
    "pypi." + "org",
    "pythonhosted" + ".org",
    "proxy.golang" + ".org",
    "sum.golang" + ".org",
    "goproxy" + ".io",
    "registry.npmjs" + ".org",
    "npmmirror" + ".com",
]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def scripts() -> list[str]:
    """What runs something: shell scripts, programs, notebooks; not the tests that speak of it."""
    return [
        name
        for name in source_files()
        if name.startswith(("scripts/", ".ci/", "notebooks/")) and not name.endswith(("_test.py", "_test.go", ".md"))
    ]


def requirements(name: str) -> list[str]:
    """The logical lines of a requirements file."""
    lines = text(name).replace("\\\n", " ").splitlines()
    return [line for line in (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines) if line]


class PinsTest(unittest.TestCase):
    def test_python_packages(self) -> None:
        files = [name for name in source_files() if re.fullmatch(r"scripts/requirements.*\.txt", name)]
        self.assertGreaterEqual(len(files), 4)
        for name in files:
            lines = requirements(name)
            self.assertTrue(lines, name)
            for line in lines:
                self.assertRegex(
                    line, r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+( ; .*?)?(\s+--hash=sha256:[0-9a-f]{64})+$", name
                )

    def test_each_processor_has_one_cpu_plugin(self) -> None:
        lines = [line.split("--hash")[0].strip() for line in requirements("scripts/requirements-pjrt-cpu.txt")]
        wanted = {"x86_64": "lammps-jax-pjrt-cpu", "aarch64": "xla-cpu-pjrt"}
        for machine, package in wanted.items():
            here = {"sys_platform": "linux", "platform_machine": machine}
            chosen = [r.name for r in map(Requirement, lines) if r.marker and r.marker.evaluate(here)]
            self.assertEqual(chosen, [package], machine)
        self.assertEqual(len(lines), len(wanted))

    def test_pip_and_uv_install_nothing_but_pinned_wheels(self) -> None:
        found = 0
        for name in scripts():
            for line in text(name).replace("\\\n", " ").splitlines():
                if "|| die" not in line and re.search(
                    r"\bpip\b.*\s(install|download|sync)\b|\buv pip\b(?! compile)|^exact=", line
                ):
                    found += 1
                    self.assertRegex(line, r'--require-hashes\s+--only-binary :all:|"\$\{exact\[@\]\}"', name)
        self.assertGreaterEqual(found, 3)

    def test_go_modules(self) -> None:
        """Every module of go.mod has its hash in go.sum, and what is in the module cache has it too."""
        self.assertEqual(
            sorted(MODULES),
            sorted(
                str(Path(name).parent)
                for name in source_files()
                if Path(name).name == "go.mod" and not name.startswith("scripts/template/")
            ),
        )
        for module in MODULES:
            with self.subTest(module=module):
                go = dict(os.environ, GOFLAGS="-mod=readonly", GOWORK="off")
                wanted = json.loads(
                    subprocess.run(
                        ["go", "mod", "edit", "-json"], cwd=ROOT / module, env=go, check=True, capture_output=True
                    ).stdout
                )
                sums = text(f"{module}/go.sum")
                for needed in wanted["Require"]:
                    name = f"{needed['Path']} {needed['Version']}"
                    self.assertIn(f"\n{name}/go.mod h1:", "\n" + sums)
                    if module != "scripts/vulndb":  # only scripts/audit fetches it
                        self.assertIn(f"\n{name} h1:", "\n" + sums)
                self.assertFalse(wanted.get("Replace"), "what replaces a module has no hash")
                if module != "scripts/vulndb":
                    # What is in the cache is compared with go.sum, and nothing is fetched.
                    done = subprocess.run(
                        ["go", "mod", "download"],
                        cwd=ROOT / module,
                        env=dict(go, GOPROXY="off"),
                        text=True,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT,
                    )
                    if module == "scripts/mnist" and "GOPROXY=off" in done.stdout:
                        self.skipTest("this module, which can be done without, was not to be had")
                    self.assertEqual((done.returncode, done.stdout), (0, ""))
                done = subprocess.run(
                    ["go", "mod", "verify"],
                    cwd=ROOT / module,
                    env=go,
                    text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
                self.assertEqual((done.returncode, done.stdout), (0, "all modules verified\n"))

    def test_modules_are_fetched_by_version(self) -> None:
        for name in scripts():
            ours = re.sub(r"(?m)^[- ].*$", "", text(name)) if name.endswith(".patch") else text(name)
            self.assertNotRegex(ours, r"@(latest|upgrade|patch|main|master)\b", name)
            for line in re.findall(r"^[^#\n]*\bgo (?:install|get) .*$", ours, re.M):
                if re.search(r"\bgo (?:install|get) [-\w./]*\w\.\w+/", line):
                    self.assertRegex(line, r"@v\d", name)

    def test_npm_packages(self) -> None:
        locks = [name for name in source_files() if name.endswith("package-lock.json")]
        self.assertEqual(locks, ["scripts/browser/package-lock.json"])
        packages = json.loads(text(locks[0]))["packages"]
        self.assertGreater(len(packages), 1)
        for name, package in packages.items():
            if name:
                self.assertRegex(package.get("integrity", ""), r"^sha512-\S{88}$", name)
        versions = json.loads(text("scripts/browser/package.json"))["dependencies"]
        for name, version in versions.items():
            self.assertEqual(version, packages[f"node_modules/{name}"]["version"], "package.json names a range")
        self.assertRegex(text("scripts/browser-test"), r"\bnpm ci\b")
        for name in scripts():
            self.assertNotRegex(text(name), r"\bnpm (install|i|add|update)\b|\bnpx\b", name)

    def test_no_file_names_a_registry(self) -> None:
        for name in source_files():
            for registry in REGISTRIES:
                self.assertNotIn(registry, text(name), name)


if __name__ == "__main__":
    unittest.main()
