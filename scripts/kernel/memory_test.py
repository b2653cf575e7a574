"""How cells keep the memory of their programs; called by scripts/test."""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from jupyter_client.kernelspec import KernelSpecManager
from register import ALLOCATOR
from session import ROOT, KernelTest

# A program with a product of 100 MB, that runs twenty times, each time in another thread.
CELL = r"""
import (
	"fmt"
	"runtime"
	"syscall"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

%%
inProduct := d2l.Compile(func(x *graph.Node) *graph.Node {
	return graph.Dot(graph.Dot(x, graph.Transpose(x, 0, 1)).Product(), x).Product()
})
x := tensors.FromFlatDataAndDimensions(make([]float32, 10000), 5000, 2)
var before, after syscall.Rusage
for i := range 20 {
	if i == 10 {
		syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	}
	done := make(chan bool)
	go func() {
		runtime.LockOSThread() // So that it ends with the function.
		d2l.Must(inProduct(x)).FinalizeAll()
		close(done)
	}()
	<-done
}
syscall.Getrusage(syscall.RUSAGE_SELF, &after)
fmt.Println("faults", after.Minflt-before.Minflt, "peak", after.Maxrss)
"""


class MemoryTest(KernelTest):
    def test_a_program_gets_the_memory_of_its_last_run(self):
        spec = KernelSpecManager().get_kernel_spec("gonb")
        if spec.env["GLIBC_TUNABLES"] != ALLOCATOR:
            self.skipTest("set-up has found settings of the user's own")
        said = str(self.kernel.run(CELL))
        self.assertRegex(said, r"faults \d+ peak \d+")
        faults, peak = map(int, re.search(r"faults (\d+) peak (\d+)", said).groups())
        product = 5000 * 5000 * 4
        # The program alone is as large as a product. A small block may lie in the way of the next one, once in all
        # runs, at any of them: then there is memory for two. With settings left out there are four, or ten new ones.
        self.assertLess(peak * 1024, 3.5 * product, "the memory of one run did not fit the next")
        pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
        if not (pages.exists() and "[always]" in pages.read_text()):  # There a product has 50 pages.
            self.assertLess(faults, 2 * product / 4096, "ten runs got a product's memory from the system again")

    def test_a_program_of_ones_own_is_told_how(self):
        self.assertIn(f"export GLIBC_TUNABLES={ALLOCATOR}`", Path(ROOT, "d2l/README.md").read_text())


if __name__ == "__main__":
    unittest.main()
