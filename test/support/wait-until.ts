// Waits for something to become true, also where no test runs (in hooks).
import { setTimeout as sleep } from "node:timers/promises";

/** Looks again and again until `look` answers something that satisfies `isDone`; then answers with it. */
export async function waitUntil<T>(
  look: () => T | Promise<T>,
  isDone: (value: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (isDone(value)) return value;
    if (Date.now() > deadline) throw new Error(`after ${timeoutMs} ms still ${JSON.stringify(value)}`);
    await sleep(50);
  }
}
