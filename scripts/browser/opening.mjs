import { readFileSync } from "node:fs";
import { expect } from "./failure.mjs";

/**
 * Reads an open notebook, which nobody has changed, restarts its kernel, reloads the page and closes the notebook: its
 * kernel is at once idle each time, and neither the page nor the file has anything to save.
 */
export async function opensUnchanged(notebook, cells, file, say) {
  const before = readFileSync(file);
  const unchanged = async (after) => {
    await notebook.idle(after);
    expect(!(await notebook.unsaved()), `nothing to save ${after}`, "the mark of a notebook that is not saved");
    expect(readFileSync(file).equals(before), `the same file ${after}`, "another one");
  };
  say("open, restart the kernel, reload, close: nothing to save");
  await unchanged("after the notebook was opened");
  await notebook.restart();
  await unchanged("after the kernel's restart");
  await notebook.page.reload();
  await notebook.opened(cells);
  await unchanged("after the page was reloaded");
  await notebook.close();
  expect(readFileSync(file).equals(before), "the same file after the notebook was closed", "another one");
}
