import { eventually } from "./failure.mjs";

/** A notebook that is open in JupyterLab's page. */
export class Notebook {
  constructor(page) {
    this.page = page;
  }

  /** Waits until all cells are there and the kernel is known. */
  async opened(cells) {
    await eventually("the notebook to be open, with its kernel", 180, () =>
      this.page.evaluate((cells) => {
        const there = document.querySelectorAll(".jp-Notebook .jp-Cell").length;
        if (there !== cells) return `${there} cells of ${cells}`;
        if (document.querySelector("#jupyterlab-splash")) return "JupyterLab's start picture";
        const kernel = document.querySelector(".jp-Toolbar-kernelName")?.textContent ?? "none";
        return kernel.includes("gonb") ? "" : `the kernel ${kernel}`;
      }, cells),
    );
  }

  /** Waits until the kernel is idle. */
  async idle(when = "") {
    await eventually(`the kernel to be idle ${when}`, 120, async () => {
      const state = await this.state();
      return state === "idle" ? "" : `it is ${state}`;
    });
  }

  async runAll() {
    await this.menu("Run", "Run All Cells");
  }

  /** Puts the cursor at the end of a cell. */
  async edit(cell) {
    await this.cell(cell).locator(".cm-content").click();
    await this.page.keyboard.press("ControlOrMeta+End");
  }

  /** Begins to run a cell. */
  async begin(cell) {
    await this.edit(cell);
    await this.page.keyboard.press("ControlOrMeta+Enter");
  }

  /** Waits until a cell, which has begun, has ended; returns the text below it. */
  async ended(cell, seconds = 300) {
    await eventually(`cell ${cell} to end`, seconds, async () => {
      const prompt = await this.cell(cell).locator(".jp-InputPrompt").first().textContent();
      return /\d/.test(prompt) ? "" : `the prompt ${prompt}`;
    });
    await this.idle(`after cell ${cell}`);
    return this.text(cell);
  }

  async run(cell, seconds) {
    await this.begin(cell);
    return this.ended(cell, seconds);
  }

  cell(index) {
    return this.page.locator(".jp-Notebook .jp-Cell").nth(index);
  }

  /** The text below a cell. */
  async text(cell) {
    return (await this.cell(cell).locator(".jp-OutputArea-output").allTextContents()).join("");
  }

  /** The words in the pictures below a cell, which are SVG. */
  words(cell) {
    return this.cell(cell).evaluate(async (cell) => {
      const texts = [...cell.querySelectorAll(".jp-OutputArea-output img")].map(async ({ src }) => {
        const picture = new DOMParser().parseFromString(await (await fetch(src)).text(), "image/svg+xml");
        return [...picture.querySelectorAll("text")].map((text) => text.textContent).join(" ");
      });
      return (await Promise.all(texts)).join(" ");
    });
  }

  /** Interrupts the kernel with the toolbar's button. */
  async interrupt() {
    await this.page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"]').click();
  }

  async save() {
    await this.menu("File", "Save Notebook");
  }

  /** Chooses JupyterLab's theme, Light or Dark. */
  async theme(name) {
    await this.menu("Settings", "Theme", `JupyterLab ${name}`);
    const light = `${name === "Light"}`;
    // JupyterLab lays its start picture over the page while it loads a theme.
    await eventually(`the theme ${name}`, 60, () =>
      this.page.evaluate((light) => {
        if (document.body.dataset.jpThemeLight !== light) return "the other one";
        return document.querySelector("#jupyterlab-splash") ? "JupyterLab's start picture" : "";
      }, light),
    );
  }

  /** Begins to restart the kernel, and says yes to the question. */
  async restart() {
    await this.menu("Kernel", "Restart Kernel…");
    // The page itself notes that state, which may last for a moment alone.
    await this.page.evaluate(() => {
      window.restarting = false;
      new MutationObserver(() => {
        window.restarting ||= !!document.querySelector('.jp-Notebook-ExecutionIndicator[data-status="restarting"]');
      }).observe(document.body, { subtree: true, attributeFilter: ["data-status"] });
    });
    await this.page.locator(".jp-Dialog .jp-mod-accept").click();
    await eventually("the kernel to restart", 120, async () =>
      (await this.page.evaluate(() => window.restarting)) ? "" : `it is ${await this.state()}`,
    );
  }

  /**
   * Closes the notebook, without a question. A page that has just been loaded may not know yet which tab is the current
   * one; then nothing is closed, and a reader chooses it again.
   */
  async close() {
    let chosen = 0;
    await eventually("the notebook to close without a question", 60, async () => {
      if (!(await this.page.locator(".jp-NotebookPanel").count())) return "";
      const dialog = await this.dialog();
      if (!dialog && Date.now() > chosen + 5_000) {
        await this.menu("File", "Close Tab");
        chosen = Date.now();
      }
      return `it is open; ${dialog}`;
    });
  }

  /** The kernel's state as the notebook shows it, such as idle. */
  state() {
    return this.page.evaluate(() => document.querySelector(".jp-Notebook-ExecutionIndicator")?.dataset.status);
  }

  /**
   * Chooses from the menu of this name, item by item. JupyterLab closes a menu to which it adds items, as it does when
   * its server has said what it exports: then it is opened once more.
   */
  async menu(name, ...items) {
    const title = [name, ...items].join(" > ");
    await eventually(`the menu to offer ${title}`, 120, async () => {
      let at = name;
      try {
        await this.page.locator(".lm-MenuBar-item", { hasText: name }).first().click({ timeout: 10_000 });
        for (const [depth, item] of items.entries()) {
          at = item;
          const menu = this.page.locator(".lm-Menu").nth(depth);
          const entry = menu.locator(".lm-Menu-item", { has: this.page.getByText(item, { exact: true }) });
          await entry.click({ timeout: 10_000 });
        }
        return "";
      } catch (error) {
        if (error.name !== "TimeoutError") throw error;
        for (const _ of [name, ...items]) await this.page.keyboard.press("Escape"); // Each closes one menu.
        return `nothing to click at ${at}: ${error.message.split("\n")[0]}`;
      }
    });
  }

