import { spawn } from "node:child_process";
import { createWriteStream, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, Failure } from "./failure.mjs";

/** Kills every process whose environment holds mark. */
function killMarked(mark) {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      if (environment.includes(mark)) process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended, or is another user's.
    }
  }
}

/**
 * Starts scripts/lab on a free port, with options and variables of the environment; all that it says goes into the
 * file log.
 *   address  a promise of the address with the token that it prints
 *   died     a promise that is rejected when it ends before stop is called
 *   stop()   ends it, its kernels with it
 */
export function startLab(root, log, options, variables) {
  // A kernel is in a process group of its own and outlives a JupyterLab that is killed; all have this mark.
  const mark = ["D2L_BROWSER_TEST", `${process.pid}`];
  // So is scripts/lab: a Ctrl-C here reaches it through stop alone.
  const lab = spawn(`${root}/scripts/lab`, ["--no-browser", "--port=0", ...options], {
    detached: true,
    env: { ...process.env, ...variables, [mark[0]]: mark[1] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const file = createWriteStream(log);
  let said = "";
  let stopping = false;
  const ended = new Promise((resolve) => {
    lab.once("error", (error) => resolve(error.message));
    lab.once("exit", (status, signal) => resolve(signal ?? `status ${status}`));
  });
  const died = ended.then((how) => {
    if (stopping) return new Promise(() => {});
    const last = `It said last, all of it is in ${log}:\n${said.slice(-2000)}`;
    throw new Failure(`expected scripts/lab to go on serving; it ended (${how}). ${last}`);
  });
  const printed = new Promise((resolve) => {
    for (const stream of [lab.stdout, lab.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        file.write(text);
        said += text;
        const found = said.match(/http:\/\/(?:localhost|127\.0\.0\.1):\d+\/lab\S*[?&]token=\w+/);
        if (found) resolve(found[0]);
      });
    }
  });

  // It is printed a moment before anybody listens there.
  const address = printed.then(async (address) => {
    await eventually(`JupyterLab to answer at ${address}`, 120, () =>
      fetch(address).then(
        (answer) => (answer.ok ? "" : `the answer ${answer.status}`),
        (error) => `${error.cause ?? error}`,
      ),
    );
    return address;
  });
  for (const promise of [died, address]) promise.catch(() => {}); // Not awaited yet is not unhandled.

  async function stop() {
    stopping = true;
    try {
      process.kill(-lab.pid, "SIGTERM"); // JupyterLab ends its kernels before itself.
    } catch {
      // It has ended.
    }
    if (!(await Promise.race([ended, sleep(30_000)]))) {
      console.error(`JupyterLab did not end within 30 s after SIGTERM and is killed; what it said is in ${log}`);
    }
    killMarked(mark.join("="));
    file.end();
  }
  return { address, died, stop };
}
