"""What gonb.patch changes: cells of which GoNB loses something; called by scripts/test."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import FOREVER, PATIENCE, Answer, Kernel, OneKernel, eventually

TEXT = """import "fmt"

const usage = `
%3d  loss
!echo no command
package manager
%%
`

/*
%nor here
!exit 3
package comment
*/

func packages(
packageSize int,
ok bool) int {
if packageSize > 1 &&
!ok {
return packageSize
}
return 0
}

%%
package_ := packages(7, false)
fmt.Printf(usage,
package_)
"""

# By test, each cell with the error that it ends with, "" for none, and what it prints. They run in this order.
COMMANDS = [
    ("var ok = 1\n%%bash\nls", 'line 2: "%%bash" can only appear at the start of the cell'),
    ("%%\nfmt.Println(1)\nfunc main() {}", "unexpected|expected"),
    ("func main() {}\n\n%%\nfmt.Println(1)", "^line 3: this cell declares main twice, before 2 lines above"),
    ("%%\nfmt.Println(6 * 7)", "", "42\n"),  # It is the same kernel still.
    ("\ufefffunc hello() { fmt.Println(\"hello\") }", ""),
    ("%exec hello", "", "hello\n"),
    ("% exec hello", "", "hello\n"),
    ("%env D=1", "", 'Set: D="1"\n'),
]
TEXTS = [
    (TEXT, "", "\n  7  loss\n!echo no command\npackage manager\n%\n"),
    ("package pasted; import \"math\"\n%%\r\nfmt.Println(math.MaxInt8)", "", "127\n"),
    ('%%\nfmt.Print(strings.Repeat("é", 30000) + strings.Repeat("a" + strings.Repeat("世", 999), 20) + "\\xff")', "",
     "é" * 30000 + ("a" + "世" * 999) * 20 + "\ufffd"),
]
DIRECTIVES = [
    ("//go:embed a.txt\nvar labels string", "^line 1: //go:embed does nothing in a cell: remove it and read"),
    ("//go:build linux\n\nfunc g() {}", "//go:build does nothing in a cell: remove it"),
    ("// #include <math.h>\nimport \"C\"\n%%\nC.sqrt(4)", "the C code of a cell does not reach the compiler"),
    ("//go:noinline\nfunc kept() uintptr {\n"
     "\tpc, _, _, _ := runtime.Caller(0)\n\treturn runtime.FuncForPC(pc).Entry()\n}\n"
     "func inlined() uintptr {\n\tpc, _, _, _ := runtime.Caller(0)\n\treturn runtime.FuncForPC(pc).Entry()\n}\n%%\n"
     "fmt.Println(kept() == inlined())", "", "false\n"),
]
DECLARATIONS = [
    ("func two() (int, int) { return 1, 2 }\n\nvar a, b = two()\n"
     "var _ = func() int { fmt.Print(\"once \"); return 0 }()\n%%\nfmt.Println(a, b)", "", "once 1 2\n"),
    ("var a = 30\n%%\nfmt.Println(a, b)", "", "once 30 2\n"),
    ("var a, b = two()\n%%\nfmt.Println(a, b)", "", "once 1 2\n"),
    ("const b = 40\n%%\nfmt.Println(a, b)", "", "once 1 40\n"),
    ("var _ = func() int { fmt.Print(\"once \"); return 0 }()\n%%\nfmt.Println(a, b)", "", "once 1 40\n"),
    ("const (\n\t_ = iota\n\tkB, kiB = 1000 * iota, 1024 * iota\n\tmB, miB\n)\nconst (\n\t_ = iota\n\tone\n)\n%%\n"
     "fmt.Println(kB, kiB, mB, miB, one)", "", "once 1000 1024 2000 2048 1\n"),
    ("var kB = 5\n%%\nfmt.Println(kB, kiB, mB, miB, one)", "", "once 5 1024 2000 2048 1\n"),
    ("func kiB() int { return 6 }\n%%\nfmt.Println(kB, kiB(), mB, miB, one)", "", "once 5 6 2000 2048 1\n"),
    ("type S[T any] []T\ntype P[K, V any] struct{}\nfunc (s S[T]) Len() int { return len(s) }\n"
     "func (s *S[T]) Add(x T) { *s = append(*s, x) }\nfunc (P[K, V]) Len() int { return 2 }", "", ""),  # nothing runs
    ("func (s *S[E]) Add(e E) { *s = append(*s, e, e) }\n%%\ns := S[int]{7}\ns.Add(8)\n"
     "fmt.Println(s.Len(), P[int, int]{}.Len())", "", "once 3 2\n"),
    ("func P() int { return 7 }\n%%\nfmt.Println(P())", "", "once 7\n"),
    ("%rm S\n%%\nfmt.Println(P())", "", ". removed type S\nonce 7\n"),
    ("var flag = 8\n%%\nfmt.Println(flag)", "", "once 8\n"),
    ("%%\nfmt.Println(flag)", "", "once 8\n"),
    ("%reset", ""),
]
IMPORTS = [
    ('import "math/rand"\n%%\nfmt.Println(rand.Intn(1))', "", "0\n"),
    ('import "math/rand/v2"\n%%\nfmt.Println(rand.IntN(1))', "", "0\n"),
    ('import . "math"\n%%\nfmt.Println(Abs(-1))', "", "1\n"),
    ("%%\nfmt.Println(6 * 7)", "", "42\n"),
    ("%%\nfmt.Println(Abs(-2))", "", "2\n"),
    ("var rand = 3\n%%\nfmt.Println(rand)", "", "3\n"),
    ('import "math/rand"\n%%\nfmt.Println(rand.Intn(1))', "", "0\n"),
    ("%reset", ""),
]


class GonbTest(OneKernel):
    @classmethod
    def start(cls, owner, **options):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        owner(folder.cleanup)
        kernel = Kernel(Path(folder.name), **options)
        owner(kernel.close)
        return kernel

    @classmethod
    def setUpClass(cls):
        cls.kernel = cls.start(cls.addClassCleanup)

    def check(self, cells):
        for source, error, *printed in cells:
            with self.subTest(source):
                answer = self.kernel.run(source)
                self.assertRegex(answer.error, error or "^$", answer)
                self.assertEqual([answer.stdout][: len(printed)], printed)

    def test_commands_out_of_place(self):
        self.check(COMMANDS)

    def test_text_is_text_and_whole(self):
        self.check(TEXTS)

    def test_directives(self):
        self.check(DIRECTIVES)

    def test_declared_again(self):
        self.check(DECLARATIONS)

    def test_imports(self):
        self.check(IMPORTS)

    def test_cells_that_wait_behind_one_that_ends_by_an_error(self):
        for source in "%%\nnosuch()", FOREVER:
            with self.subTest(source):
                first = self.kernel.send(source)
                second = self.kernel.send('%%\nfmt.Println("it runs")')
                if source == FOREVER:
                    self.kernel.follow(first, Answer.begun)
                    self.kernel.interrupt()
                self.kernel.follow(first)
                self.assertEqual(self.kernel.follow(second).stdout, "")
                self.check([('%%\nfmt.Println("runs")', "", "runs\n")])

    def test_a_cell_that_reads_is_given_input(self):
        client = self.kernel.client
        client.allow_stdin = True
        self.addCleanup(setattr, client, "allow_stdin", False)
        for source in (
            "%%\nvar a, b string\nfmt.Scanln(&a)\nfmt.Scanln(&b)\nfmt.Println(a, b)",
            '!sh -c "sed -u 2q"; true',
            '%%\nvar a, b string\ngonbui.RequestInput("a", false)\nfmt.Scanln(&a)\nfmt.Scanln(&b)\nfmt.Println(a, b)',
        ):
            with self.subTest(source):
                answer = self.kernel.send(source)
                for line in "one", "two":
                    client.get_stdin_msg(timeout=PATIENCE)
                    client.input(line)
                self.assertEqual(self.kernel.follow(answer).stdout.split(), ["one", "two"])

    def test_what_a_program_shows_last_arrives(self):
        answer = self.kernel.run('%%\nfor range 1000 {\n\tgonbui.DisplayHTML("<p>")\n}\nos.Exit(1)')
        self.assertEqual(answer.pictures, 1000, answer)

    def test_what_a_program_leaves_behind_holds_its_pictures_not_for_long(self):
        source = """%%
