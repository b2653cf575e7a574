import os
import sys
import tempfile
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import gpu
from processes import Process

ANSWERS = """import sys
print('{"ready": "v"}', flush=True)
for line in sys.stdin: print('{"seconds": 2, "steps": 10, "examples": 2560}', flush=True)"""
ENDS = "import sys; print('{\"ready\": \"v\"}', flush=True); sys.stdin.readline(); sys.exit('out of cheese')"
HANGS = "import time; time.sleep(60)"
TESTS = """import sys
names = ["TestGood", "TestBad", "TestEnds", "TestAfter"]
if sys.argv[1] == "-test.list": sys.exit(print("\\n".join(names)))
for name in names:
    if name not in sys.argv[3][2:-2].split("|"): continue
    print("=== RUN  ", name, flush=True)
    if name == "TestEnds": sys.exit("a failed check")
    print("--- FAIL:" if name == "TestBad" else "--- PASS:", name, "(0.00s)", flush=True)"""


class BenchTest(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "files/bin").mkdir(parents=True)
        (folder / "files/bundle.json").write_text('{"commit": "abc"}')
        self.enterContext(mock.patch.object(gpu, "FOLDER", folder))
        self.enterContext(mock.patch.object(gpu, "say"))
        self.folder = folder
        self.bench = gpu.Bench(SimpleNamespace(device="cpu(0)", quick=True), folder)
        self.bench.results["missing"].clear()
        self.bench.frameworks = {"ours", "PyTorch", "JAX"}

    def run_phase(self, name: str, do) -> None:
        setattr(self.bench, name, do)
        self.bench.run([name])

    def interleave(self, programs: dict[str, str], seconds: float = 60) -> dict:
        def worker(name, net, batch, variant):
            return Process(name, [sys.executable, "-c", programs[name]])

        self.bench.worker, self.bench.end = worker, time.monotonic() + seconds
        self.run_phase("lenet", lambda: self.bench.interleave("LeNet 256", "lenet", 256, programs))
        return self.bench.results["rates"]["LeNet 256"]["examples_per_second"]

    def test_a_program_that_ends_is_named_and_the_others_go_on(self):
        rates = self.interleave({"ours": ANSWERS, "PyTorch eager": ENDS, "JAX, scan": ANSWERS})
        self.assertEqual(rates, {"ours": [1280, 1280], "JAX, scan": [1280, 1280]})
        self.assertTrue((self.folder / "results.md").read_text().endswith(
            "Missing:\n* LeNet 256: PyTorch eager ended on the command first; it wrote: out of cheese\n"))
        self.assertEqual(self.bench.results["phases"]["lenet"]["status"], "done")

    def test_one_that_hangs_ends_with_the_phase_and_no_figure_is_lost(self):
        hangs_later = ANSWERS.replace("for line in sys.stdin:", "for n, line in enumerate(sys.stdin):\n if n == 3: "
                                      "import time; time.sleep(60)\n")
        rates = self.interleave({"ours": ANSWERS, "JAX, scan": hangs_later}, 8)
        self.assertEqual(rates["JAX, scan"], [1280])
        self.assertRegex(self.bench.results["missing"][0], "JAX, scan said nothing for . s on the command train")
        self.assertEqual(self.bench.results["phases"]["lenet"]["status"], "out of time")
        self.assertRegex((self.folder / "results.md").read_text(), r"lenet \d+\.\d s \(out of time\)")
        begun = []
        self.run_phase("seeds", lambda: begun.append(1))
        self.assertEqual(begun, [])

    def test_a_phase_that_fails_is_not_the_end(self):
        def fails():
            raise ValueError("no such thing")

        self.bench.first, self.bench.seeds = fails, lambda: None
        self.bench.run(["first", "seeds"])
        self.assertEqual([p["status"] for p in self.bench.results["phases"].values()], ["failed", "done"])
        self.assertIn("first: ValueError: no such thing", self.bench.results["missing"])

    def test_a_test_that_ends_its_process_does_not_take_the_others_along(self):
        packages = ("d2l", "d2l/internal/xla", "lenet")
        for package in packages:
            program = self.folder / f"files/bin/{Path(package).name}.test"
            tests = TESTS if package != "d2l" else "import sys; sys.exit('does not start')"
            program.write_text(f"#!{sys.executable}\n{tests}\n")
            program.chmod(0o755)
            (self.folder / "files/book" / package).mkdir(parents=True, exist_ok=True)
        self.bench.run(["tests"])
        want = {"TestGood": "passed", "TestBad": "failed", "TestEnds": "ended the process", "TestAfter": "passed"}
        self.assertEqual(self.bench.results["tests"],
                         {f"{package}.{name}": got for package in packages[1:] for name, got in want.items()})
        self.assertRegex("".join(self.bench.results["missing"]), "^tests: d2l ended with status 1(?s:.*)does not start")
        self.assertIn("a failed check", (self.folder / "tests.log").read_text())


