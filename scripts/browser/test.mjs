// Reads notebooks in a real browser, as a reader does, through scripts/lab. Called by scripts/browser-test, which says
// what it needs:
//
//   node test.mjs ROOT NOTEBOOK CHROMIUM MODULES [PART...]
//
// MODULES is a folder with playwright-core. Works in ROOT/out/browser, on a copy of NOTEBOOK and on notebooks of its
// own; without a PART all of them.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readsChapter } from "./chapter.mjs";
import { startChromium } from "./chromium.mjs";
import { completes } from "./completion.mjs";
import { Desk } from "./desk.mjs";
import { exports } from "./exports.mjs";
import { Failure } from "./failure.mjs";
import { interrupts } from "./interrupt.mjs";
import { startLab } from "./lab.mjs";
import { explains } from "./mistakes.mjs";

const [root, original, executablePath, modules, ...wanted] = process.argv.slice(2);

const out = `${root}/out/browser`;
const parts = { completion: completes, mistakes: explains, interrupt: interrupts, exports, chapter: readsChapter };

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
const desk = new Desk({ root, out, original });
try {
  const folders = [`--LabApp.user_settings_dir=${out}/settings`, `--LabApp.workspaces_dir=${out}/workspaces`];
  lab = desk.lab = startLab(root, `${out}/lab.log`, [...folders, desk.chapter], desk.gate.variables);
  const all = async () => {
    browser = desk.browser = await startChromium(executablePath, modules, desk.say);
    const gone = new Promise((_, reject) => {
      browser.once("disconnected", () => reject(new Failure("expected Chromium to go on running; it ended")));
    });
    for (const [name, read] of Object.entries(parts)) {
      if (wanted.length && !wanted.includes(name)) continue;
      const began = Date.now();
      await Promise.race([read(desk), gone]);
      await desk.clear();
      desk.say(`${name}: ${Math.round((Date.now() - began) / 1000)} s`);
    }
  };
  await Promise.race([all(), lab.died, interrupted]);
} catch (error) {
  status = signals[error] ?? 1;
  if (signals[error]) {
    console.error(`browser-test: ended by ${error}`);
  } else {
    console.error(`browser-test: ${error instanceof Failure ? error.message : error.stack}`);
    const file = `${out}/failed.png`;
    const shot = Promise.resolve(desk.notebook?.screenshot(file, desk.cell)).catch(() => {});
    await Promise.race([shot, sleep(20_000)]); // A page that hangs gives none.
    if (existsSync(file)) console.error(`browser-test: the page at that moment: ${desk.short(file)}`);
  }
}
await Promise.allSettled([browser?.close(), lab?.stop()]);
process.exit(status);