gonbui.DisplayHTML("<p>")
sleep := exec.Command("sh", "-c", `exec sleep 60 3>"$GONB_PIPE"`)
_ = sleep.Start()
for {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/3", sleep.Process.Pid))
	if path == os.Getenv("GONB_PIPE") {
		break
	}
}"""
        answer = self.kernel.run(source)
        self.assertEqual((answer.status, answer.pictures), ("ok", 1), answer)
        self.assertIn("sleep 60", self.kernel.processes().values())

    def test_what_a_cell_leaves_behind_does_not_hold_it(self):
        answer = self.kernel.send("!sleep 60 & echo begun")
        self.kernel.follow(answer, Answer.begun)
        eventually(lambda: "sleep 60" in self.kernel.processes().values(), lambda: "the start of sleep")
        self.kernel.interrupt()
        self.kernel.follow(answer)
        self.assertIn("sleep 60", self.kernel.processes().values())  # It has not ended by itself.
        self.check([("%%\nfmt.Println(6 * 7)", "", "42\n")])

    def test_a_client_that_leaves_variables_as_they_stand(self):
        # Jupyter puts in the client's own PATH, as it stands.
        kernel = self.start(self.addCleanup, completes=True, PATH="${PATH}")
        answer = kernel.run('!ls -d /\n%%\nfmt.Println(6 * 7, os.Getenv("PATH")[:1])')
        self.assertEqual((answer.stdout, answer.error), ("/\n42 /\n", ""), answer)
        self.assertTrue(any("gopls" in command for command in kernel.processes().values()))
        kernel.kill()
        eventually(lambda: not kernel.processes(), kernel.processes)


if __name__ == "__main__":
    unittest.main()
