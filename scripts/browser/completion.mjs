// Tab and Shift-Tab in a notebook that has just been opened.
import { readFileSync } from "node:fs";
import { eventually, expect } from "./failure.mjs";

const [names, call, other] = ["d2l.TrainC", "%%\nd2l.TrainCh5(", "%%\nfmt.Println(6 * 7)"];

/** Has a page note when it asks for a kernel, and the kinds of messages of Tab and of cells in their order. */
function listens(page) {
  const heard = { kinds: [] };
  page.on("request", (request) => {
    if (request.method() === "POST" && /\/api\/sessions\b/.test(request.url())) heard.started ??= Date.now();
  });
  page.on("websocket", (socket) => {
    const note = ({ payload }) => {
      const kind = payload.toString("latin1").match(/"msg_type": ?"((?:complete|execute)_(?:request|reply))"/)?.[1];
      // The answer to a question has the question's kind too.
      if (!kind || heard.kinds.includes(kind)) return;
      heard.kinds.push(kind);
      heard.at = Date.now();
    };
    socket.on("framesent", note);
    socket.on("framereceived", note);
  });
  return heard;
}

export async function completes(desk) {
  let heard;
  const prepare = (page) => (heard = listens(page));
  const notebook = await desk.open("completion", [names, call, other], prepare);
  const { page } = notebook;
  const listed = async () => {
    const items = await page.locator(".jp-Completer-item .jp-Completer-match").allTextContents();
    return ["TrainCh5", "TrainCh6"].every((name) => items.some((item) => item.endsWith(name)))
      ? ""
      : `the list ${items.join(", ") || "of nothing"}`;
  };
  const tab = async () => {
    await notebook.edit(0);
    heard.kinds.length = 0;
    await page.keyboard.press("Tab");
  };
  const answered = () =>
    eventually("the kernel to answer Tab", 120, () => (heard.kinds.includes("complete_reply") ? "" : "no answer"));

  await tab();
  const asked = Date.now();
  await answered();
  const settings = JSON.parse(readFileSync(`${desk.root}/scripts/lab-settings.json`, "utf8"));
  const patience = settings["@jupyterlab/completer-extension:manager"].providerTimeout;
  if (heard.at - asked > patience) await tab(); // It is a busy machine, and JupyterLab no longer waits.
  await eventually(`Tab after ${names} to list TrainCh5 and TrainCh6`, 60, listed);
  const since = (time) => `${((Date.now() - time) / 1000).toFixed(1)} s after`;
  const times = `${since(heard.started)} JupyterLab asked for the kernel, ${since(asked)} the key`;
  desk.say(`the first Tab is answered ${times}`);
  await desk.screenshot("tab", 0);
  await page.keyboard.press("Escape");

  desk.cell = 1;
  await notebook.edit(1);
  await page.keyboard.press("Shift+Tab");
  await eventually("Shift-Tab in a call that is not finished to show the function's signature", 120, async () => {
    const help = (await page.locator(".jp-Tooltip").allTextContents()).join();
    const whole = help.includes("func d2l.TrainCh5[") && help.includes("numEpochs int");
    return whole ? "" : `the help ${help || "of nothing"}`;
  });
  await desk.screenshot("shift-tab", 1);
  await page.keyboard.press("Escape");

  // A cell beside a Tab that cannot be answered yet.
  desk.cell = 2;
  desk.gate.shut();
  await notebook.restart();
  await notebook.idle("after the restart");
  await tab();
  await eventually("Tab to ask the kernel", 60, () => (heard.kinds.length ? "" : "no question"));
  const printed = await notebook.run(2);
  expect(printed === "42\n", "what a cell prints beside a Tab that is not answered", JSON.stringify(printed));
  const order = heard.kinds.join(", ");
  const fine = order === "complete_request, execute_request, execute_reply";
  expect(fine, "Tab to be asked, then the cell to be run, and Tab not to be answered", order);
  desk.gate.open();
  await answered();
  await tab();
  await eventually("Tab to list TrainCh5 and TrainCh6 after the restart", 60, listed);
}
