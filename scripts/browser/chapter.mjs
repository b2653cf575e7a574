// Reads the chapter in a real browser, as a reader does: opens it through scripts/lab, runs all cells and
// watches the plot grow, saves, reloads. Called by scripts/browser-test, which says what it needs:
//
//   node chapter.mjs ROOT NOTEBOOK CHROMIUM MODULES
//
// MODULES is a folder with playwright-core. Works in ROOT/out/browser, on a copy of NOTEBOOK.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startChromium } from "./chromium.mjs";
import { copyWithoutOutputs, printedIn } from "./copy.mjs";
import { eventually, expect, Failure } from "./failure.mjs";
import { startLab } from "./lab.mjs";
import { Notebook } from "./notebook.mjs";
import { opensUnchanged } from "./opening.mjs";

const [root, original, executablePath, modules] = process.argv.slice(2);

const out = `${root}/out/browser`;
const copy = `${out}/notebooks/lenet.ipynb`;
const settings = `${out}/settings`;
const theme = `${settings}/@jupyterlab/apputils-extension/themes.jupyterlab-settings`;

// The two lines that end training.
const results = /loss [\d.]+, train acc [\d.]+, test acc [\d.]+/;
const rate = /[\d.]+ examples\/sec on \w+\(\d+\)/;
// The chapter's Animator draws 50; as many would be left if it drew only once an epoch.
const pictures = 10;
// Training takes half a minute on two cores, and many times that on a machine that does more besides.
const patience = 30 * 60;

const say = (text) => console.log(`browser-test: ${text}`);
// What a failure's screenshot is taken of.
const now = { notebook: undefined, cell: 0 };
const short = (file) => file.replace(`${root}/`, "");

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

async function screenshot(notebook, name, cell) {
  const file = `${out}/${name}.png`;
  await notebook.screenshot(file, cell);
  say(short(file));
}

async function read(shown, lab, browser) {
  const training = shown.findIndex((cell) => results.test(cell.printed) && rate.test(cell.printed));
  const whole = training >= 0 && shown[training].pictures === 1;
  expect(whole, `a cell in ${original} with a plot and the two lines that end training`, "none");

  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  const notebook = (now.notebook = new Notebook(page));
  await page.goto(await lab.address);
  await notebook.opened(shown.length);
  const before = await notebook.read();
  expect(
    before.every((cell) => !cell.printed && !cell.pictures.length),
    "the copy without outputs to be open",
    "another notebook, with outputs",
  );

  await opensUnchanged(notebook, shown.length, copy, say);
  await page.goto(await lab.address);
  await notebook.opened(shown.length);

  say("run all cells");
  await notebook.watch(training, results);
  await notebook.runAll();
  const look = async () => {
    const { waiting, ran, wrong, text } = await notebook.progress();
    now.cell = wrong < 0 ? training : wrong;
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
  await screenshot(notebook, "training", training);
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
  now.cell = training;
  await notebook.save();
  await eventually("the notebook to be saved", 60, async () => {
    const saved = printedIn(copy);
    const missing = ran.findIndex((cell, i) => cell.printed !== saved[i]);
    if (missing >= 0) return `a file without what ${named(shown, missing)} printed; ${await notebook.dialog()}`;
    return (await notebook.unsaved()) ? `the mark of a notebook that is not saved; ${await notebook.dialog()}` : "";
  });

  const reload = async (what) => {
    say(what);
    await page.reload();
    await notebook.opened(shown.length);
    await eventually("to find the pictures and the text of every cell again after the reload", 60, async () => {
      const again = await notebook.read();
      const lost = ran.findIndex(
        (cell, i) =>
          cell.printed !== again[i].printed ||
          cell.pictures.map(({ source }) => source).join() !== again[i].pictures.map(({ source }) => source).join(),
      );
      if (lost >= 0) now.cell = lost;
      return differences(shown, again) || (lost < 0 ? "" : `other pictures or text in ${named(shown, lost)}`);
    });
  };
  const drawings = shown.flatMap((cell, i) => (cell.pictures && i !== training ? [i] : []));
  await reload("reload");
  await screenshot(notebook, "start", 0);
  for (const [n, cell] of drawings.entries()) await screenshot(notebook, `figure-${n + 1}`, cell);
  await screenshot(notebook, "reloaded", training);

  mkdirSync(dirname(theme), { recursive: true });
  writeFileSync(theme, JSON.stringify({ theme: "JupyterLab Dark" }));
  await reload("reload with the dark theme");
  await eventually("a dark page", 60, async () =>
    (await page.evaluate(() => document.body.dataset.jpThemeLight)) === "false" ? "" : "a light one",
  );
  for (const [n, cell] of drawings.entries()) await screenshot(notebook, `dark-figure-${n + 1}`, cell);
  await screenshot(notebook, "dark-training", training);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const interrupted = new Promise((_, reject) => {
  for (const name of Object.keys(signals)) process.on(name, () => reject(name));
});
interrupted.catch(() => {});

let status = 0;
let lab;
let browser;
try {
  const shown = copyWithoutOutputs(original, copy);
  const folders = [`--LabApp.user_settings_dir=${settings}`, `--LabApp.workspaces_dir=${out}/workspaces`];
  lab = startLab(root, `${out}/lab.log`, [...folders, copy]);
  const all = async () => {
    browser = await startChromium(executablePath, modules, say);
    const gone = new Promise((_, reject) => {
      browser.once("disconnected", () => reject(new Failure("expected Chromium to go on running; it ended")));
    });
    await Promise.race([read(shown, lab, browser), gone]);
  };
  await Promise.race([all(), lab.died, interrupted]);
} catch (error) {
  status = signals[error] ?? 1;
  if (signals[error]) {
    console.error(`browser-test: ended by ${error}`);
  } else {
    console.error(`browser-test: ${error instanceof Failure ? error.message : error.stack}`);
    const file = `${out}/failed.png`;
    const shot = Promise.resolve(now.notebook?.screenshot(file, now.cell)).catch(() => {});
    await Promise.race([shot, sleep(20_000)]); // A page that hangs gives none.
    if (existsSync(file)) console.error(`browser-test: the page at that moment: ${short(file)}`);
  }
}
await Promise.allSettled([browser?.close(), lab?.stop()]);
process.exit(status);
