import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const outputsOf = (cell) => cell.outputs ?? [];
const isPicture = (output) => Object.keys(output.data ?? {}).some((kind) => kind.startsWith("image/"));
const printed = (cell) =>
  outputsOf(cell)
    .filter((output) => output.name === "stdout")
    .map((output) => [output.text].flat().join(""))
    .join("");

/**
 * Copies a notebook without its outputs, so that all that is seen later comes from running the copy and
 * saving leaves the notebook as it is. change makes of a line that of the copy. Returns for each cell what the notebook
 * shows there: how many pictures, and what is printed.
 */
export function copyWithoutOutputs(from, to, change) {
  const notebook = JSON.parse(readFileSync(from, "utf8"));
  const shown = notebook.cells.map((cell) => ({
    id: cell.id,
    code: cell.cell_type === "code",
    source: [cell.source].flat().join(""),
    pictures: outputsOf(cell).filter(isPicture).length,
    printed: printed(cell),
  }));
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    Object.assign(cell, { outputs: [], execution_count: null, source: [cell.source].flat().map(change) });
  }
  write(notebook, to);
  return shown;
}

/** Writes a new notebook with code cells of these sources, for the kernel of the notebook like. */
export function writeNotebook(like, to, sources) {
  const notebook = JSON.parse(readFileSync(like, "utf8"));
  const cell = { cell_type: "code", execution_count: null, metadata: {}, outputs: [] };
  write({ ...notebook, cells: sources.map((source, i) => ({ ...cell, id: `cell-${i}`, source })) }, to);
}

function write(notebook, to) {
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, JSON.stringify(notebook, null, 1) + "\n");
}

/** What is printed below each cell of a notebook's file; nothing as long as it is half written. */
export function printedIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).cells.map(printed);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