class PluginsTest(unittest.TestCase):
    def test_the_plugin_of_jax_gets_the_layout_that_it_looks_for_libraries_in(self):
        site, work = (Path(self.enterContext(tempfile.TemporaryDirectory())) for _ in range(2))
        for name in ("jax_plugins/xla_cuda13/xla_cuda_plugin.so", "nvidia/cu13/lib/libx.so", "nvidia/cu13/bin/ptxas"):
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(name)
        with mock.patch.object(sys, "path", [str(site)]), \
                mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(work), "PJRT_PLUGIN_LIBRARY_PATH": ""}):
            folder = Path(*gpu.find_plugins(work))
        for name, want in (("pjrt_c_api_cuda_plugin.so", "jax_plugins/xla_cuda13/xla_cuda_plugin.so"),
                           ("../nvidia/cu13/lib/libx.so", "nvidia/cu13/lib/libx.so"),
                           ("bin/ptxas", "nvidia/cu13/bin/ptxas")):
            self.assertEqual((folder / name).read_text(), want)
        self.assertEqual((folder / "pjrt_c_api_cuda_plugin.so").resolve().parent.name, "nvidia")


class ReportTest(unittest.TestCase):
    RESULTS = {
        "gpu": "X100, 1.2", "device": "gpu(0)", "date": "d", "machine": "m", "commit": "c", "versions": {"ours": "v"},
        "phases": {"lenet": {"seconds": 3, "status": "done"}}, "missing": [], "chapter_seconds": [3.0, 5.0, 3.75],
        "first_step": {"cold": dict.fromkeys("abcd", 1.0)}, "tests": {"d2l.TestA": "passed", "d2l.TestB": "failed"},
        "rates": {"LeNet 256": {"batch": 256, "examples_per_second": {
            "ours": [1e6, 1.2e6], "PyTorch eager": [1e5, 1e5], "PyTorch, CUDA graph": [5e5, 6e5]}}},
    }

    def test_goals_and_rates(self):
        lines = gpu.report(self.RESULTS)
        for want in (
            "| LeNet 256: fastest PyTorch | PyTorch, CUDA graph | 2.00 × | 1.5 × | reached |",
            "| LeNet 256: JAX's scan | – | – | 1.2 × | not measured |",
            "| TrainCh5, ten epochs: before 15 s | 3.75 s | 4.00 × | 4 × | reached |",
            "| PyTorch, CUDA graph | 2.00 × | 465 | 550,000 | 500,000 | 600,000 |",
            "Tests: 1 passed, 1 failed.", "* d2l.TestB: failed", "Phases: lenet 3 s (done).", "Nothing was missing.",
        ):
            self.assertIn(want, lines)

    def test_of_a_traceback_the_error_is_shown(self):
        text = "x ended; it wrote:\n  Traceback\n  torch.AcceleratorError: no GPU\n  For debugging consider this error"
        self.assertEqual(gpu.sentence(text), "x ended; it wrote: torch.AcceleratorError: no GPU")

    def test_too_slow_is_missed(self):
        slow = {"batch": 256, "examples_per_second": {"ours": [1e5], "JAX, scan": [1e5]}}
        lines = gpu.report(self.RESULTS | {"rates": {"LeNet 256": slow}})
        self.assertIn("| LeNet 256: JAX's scan | JAX, scan | 1.00 × | 1.2 × | **missed** |", lines)


if __name__ == "__main__":
    unittest.main()
