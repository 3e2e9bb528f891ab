// How many handshakes run at once: 4 per sshd, 32 in all, nobody starved.

import { expect, it } from "vitest";
import { HandshakeGate } from "../../../provider/transport/handshake-gate";

it("never lets more through than sshd takes, and lets all through in the end", async () => {
  const gate = new HandshakeGate();
  const running = new Map<string, number>();
  let total = 0;
  let done = 0;
  let mostPerSshd = 0;
  let mostInAll = 0;
  const addresses = Array.from({ length: 20 }, (_, index) => `host-${index}:22`);
  const jobs = addresses.flatMap((address) =>
    Array.from({ length: 10 }, (_, index) =>
      gate.run(address, async () => {
        running.set(address, (running.get(address) ?? 0) + 1);
        total++;
        mostPerSshd = Math.max(mostPerSshd, running.get(address) ?? 0);
        mostInAll = Math.max(mostInAll, total);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running.set(address, (running.get(address) ?? 0) - 1);
        total--;
        done++;
        if (index % 3 === 0) throw new Error("a failed handshake gives its place back");
      }),
    ),
  );
  await Promise.allSettled(jobs);
  expect({ done, mostPerSshd, mostInAll }).toEqual({ done: 200, mostPerSshd: 4, mostInAll: 32 });
});

it("does not let one busy sshd hold up another", async () => {
  const gate = new HandshakeGate(1, 10);
  const order: string[] = [];
  let finish = (): void => {};
  const busy = gate.run("a", () => new Promise<void>((resolve) => (finish = resolve)));
  const behind = gate.run("a", async () => void order.push("a"));
  await gate.run("b", async () => void order.push("b"));
  finish();
  await Promise.all([busy, behind]);
  expect(order).toEqual(["b", "a"]);
});
