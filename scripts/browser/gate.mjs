import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

/** While the gate is shut no kernel's gopls starts: the program `nice`, with which it does, waits. */
export class Gate {
  #shut;

  constructor(folder) {
    this.#shut = `${folder}/shut`;
    mkdirSync(folder, { recursive: true });
    const nice = `${folder}/nice`;
    writeFileSync(
      nice,
      `#!/bin/sh\nwhile [ -e "${this.#shut}" ]; do sleep 0.05; done\nexec "$(command -pv nice)" "$@"\n`,
    );
    chmodSync(nice, 0o755);
    this.variables = { PATH: `${folder}:${process.env.PATH}` };
  }

  shut() {
    writeFileSync(this.#shut, "");
  }

  open() {
    rmSync(this.#shut, { force: true });
  }
}
