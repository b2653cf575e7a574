import { copyWithoutOutputs, writeNotebook } from "./copy.mjs";
import { Gate } from "./gate.mjs";
import { Notebook } from "./notebook.mjs";

/** What all parts of the test share: the lab, the browser, and the notebook that is open. */
export class Desk {
  lab;
  browser;
  // What a failure's screenshot is taken of.
  notebook;
  cell = 0;

  /**
   * Copies the notebook original without outputs to this.chapter, where it trains for four epochs; this.shown is what
   * the original shows.
   */
  constructor({ root, out, original }) {
    Object.assign(this, { root, out, original });
    this.gate = new Gate(`${out}/gate`);
    this.folder = `${out}/notebooks`;
    this.chapter = `${this.folder}/lenet.ipynb`;
    this.shown = copyWithoutOutputs(original, this.chapter, (line) =>
      line.replace("numEpochs := 0.9, 10", () => {
        this.epochs = 4; // The book's ten are trained without a browser.
        return `numEpochs := 0.9, ${this.epochs}`;
      }),
    );
  }

  say = (text) => console.log(`browser-test: ${text}`);

  short(file) {
    return file.replace(`${this.root}/`, "");
  }

  /** Opens the chapter as scripts/lab says. */
  async openChapter() {
    await this.#page();
    await this.notebook.page.goto(await this.lab.address);
    await this.notebook.opened(this.shown.length);
    return this.notebook;
  }

  /**
   * Opens a new notebook with code cells of these sources, or a file of the folder that has so many cells, and waits
   * until its kernel is idle. Nothing else is open there.
   */
  async open(name, sources, prepare = () => {}) {
    if (Array.isArray(sources)) writeNotebook(this.original, `${this.folder}/${name}.ipynb`, sources);
    await this.#page();
    await prepare(this.notebook.page);
    const address = new URL(await this.lab.address);
    address.pathname = `/lab/workspaces/${name}/tree/${name}.ipynb`;
    await this.notebook.page.goto(address.href);
    await this.notebook.opened(sources.length ?? sources);
    await this.notebook.idle();
    return this.notebook;
  }

  async #page() {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.setDefaultTimeout(120_000); // It may be a busy machine.
    this.notebook = new Notebook(page);
    this.cell = 0;
  }

  async screenshot(name, cell) {
    const file = `${this.out}/${name}.png`;
    await this.notebook.screenshot(file, cell);
    this.say(this.short(file));
  }

  /** Closes the page, and ends all kernels. */
  async clear() {
    await this.notebook.page.close();
    this.notebook = undefined;
    const { origin, searchParams } = new URL(await this.lab.address);
    const headers = { Authorization: `token ${searchParams.get("token")}` };
    const kernels = await (await fetch(`${origin}/api/kernels`, { headers })).json();
    for (const { id } of kernels) await fetch(`${origin}/api/kernels/${id}`, { method: "DELETE", headers });
  }
}
