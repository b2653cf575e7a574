// A training that is interrupted with the toolbar's button, what is left of it, and how it goes on.
import { eventually, expect } from "./failure.mjs";

const packages = ["d2l-go/book/d2l", "d2l-go/book/lenet", "gomlx/gomlx/core/tensors"];
const imports = packages.map((name) => `import "github.com/${name}"\n`).join("");
const declarations = ["net", "load", "evaluate-accuracy-gpu", "train-ch5"];
const goesOn = `%%
d2l.Check(net.LoadParameters("../out/lenet.params", d2l.TryGPU(0)))
trainer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.9)))
for range trainer.Steps(testIter, nil) {
}
d2l.Check(trainer.Err())
fmt.Println(net.Trained())`;
const [training, predict, last] = [1, 2, 3];

export async function interrupts(desk) {
  const [train, predicts, ...declared] = ["train-lenet", "predict", ...declarations].map((id) => {
    const cell = desk.shown.find((cell) => cell.id === id);
    expect(cell, `a cell ${id} in ${desk.original}`, "none");
    return cell.source;
  });
  const notebook = await desk.open("interrupt", [[imports, ...declared].join("\n"), train, predicts, goesOn]);
  const nothing = await notebook.run(0);
  expect(!nothing, "nothing below declarations", nothing);

  desk.cell = training;
  await notebook.begin(training);
  await eventually("a plot that says how much time is left", 600, async () => {
    const words = await notebook.words(training);
    return words.includes(" left") ? "" : words || `${await notebook.text(training)}, and no plot`;
  });
  await notebook.interrupt();
  const said = await notebook.ended(training);
  const plot = await notebook.words(training);
  const far = /epoch [\d.]+ of 10, interrupted.*train loss \d\.\d+, train acc \d\.\d+/;
  expect(far.test(plot), "the plot, which says how far it came and that it was interrupted", plot);
  const step = "(?:in epoch \\d+, after step \\d+ of 235|in an evaluation, after [\\d.]+ epochs of training)";
  const where = new RegExp(`^error: interrupted ${step}: the parameters so far are in ../out/lenet.params\n`);
  expect(where.test(said), "how far the training came, and where the parameters are", said);
  await desk.screenshot("interrupted", training);

  const trained = /trained for ([\d.]+) epochs \((\d+) steps\): loss [\d.]+, train acc [\d.]+/;
  const saved = new RegExp(`^${trained.source}; saved \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d\n`);
  desk.cell = predict;
  const loaded = await notebook.run(predict);
  expect(saved.test(loaded), "how far the loaded parameters were trained, and when they were saved", loaded);
  await desk.screenshot("interrupted-loaded", predict);

  desk.cell = last;
  const on = await notebook.run(last);
  const [before, after] = [loaded, on].map((text) => Number(text.match(trained)?.[2]));
  expect(after === before + 40, `${before} + 40 steps after a pass through the test set`, on);

  // A narrow window has all of each picture.
  await notebook.theme("Dark");
  await notebook.page.setViewportSize({ width: 700, height: 1000 });
  await eventually("pictures that a narrow window shows whole", 60, async () =>
    (await notebook.read()).flatMap(({ pictures }) => pictures.flatMap(({ hidden }) => hidden || [])).join("; "),
  );
  await desk.screenshot("interrupted-dark-700", predict);
  await notebook.theme("Light");
}
