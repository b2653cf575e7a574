// The chapter as a reader runs it: nothing to save after it was opened, all cells run, the plot seen to grow, saved,
// read again after a reload.
import { printedIn } from "./copy.mjs";
import { eventually, expect, Failure } from "./failure.mjs";
import { opensUnchanged } from "./opening.mjs";

// The two lines that end training.
const results = /loss [\d.]+, train acc [\d.]+, test acc [\d.]+/;
const rate = /[\d.]+ examples\/sec on \w+\(\d+\)/;
// In four epochs the Animator draws 20; it would be 4 if it drew only once an epoch.
const pictures = 10;
// Training takes seconds on two cores, and many times that on a machine that does more besides.
const patience = 30 * 60;

const named = (shown, i) => `cell ${i} (${JSON.stringify(shown[i].source.slice(0, 40))})`;

/** What differs between what the page shows and what it should show; nothing if all is well. */
function differences(shown, page) {
  const found = [];
  shown.forEach((cell, i) => {
    const seen = page[i];
    const name = named(shown, i);
    if (!cell.code) return;
    if (seen.running || !seen.count) found.push(`${name} has not finished`);
    if (seen.wrong) found.push(`${name} shows an error or text on standard error: ${seen.wrong.slice(0, 1000)}`);
    if (cell.printed && !seen.printed) found.push(`${name} prints nothing`);
    const { length } = seen.pictures;
    if (length !== cell.pictures) found.push(`${name} shows ${length} pictures, and not ${cell.pictures}`);
    for (const { hidden } of seen.pictures) if (hidden) found.push(`${name} has a picture that is not seen: ${hidden}`);
  });
  return found.join("; ");
}

/** Reads the copy of the chapter on the desk. */
export async function readsChapter(desk) {
  const { original, chapter, shown, say } = desk;
  const screenshot = (name, cell) => desk.screenshot(name, cell);
  const training = shown.findIndex((cell) => results.test(cell.printed) && rate.test(cell.printed));
  const whole = training >= 0 && shown[training].pictures === 1;
  expect(whole, `a cell in ${original} with a plot and the two lines that end training`, "none");

  expect(desk.epochs === 4, "lr, numEpochs := 0.9, 10 in the notebook, of which the copy makes four epochs", "none");

  const notebook = await desk.openChapter();
  const { page } = notebook;
  const before = await notebook.read();
  expect(
    before.every((cell) => !cell.printed && !cell.pictures.length),
    "the copy without outputs to be open",
    "another notebook, with outputs",
  );

  await opensUnchanged(notebook, shown.length, chapter, say);
  await page.goto(await desk.lab.address);
  await notebook.opened(shown.length);

  say("run all cells");
  await notebook.watch(training, results);
  await notebook.runAll();
  const look = async () => {
    const { waiting, ran, wrong, text } = await notebook.progress();
    desk.cell = wrong < 0 ? training : wrong;
    if (wrong >= 0) {
      const seen = `${named(shown, wrong)} with: ${text.slice(0, 2000)}`;
      throw new Failure(`expected no cell to show an error or text on standard error; saw ${seen}`);
    }
    return { waiting, ran };
  };
  await eventually(`${pictures} different pictures of the Animator before training ends`, patience, async () => {
    const seen = await notebook.watched();
    if (seen.pictures >= pictures) return "";
    const { waiting, ran } = await look();
    expect(!seen.ended, `${pictures} different pictures of the Animator before training ends`, `${seen.pictures}`);
    return `${seen.pictures} of them; ${ran} cells have run, ${waiting} are to run; ${await notebook.dialog()}`;
  });
  await screenshot("training", training);
  if ((await notebook.watched()).ended) say("(training ended while that was taken)");
  await eventually("all cells to finish", patience, async () => {
    const { waiting, ran } = await look();
    return waiting || !ran ? `${ran} cells have run, ${waiting} are to run` : "";
  });
  say(`the Animator showed ${(await notebook.watched()).pictures} different pictures before training ended`);

  await eventually("every code cell to have finished without an error, with its pictures and its text", 60, async () =>
    differences(shown, await notebook.read()),
  );
  const ran = await notebook.read();
  const lines = ran[training].printed;
  expect(results.test(lines) && rate.test(lines), "the two lines that end training", JSON.stringify(lines));

  say("save");
  desk.cell = training;
  await notebook.save();
  await eventually("the notebook to be saved", 60, async () => {
    const saved = printedIn(chapter);
    const missing = ran.findIndex((cell, i) => cell.printed !== saved[i]);
    if (missing >= 0) return `a file without what ${named(shown, missing)} printed; ${await notebook.dialog()}`;
    return (await notebook.unsaved()) ? `the mark of a notebook that is not saved; ${await notebook.dialog()}` : "";
  });

  const again = async (when) => {
    await eventually(`to find the pictures and the text of every cell again ${when}`, 60, async () => {
      const seen = await notebook.read();
      const lost = ran.findIndex(
        (cell, i) =>
          cell.printed !== seen[i].printed ||
          cell.pictures.map(({ source }) => source).join() !== seen[i].pictures.map(({ source }) => source).join(),
      );
      if (lost >= 0) desk.cell = lost;
      return differences(shown, seen) || (lost < 0 ? "" : `other pictures or text in ${named(shown, lost)}`);
    });
  };
  const drawings = shown.flatMap((cell, i) => (cell.pictures && i !== training ? [i] : []));
  say("reload");
  await page.reload();
  await notebook.opened(shown.length);
  await again("after the reload");
  await screenshot("start", 0);
  for (const [n, cell] of drawings.entries()) await screenshot(`figure-${n + 1}`, cell);
  await screenshot("reloaded", training);

  await notebook.theme("Dark");
  await again("in the dark theme");
  for (const [n, cell] of drawings.entries()) await screenshot(`dark-figure-${n + 1}`, cell);
  await screenshot("dark-training", training);
}
