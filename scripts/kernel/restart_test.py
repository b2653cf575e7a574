"""A kernel that is restarted or killed leaves nothing behind, and the next one works; called by scripts/test."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import FOREVER, KernelTest, eventually, marked, train

# A Jupyter of its own, with a kernel that runs a cell.
JUPYTER = """
kernel = Kernel(Path.cwd(), completes=True)
kernel.follow(kernel.send(FOREVER), Answer.begun)
print(kernel.mark, flush=True)
time.sleep(3600)
"""


class RestartTest(KernelTest):
    completes = True

    def restarted(self, restart):
        """Restarts with a declaration made before; what was there then ends, the declaration too, and cells work."""
        kernel = self.kernel
        before = kernel.processes()
        restart()
        eventually(lambda: not before.keys() & kernel.processes().keys(), lambda: f"the end of some of {before}")
        answer = kernel.run("%%\nfmt.Println(answer)")
        self.assertEqual(answer.status, "error", answer)
        self.assertIn("answer is not declared in any cell that has run since the kernel started: "
                      "fix the spelling or, if a cell does declare it, run that cell first", answer.error)
        answer = kernel.run("var answer = 6 * 7\n%%\nfmt.Println(answer)")
        self.assertEqual((answer.status, answer.stdout), ("ok", "42\n"), answer)

    def declare(self):
        self.assertEqual(self.kernel.run("var answer = 6 * 7").status, "ok")

    def test_when_idle(self):
        self.declare()
        self.restarted(self.kernel.restart)

    def test_in_the_middle_of_training(self):
        for now in (False, True):
            self.declare()
            self.kernel.follow(self.kernel.send(train(epochs=1000)), lambda a: " left" in a.plot)
            self.assertEqual(len(self.kernel.at_work()), 1)
            self.restarted(lambda now=now: self.kernel.restart(now))

    def test_killed(self):
        self.declare()
        self.kernel.follow(self.kernel.send(FOREVER), lambda a: a.begun())
        self.assertGreater(len(self.kernel.processes()), 2)  # the kernel, the cell, and what completes names
        self.kernel.kill()
        # Nobody has restarted it yet.
        eventually(lambda: not self.kernel.processes(), lambda: f"the end of {self.kernel.processes()}")
        self.restarted(lambda: self.kernel.restart(now=True))

    def test_its_jupyter_is_killed(self):
        jupyter = subprocess.Popen([sys.executable, "-c", "from session import *" + JUPYTER], cwd=self.folder,
                                   env=dict(os.environ, PYTHONPATH=str(Path(__file__).parent), TMPDIR=str(self.folder)),
                                   text=True, stdout=subprocess.PIPE)
        with jupyter:
            mark = jupyter.stdout.readline().strip()
            self.assertGreater(len(marked(mark)), 2)
            jupyter.kill()
        eventually(lambda: not marked(mark), lambda: f"the end of {marked(mark)}")


if __name__ == "__main__":
    unittest.main()