  /** Whether the tab has the mark of a notebook that is not saved. */
  async unsaved() {
    return (await this.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.jp-mod-current.jp-mod-dirty").count()) > 0;
  }

  /** The text of a dialog of JupyterLab, as a sentence; empty without one. */
  async dialog() {
    const texts = await this.page.locator(".jp-Dialog-content").allInnerTexts();
    return texts.length ? `the page shows a dialog: ${texts.join(" / ").replace(/\s+/g, " ")}` : "";
  }

  /**
   * Scrolls to every cell and returns what a reader sees there:
   *   running, count   whether the cell waits or runs, and its number in the order of running
   *   printed, wrong   its text, and its errors and text on standard error
   *   pictures         their source, and what keeps them from being seen
   */
  read() {
    return this.page.evaluate(async () => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const found = [];
      for (const cell of document.querySelectorAll(".jp-Notebook .jp-Cell")) {
        cell.scrollIntoView();
        await frame();
        const prompt = cell.querySelector(".jp-InputPrompt")?.textContent ?? "";
        const texts = (kind) =>
          [...cell.querySelectorAll(`.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.${kind}"]`)]
            .map((output) => output.textContent)
            .join("");
        const pictures = [];
        const drawn = ".jp-OutputArea-output :is(img, canvas), .jp-OutputArea-output > svg";
        for (const picture of cell.querySelectorAll(drawn)) {
          picture.scrollIntoView({ block: "center" });
          await frame();
          await frame();
          const box = picture.getBoundingClientRect();
          const page = cell.closest(".jp-WindowedPanel-outer").getBoundingClientRect();
          const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          let hidden = "";
          const loaded = picture.tagName !== "IMG" || (picture.complete && picture.naturalWidth > 0);
          const visible = { opacityProperty: true, visibilityProperty: true };
          if (!loaded) hidden = "it cannot be drawn";
          else if (box.width < 20 || box.height < 20) hidden = `it is ${box.width} × ${box.height} pixels small`;
          else if (box.right > page.right) hidden = `it ends ${box.right - page.right} pixels to the right of the page`;
          else if (!picture.checkVisibility(visible)) hidden = "it is not displayed";
          else if (!picture.contains(middle)) hidden = `something lies over it: ${middle?.className}`;
          pictures.push({ source: picture.src ?? picture.outerHTML, hidden });
        }
        found.push({
          running: prompt.includes("*"),
          count: Number(prompt.match(/\d+/)?.[0] ?? 0),
          printed: texts("stdout"),
          wrong: texts("stderr") + texts("error"),
          pictures,
        });
      }
      return found;
    });
  }

  /** Where running stands, without scrolling: how many cells wait or run, how many have run, which one failed. */
  progress() {
    return this.page.evaluate(() => {
      const cells = [...document.querySelectorAll(".jp-Notebook .jp-Cell")];
      const prompts = cells.map((cell) => cell.querySelector(".jp-InputPrompt")?.textContent ?? "");
      const bad = '.jp-OutputArea-output:is([data-mime-type$=".stderr"], [data-mime-type$=".error"])';
      const wrong = cells.findIndex((cell) => cell.querySelector(bad));
      return {
        waiting: prompts.filter((prompt) => prompt.includes("*")).length,
        ran: prompts.filter((prompt) => /\d/.test(prompt)).length,
        wrong,
        text: cells[wrong]?.querySelector(bad).textContent.trim() ?? "",
      };
    });
  }

  /**
   * Has the page itself note each picture that appears in a cell's output, so that none is missed, until
   * a line matches end; see pictures.
   */
  async watch(cell, end) {
    await this.page.evaluate(
      ([index, end]) => {
        const notebook = document.querySelector(".jp-Notebook");
        const seen = (window.seenPictures = { sources: [], ended: false });
        new MutationObserver(() => {
          if (seen.ended) return;
          const cell = notebook.querySelectorAll(".jp-Cell")[index];
          seen.ended = new RegExp(end).test(cell.querySelector(".jp-OutputArea")?.textContent ?? "");
          const source = cell.querySelector(".jp-OutputArea-output img")?.src;
          if (!seen.ended && source && !seen.sources.includes(source)) seen.sources.push(source);
        }).observe(notebook, { subtree: true, childList: true, attributes: true, characterData: true });
      },
      [cell, end.source],
    );
  }

  /** How many different pictures the watched cell has shown before the end, and whether that has come. */
  watched() {
    return this.page.evaluate(() => {
      const { sources, ended } = window.seenPictures;
      return { pictures: sources.length, ended };
    });
  }

  /** Scrolls to the output of a cell, or to the first cell or one without output, and takes a picture of the page. */
  async screenshot(file, cell) {
    await this.page.evaluate(async (index) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const cell = document.querySelectorAll(".jp-Notebook .jp-Cell")[index];
      const shown = (index && cell?.querySelector(".jp-OutputArea-child")) || cell;
      // What lies above gets its true height only when it comes near; then the page moves on.
      for (let still = 0, last, n = 0; shown && still < 5 && n < 200; n++) {
        shown.scrollIntoView({ block: index === 0 ? "start" : "center" });
        await frame();
        const { top } = shown.getBoundingClientRect();
        still = top === last ? still + 1 : 0;
        last = top;
      }
    }, cell);
    await this.page.screenshot({ path: file });
  }
}
