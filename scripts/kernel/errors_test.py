"""What a reader sees of mistakes: cells as a beginner writes them. Called by scripts/test."""

# ruff: noqa: E501 (a mistake a line)

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import KernelTest

STATEMENTS = [  # Cells without %%, and what they print.
    ('fmt.Println("hi")', "hi\n"),
    ("func square(x int) int { return x * x }\n\n// Prints it.\nfmt.Println(square(3))\ny := 4\nfmt.Println(y)", "9\n4\n"),
    ("for i := range 2 {\n\tfmt.Println(square(i))\n}", "0\n1\n"),
    ("var z = 5", ""),
    ("z++; fmt.Println(z)", "6\n"),
]
TOLD = [  # Mistakes, and what is said.
    ("x := 3", r"^x is local to this cell.*: var x = …, above the statements\.\nline 1: declared and not used: x\n    x := 3\n    \^$"),
    ("1+1", r"^To see a value, print it: fmt.Println\(…\)\nline 1: 1 \+ 1 .*is not used\n    1\+1\n    \^$"),
    ('%%\nimport "os"\nfmt.Println(os.Args)', r"^An import stands above the statements.*\nline 2: .*\n    import \"os\"\n    \^$"),
    ('fmt.Println("hi")\n%%', r"^%% in line 2 has nothing below it: it belongs above the first statement, line 1\.\nline 1: "),
    ('%%time\nfmt.Println("hi")', r"^line 1: %%time is no command of this kernel: .*d2l.NewTimer measures times"),
    ("fmt.Println?", r"^For help on a name, put the cursor on it and press Shift-Tab, or run: !\*go doc fmt.Println\nline 1: "),
    ("def f(x):\n    return x", r"^A function in Go: func f\(x int\) int \{ return x \}\nline 1: expected declaration, found def\n"),
    ("%%\nfor {\n\tfmt.Println()", r"^line 2: this \{ is not closed\n    for \{\n        \^$"),
    ("y = 4", r"^y is not declared .*\n= changes a variable .* y := …; .*\nline 1: undefined: y\n    y = 4\n    \^$"),
    ("x := None\nfmt.Println(x)", r"^None of Python is nil in Go\nline 1: undefined: None\n"),
    ("fmt.Println('text')", r'^Text stands in double quotes: "text"\nline 1: illegal rune literal\n'),
    ('var y int = "a"', r"^line 1: cannot use \"a\" .*\n    var y int = \"a\"\n {16}\^$"),
    ('import "nosuch"\n%%\nnosuch.F()', r"^Check the path\. .*\nline 1: package nosuch is not in std\n    import "),
    ('%% fmt.Println("hi")', r"^line 1: statements stand below the line with %%, not beside it$"),
    ("import \"github.com/d2l-go/book/d2l\"\n%%\nd2l.Must(d2l.TrainCh7(net, trainIter))",
     r"^net and trainIter are not declared .*\npackage d2l has no TrainCh7: the nearest name that it has is TrainCh\d\n"
     r"line 3: undefined: d2l.TrainCh7, net, trainIter\n    d2l.Must\(.*\n {17}\^$"),
    ("import \"github.com/d2l-go/book/d2l\"\nimport \"github.com/gomlx/gomlx/core/graph\"\nvar net = d2l.NewNet(d2l.ReLU)\n"
     "var loss = d2l.LossFunc(func(x, _ *graph.Node) *graph.Node { return net.Forward(x) })",
     r"^In a graph, as in a loss, .* net\.Apply\(x\) computes .*\nline 4: too many return values\n"),
    ("%%\nd2l.Check(errors.New(\"no bananas\"))", r"^error: no bananas\nline 2\n    d2l.Check\(errors.New\(\"no bananas\"\)\)$"),
    ("%%\nlog.Fatal(\"no bananas\")", "^exit status 1$"),
    ("func half(a []int) int {\n\treturn a[len(a)/2]\n}\n%%\nfmt.Println(half(nil))",
     r"^panic: runtime error: index out of range \[0\] with length 0\nline 2\n    return .*\ncalled in line 5\n    fmt.*\n\(%env"),
    ("%%\nfmt.Println(half(nil))", r"\ncell \[\d+\], line 2\ncalled in line 2\n    fmt.Println\(half\(nil\)\)\n"),
    ("func half() {}\nfunc half2() int { return half(nil) }", r"^line 2: half\(nil\) \(no value\) used as value\n    func half2"),
    ("func quarter() int { return half(nil) }", ""),
    ("func half(a []string) string { return a[0] }",
     r"^quarter of cell \[\d+\] does not fit .* %rm quarter above .*\ncell \[\d+\], line 1: cannot use half\(nil\) .*$"),
    ("%rm quarter\nfunc half(a []string) string { return a[0] }", ""),
    ("func quarter() string { return half(nil) }", ""),
    ("var late = []int{}[len(os.Args)]", r"^panic: .*\nline 1\n    var late"),
    ("fmt.Println()", r"^What cell \[\d+\] declared fails whenever a cell runs: .*\npanic: .*\ncell \[\d+\], line 1\n\(%env"),
    ("var late = 3", ""),
    ("%%\n_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)\ntime.Sleep(time.Hour)", r"^SIGABRT: abort\nline 2\n    .*\n\(%env"),
]


class ErrorsTest(KernelTest):
    completes = True  # as in JupyterLab

    def test_statements_without_a_line_above(self):
        for source, prints in STATEMENTS:
            with self.subTest(source):
                answer = self.kernel.run(source)
                self.assertEqual((answer.error, answer.stdout), ("", prints))

    def test_mistakes(self):
        for source, said in TOLD:
            with self.subTest(source):
                answer = self.kernel.run(source)
                self.assertRegex(answer.error, said or "^$", answer)
                self.assertNotRegex(answer.error, r"gonb_|/tmp|main\.go|goroutine|flag\.Parse")

    def test_the_whole_trace(self):
        self.kernel.run("%env GOTRACEBACK all")
        answer = self.kernel.run('%%\npanic("no bananas")')
        self.assertIn("goroutine 1 [running]:", answer.stderr)
        self.assertEqual(answer.error, "exit status 2")
        self.kernel.run("%env GOTRACEBACK single")
        answer = self.kernel.run('%%\npanic("no bananas")')
        self.assertRegex(answer.error, r"^panic: no bananas\nline 2\n")
        self.assertEqual(answer.stderr, "")


if __name__ == "__main__":
    unittest.main()
