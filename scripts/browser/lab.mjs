import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.mjs";

/**
 * Starts scripts/lab on a free port, with options; all that it says goes into the file log.
 *   address  a promise of the address with the token that it prints
 *   died     a promise that is rejected when it ends before stop is called
 *   stop()   ends it, its kernels with it
 */
export function startLab(root, log, options) {
  // A process group of its own: a Ctrl-C here reaches it through stop alone, and stop reaches all of it.
  const lab = spawn(`${root}/scripts/lab`, ["--no-browser", "--port=0", ...options], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const file = createWriteStream(log);
  let said = "";
  let stopping = false;
  const ended = new Promise((resolve) => {
    lab.once("error", (error) => resolve(error.message));
    lab.once("close", (status, signal) => resolve(signal ?? `status ${status}`));
  });
  const died = ended.then((how) => {
    if (stopping) return new Promise(() => {});
    throw new Failure(`expected scripts/lab to go on serving; it ended (${how}). It said last, all of it is in ${log}:\n${said.slice(-2000)}`);
  });
  died.catch(() => {}); // Not looked at yet is not unhandled.
  const address = new Promise((resolve) => {
    for (const stream of [lab.stdout, lab.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        file.write(text);
        said += text;
        const found = said.match(/http:\/\/(?:localhost|127\.0\.0\.1):\d+\/lab\S*[?&]token=\w+/);
        if (found) resolve(found[0]);
      });
    }
  });

  async function stop() {
    stopping = true;
    const signal = (name) => {
      try {
        process.kill(-lab.pid, name);
      } catch {
        // It has ended.
      }
    };
    signal("SIGTERM"); // JupyterLab ends its kernels before itself.
    if (!(await Promise.race([ended, sleep(30_000)]))) {
      console.error(`JupyterLab did not end within 30 s after SIGTERM and was killed; what it said is in ${log}`);
      signal("SIGKILL");
      await ended;
    }
    file.end();
  }
  return { address, died, stop };
}
