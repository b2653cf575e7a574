// The chapter as JupyterLab's menu exports it.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { eventually, expect } from "./failure.mjs";

/** Chooses a kind of export, and returns the file that the browser downloads. */
async function download({ notebook, out }, kind) {
  const { page } = notebook;
  const found = [];
  const watch = (page) => page.on("download", (file) => found.push(file));
  watch(page);
  page.context().on("page", watch); // It opens one for it.
  await notebook.menu("File", "Save and Export Notebook As", kind);
  // Whether HTML is to be sanitized, as it is by default.
  if (kind === "HTML") await page.locator(".jp-Dialog .jp-mod-accept").click();
  await eventually(`${kind} to be downloaded`, 120, () => (found.length ? "" : "no file"));
  const path = `${out}/exports/${found[0].suggestedFilename()}`;
  mkdirSync(`${out}/exports`, { recursive: true });
  await found[0].saveAs(path);
  return path;
}

export async function exports(desk) {
  const { root, original, folder, shown, browser } = desk;
  copyFileSync(original, `${folder}/exported.ipynb`);
  await desk.open("exported", shown.length);

  const html = await download(desk, "HTML");
  expect(html.endsWith("/exported.html"), "a file exported.html", html);
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.goto(`file://${html}`);
  const heading = shown[0].source.match(/^# (.+)/)[1];
  const title = await page.title();
  expect(title === heading, `the title ${heading}`, title);
  const seen = await page.evaluate(() => {
    const code = document.querySelector(".jp-CodeCell pre");
    const plain = getComputedStyle(code).color;
    const words = [...document.querySelectorAll(".jp-CodeCell pre span")].filter(({ textContent }) =>
      ["var", "func", "if", "for", "return", "import"].includes(textContent),
    );
    return {
      heading: document.querySelector("h1")?.firstChild.textContent,
      tags: document.body.innerText.match(/<\/?(?:p|h\d|li)\b.{0,40}/g) ?? [],
      tab: getComputedStyle(code).tabSize,
      words: [...new Set(words.map(({ textContent }) => textContent))].sort().join(),
      uncoloured: words.filter((word) => getComputedStyle(word).color === plain).map((word) => word.outerHTML),
      pictures: document.images.length,
      silent: [...document.images].filter(({ alt }) => !/\w/.test(alt)).map(({ outerHTML }) => outerHTML.slice(0, 80)),
    };
  });
  expect(seen.heading === heading, `the heading ${heading}`, seen.heading);
  expect(!seen.tags.length, "text without tags", seen.tags[0]);
  expect(seen.tab === "4", "tabs of 4 columns", seen.tab);
  expect(seen.words === "for,func,if,import,return,var", "Go's keywords", seen.words);
  expect(!seen.uncoloured.length, "each keyword in colour", seen.uncoloured.slice(0, 3).join());
  const pictures = shown.reduce((sum, cell) => sum + cell.pictures, 0);
  expect(seen.pictures === pictures, `${pictures} pictures`, `${seen.pictures}`);
  expect(!seen.silent.length, "an alternative text for each picture", seen.silent.join());
  await page.screenshot({ path: `${desk.out}/exported.png` });
  desk.say(desk.short(`${desk.out}/exported.png`));
  await page.close();

  const program = await download(desk, "Executable Script");
  expect(program.endsWith("/exported.go"), "a file exported.go", program);
  const text = readFileSync(program, "utf8");
  expect(text.startsWith("package main\n"), "a program", text.slice(0, 80));
  const asSetUp = "-gcflags=all=-dwarf=false"; // With this flag all packages have been compiled.
  for (const [command, ...args] of [["gofmt", "-l", program], ["go", "vet", asSetUp, program]]) {
    let said = "";
    try {
      said = execFileSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      said = `${error.message}\n${error.stderr}`;
    }
    expect(!said, `nothing to say for ${command} ${args.join(" ")}`, said);
  }
}
