"""Cells that are interrupted, and cells that behave badly; the next one works. Called by scripts/test."""

import json
import os
import random
import re
import signal
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import FOREVER, Answer, KernelTest, eventually, train

# Loads what an earlier run of it saved, and goes on saving.
SAVE = """
import "github.com/d2l-go/book/d2l"

func large() *d2l.Net { return d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 4000}}) }

%%
path := PATH
net := large()
if _, err := os.Stat(path); err == nil {
	d2l.Check(net.LoadParameters(path, d2l.TryGPU(0)))
	fmt.Println("loaded")
} else {
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(tensors.FromShape(shapes.Make(dtypes.Float32, 1, 1, 28, 28))))
}
for i := 0; ; i++ {
	d2l.Check(net.SaveParameters(path))
	if i == 0 {
		fmt.Println("begun")
	}
}
"""
IMPORTS = '''import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)
'''


class InterruptTest(KernelTest):
    completes = True  # as in JupyterLab

    def works(self):
        """The next cell works, and nothing of an earlier one is left."""
        eventually(lambda: not self.kernel.at_work(), lambda: f"the end of {self.kernel.at_work()}")
        answer = self.kernel.run("%%\nfmt.Println(6 * 7)")
        self.assertEqual((answer.status, answer.stdout), ("ok", "42\n"), answer)
        eventually(lambda: not self.kernel.at_work(), lambda: f"the end of {self.kernel.at_work()}")

    def interrupted(self, answer):
        self.kernel.interrupt()
        self.kernel.follow(answer)
        self.assertEqual(answer.status, "error", answer)
        return answer

    def test_in_the_middle_of_training(self):
        answer = self.kernel.follow(self.kernel.send(train(epochs=1000)), lambda a: " left" in a.plot)
        self.assertEqual(len(self.kernel.at_work()), 1)
        self.assertRegex(answer.plot, r"^epoch 0\.\d+ of 1000, about \w+ left: train loss \d\.\d+, train acc 0\.\d+$")
        said = self.interrupted(answer)
        where = r"interrupted in epoch \d+, after step \d+ of 235: the parameters so far have not been saved\b"
        self.assertRegex(said.stderr + said.error, where)
        self.assertRegex(answer.plot, r"^epoch \S+ of 1000, interrupted: train loss ")
        self.works()

    def test_a_training_that_is_gone_on_with(self):
        path = json.dumps(str(self.folder / "interrupted.params"))
        trains = "net := lenet.New()\n_, err := d2l.TrainCh5(net"
        cell = train(epochs=1000).replace("d2l.Must(d2l.TrainCh5(lenet.New()", trains)
        cell = cell.replace("TryGPU(0)))", f"TryGPU(0))\nd2l.Check(net.SaveParameters({path}))\nd2l.Check(err)")
        said = self.interrupted(self.kernel.follow(self.kernel.send(cell), lambda a: " left" in a.plot))
        self.assertIn("the parameters so far are in " + json.loads(path), said.stderr + said.error)
        answer = self.kernel.run(f"""%%
_, testIter := d2l.LoadDataFashionMnist(256)
net := lenet.New()
d2l.Check(net.LoadParameters({path}, d2l.TryGPU(0)))
fmt.Println(net.Trained())
trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(0.003)))
for range trainer.Steps(testIter, nil) {{
}}
d2l.Check(trainer.Err())
fmt.Println(net.Trained())
""")
        trained = r"trained for (\S+) epochs \((\d+) steps\): loss \S+, train acc [\d.]+"
        self.assertRegex(answer.stdout, rf"^{trained}; saved 2\d\d\d-\d\d-\d\d \d\d:\d\d\n{trained}\n$", answer)
        before, after = re.findall(trained, answer.stdout)
        self.assertEqual(int(after[1]), int(before[1]) + 40)
        os.unlink(json.loads(path))
        self.works()

    def test_while_a_cell_is_built(self):
        answer = self.kernel.send(train(epochs=1000) + "// another program than before\n")
        eventually(lambda: any("build" in command for command in self.kernel.at_work().values()), lambda: "a go build")
        self.kernel.interrupt()
        self.kernel.follow(answer)
        # Between two steps of its own GoNB stops without a word: the cell is "ok" then, and has done nothing.
        if answer.status != "ok":
            self.assertIn("interrupted", answer.error)
        self.assertEqual((answer.stdout, answer.pictures), ("", 0), answer)
        self.works()

    def test_a_kernel_that_learns_of_it_after_the_program(self):
        """The interrupt is for the cell at hand, not for the next one."""
        catches = """%%
signals := make(chan os.Signal, 1)
signal.Notify(signals, os.Interrupt)
fmt.Println("begun")
<-signals
d2l.Check(d2l.ErrInterrupted)
"""
        for source in FOREVER, catches, "!echo begun; sleep 60":
            with self.subTest(source):
                answer = self.kernel.follow(self.kernel.send(source), Answer.begun)
                for program in self.kernel.at_work():
                    os.kill(program, signal.SIGINT)
                threading.Timer(0.1, os.kill, (self.kernel.manager.provisioner.pid, signal.SIGINT)).start()
                self.kernel.follow(answer)
                self.works()

    def test_without_a_cell(self):
        self.kernel.interrupt()
        time.sleep(1)  # Nothing tells when the kernel has learnt of it.
        self.works()

    def files(self):
        found = {}
        for entry in os.scandir(self.folder):
            try:
                found[entry.name] = entry.stat().st_size
            except FileNotFoundError:
                pass  # it has just got its real name
        return found

    def test_saved_parameters_are_whole(self):
        path = self.folder / "large.params"
        cell = IMPORTS + SAVE.replace("PATH", json.dumps(str(path)))
        for attempt in range(8):
            answer = self.kernel.follow(self.kernel.send(cell), lambda a: a.begun())
            self.assertEqual("loaded" in answer.stdout, attempt > 0, answer)
            if attempt % 2:
                time.sleep(random.uniform(0, 0.3))
            else:  # as soon as something is written
                before = self.files()
                eventually(lambda before=before: self.files() != before, lambda: "a change of the files")
            self.interrupted(answer)
        # The last one's, and whatever else has been left is hidden.
        answer = self.kernel.follow(self.kernel.send(cell), lambda a: a.begun())
        self.assertIn("loaded", answer.stdout)
        self.interrupted(answer)
        self.assertEqual([p.name for p in self.folder.iterdir() if not p.name.startswith(".")], ["large.params"])
        self.works()

    def test_a_cell_that_goes_on_for_ever(self):
        self.interrupted(self.kernel.follow(self.kernel.send(FOREVER), lambda a: a.begun()))
        self.works()

    def test_a_megabyte(self):
        answer = self.kernel.run('%%\nfor range 1024 {\n\tfmt.Println(strings.Repeat("x", 1023))\n}')
        self.assertEqual((answer.status, answer.stdout), ("ok", ("x" * 1023 + "\n") * 1024))
        self.works()

    def test_a_panic(self):
        answer = self.kernel.run('%%\npanic("no bananas")')
        self.assertEqual(answer.status, "error", answer)
        self.assertRegex(answer.error, r"^panic: no bananas\nline 2\n    panic\(\"no bananas\"\)\n\(%env GOTRACEBACK ")
        self.assertEqual(answer.stderr, "")
        self.works()

    def test_an_exit(self):
        answer = self.kernel.run('%%\nfmt.Println("so far")\nos.Exit(3)')
        self.assertEqual((answer.status, answer.stdout, answer.error), ("error", "so far\n", "exit status 3"), answer)
        self.assertEqual(self.kernel.run("%%\nos.Exit(0)").status, "ok")
        self.works()

    def test_goroutines_that_go_on(self):
        answer = self.kernel.run("%%\nfor range 100 {\n\tgo func() {\n\t\tfor {\n\t\t}\n\t}()\n}")
        self.assertEqual(answer.status, "ok", answer)
        self.works()


if __name__ == "__main__":
    unittest.main()
