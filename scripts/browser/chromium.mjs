import { createRequire } from "node:module";

/**
 * Starts Chromium, the program at executablePath, by the driver in the folder modules. It has its sandbox
 * where it can have one: not as root, and not in every container.
 */
export async function startChromium(executablePath, modules, say) {
  const { chromium } = createRequire(`${modules}/`)("playwright-core");
  const launch = (chromiumSandbox) =>
    chromium.launch({
      executablePath,
      chromiumSandbox,
      // The caller ends it, after what failed has been written down.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  if (process.getuid() === 0) return launch(false);
  try {
    return await launch(true);
  } catch (error) {
    if (!/sandbox/i.test(error.message)) throw error;
    say("Chromium cannot have its sandbox here and runs without; it opens nothing but JupyterLab");
    return launch(false);
  }
}
