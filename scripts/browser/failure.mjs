import { setTimeout as sleep } from "node:timers/promises";

/** What the reader would not have seen as it should be. Its message says what was expected and what was seen. */
export class Failure extends Error {}

export function expect(holds, expected, seen) {
  if (!holds) throw new Failure(`expected ${expected}; saw ${seen}`);
}

/** Looks again and again until look returns nothing; what it returns is what is seen instead of the expected. */
export async function eventually(expected, seconds, look) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (!seen) return;
    expect(Date.now() < end, `${expected} within ${seconds} s`, seen);
    await sleep(250);
  }
}
