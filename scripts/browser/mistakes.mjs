// What a reader sees of mistakes: each cell by itself, in the order of the list.
import { expect } from "./failure.mjs";

const imports = 'import (\n\t"github.com/d2l-go/book/d2l"\n\t"github.com/d2l-go/book/lenet"\n)\n';
const window = "d2l.NewNet(d2l.Sequential{d2l.Conv2D{Channels: 6, KernelSize: 50}})";
const train = (epochs) =>
  `%%\ntrainIter, testIter := d2l.LoadDataFashionMnist(256)\n` +
  `d2l.Must(d2l.TrainCh5(lenet.New(), trainIter, testIter, ${epochs}, 0.9, d2l.TryGPU(0)))`;

// Cells, and the first words below them. What stands below no cell: the program that the kernel makes, its places on
// the machine, other cells' code, Go's trace.
const mistakes = [
  // A forgotten %%.
  ['fmt.Println("hi")', "hi\n"],
  ["x := 3", "x is local to this cell"],
  ["1+1", "To see a value, print it: fmt.Println(…)\nline 1:"],
  ['%%\nimport "os"\nfmt.Println(os.Args)', "An import stands above the statements"],
  ['fmt.Println("hi")\n%%', "%% in line 2 has nothing below it: it belongs above the first statement"],
  ['%%time\nfmt.Println("hi")', "line 1: %%time is no command of this kernel"],
  ["fmt.Println?", "For help on a name, put the cursor on it and press Shift-Tab"],
  // Python's words.
  ["def f(x):\n    return x", "A function in Go: func f(x int) int { return x }\nline 1:"],
  ["import math", 'Go imports a package by its path in quotes: import "math"\nline 1:'],
  ['print("x is", 3)', "x is3"],
  ["fmt.Println('text')", 'Text stands in double quotes: "text"\nline 1:'],
  ["# a comment\nfmt.Println(3)", "A comment in Go begins with //\nline 1:"],
  // Names.
  [imports + "%%\nd2l.Must(lenet.New().Forward(batchSize))", "batchSize is not declared in any cell"],
  ["%%\nd2l.TrainCh7(lenet.New())", "package d2l has no TrainCh7: the nearest name that it has is TrainCh"],
  ["%%\nfmt.Println(later.Len())", "later is declared in code cell 24"],
  ["y = 4", "y is not declared"],
  ["%%\nd2l.Must(lenet.New().Summary(1, 28, 28))", "line 2: lenet.New().Summary undefined"],
  // Braces and types.
  ["%%\nfor {\n\tfmt.Println()", "line 2: this { is not closed\n"],
  ["%%\nvar images []float32 = 3", "line 2: cannot use 3"],
  ["%%\nd2l.SoftmaxCrossEntropyLoss(3)", "A layer or a loss is written with its fields in braces"],
  // At run time.
  [`%%\nd2l.Must(d2l.DrawVertical(${window}, 1, 28, 28))`, "error: "],
  [train(0), "panic: d2l: "],
  ['%%\npixels := make([]int, 3)\nfmt.Println(pixels[len(os.Args)+2])', "panic: runtime error: index out of range"],
  // Not run: what a cell above needs.
  ["var later, _ = d2l.LoadDataFashionMnist(256)"],
];
const foreign = /gonb_|main\.go:|\/tmp\/|flag\.Parse|exit status|goroutine \d/;

export async function explains(desk) {
  const notebook = await desk.open("mistakes", mistakes.map(([source]) => source));
  const { page } = notebook;
  for (const [i, [source, first]] of mistakes.entries()) {
    if (first === undefined) continue;
    desk.cell = i;
    const text = await notebook.run(i);
    desk.say(`${JSON.stringify(source)}\n${text.split("\n").slice(0, 3).join("\n").replace(/^/gm, "    ")}`);
    expect(text.startsWith(first), `${JSON.stringify(first)} below ${JSON.stringify(source)}`, text);
    const found = text.match(foreign);
    expect(!found, `nothing of the kernel's own program below ${JSON.stringify(source)}`, `${found?.[0]} in ${text}`);
    expect(text.split("\n").length <= 12, `at most 12 lines below ${JSON.stringify(source)}`, text);
  }
  for (const theme of ["Light", "Dark"]) {
    await notebook.theme(theme);
    for (const width of [1280, 700]) {
      await page.setViewportSize({ width, height: 3600 });
      await desk.screenshot(`mistakes-${theme.toLowerCase()}-${width}`, 0);
      const { colours, broken } = await page.evaluate(look);
      expect(colours === 3, "three colours below the cells", `${colours}`);
      expect(!broken.length, `no line that is broken within a word, ${width} pixels wide`, broken.join(", "));
    }
  }
  await notebook.theme("Light");
}

/** In the page: how many colours the text below the cells has, and which of its words are broken. */
function look() {
  const colours = new Set();
  const broken = [];
  for (const text of document.querySelectorAll(".jp-OutputArea-output pre")) {
    const nodes = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) {
      const node = nodes.currentNode;
      colours.add(getComputedStyle(node.parentElement).color);
      for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        if (range.getClientRects().length > 1 && word.length < 20) broken.push(word);
      }
    }
  }
  return { colours: colours.size, broken };
}
