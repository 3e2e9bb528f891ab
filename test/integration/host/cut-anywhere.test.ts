// The conversation is cut at any byte: the answer and the table agree all the same.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AnyIPError } from "../../../provider/errors";
import type { LocalRoute } from "../../../provider/host/route";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { cutAfter, makeFaultyHost, type Tamper } from "../../support/faulty-host";
import { expectNothingLeft } from "../../support/host-processes";
import { ensureAbsent, ensurePresent, localRoute } from "../../support/route-operations";
import { connectionSpec } from "../../support/sandbox-connection";
import { waitUntil } from "../../support/wait-until";

const seed = 20_260_311;
const added = localRoute("2001:db8:7::/64");
const replaced = localRoute("198.51.100.0/24");
const deleted = localRoute("2001:db8:8::/64", { metric: 5 });
const replacement = { ...replaced, protocol: 200, device: "eth0" };
/** Somebody else's, beside each of ours. */
const foreign = [added, replaced, deleted].map((route) => ({ ...route, metric: 777, protocol: 4 }));
const operations = [ensurePresent(added), ensurePresent(replacement), ensureAbsent(deleted)];

/** Lines as the host prints them, by what each operation makes of them: [as found, as asked for]. */
const expectations: readonly (readonly [string[], string[]])[] = [
  [[], [printed(added)]],
  [[printed(replaced)], [printed(replacement)]],
  [[printed(deleted)], []],
];

function printed({ prefix, device, table, protocol, metric, family }: LocalRoute): string {
  const scope = family === "ipv4" ? 254 : 0;
  const tail = metric === 0 ? "" : `metric ${metric} `;
  return `2 ${prefix} dev ${device} table ${table} proto ${protocol} scope ${scope} ${tail}`.trimEnd();
}

function* randomNumbers(): Generator<number, never> {
  // Numerical Recipes' linear congruential generator: the same positions in every run.
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** What is cut, how often, on which host, and in how many parts it is that we send. */
const cases = [
  ["once", "channel", "root", 4],
  ["once", "connection", "root", 4],
  ["always", "channel", "root", 4],
  ["always", "connection", "root", 4],
  // The look is sent a second time, in busybox's words.
  ["once", "channel", "busybox", 5],
  ["always", "connection", "busybox", 5],
] as const;

describe.concurrent("an exchange that is cut", { timeout: 150_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const hosts = cases.map(([times, what, flavour]) => ({ name: `${times}-${what}-${flavour}`, flavour }));
    sandbox = await createSandbox({ hosts });
  });
  afterAll(() => sandbox?.close());

  async function prepare(machine: Host): Promise<void> {
    const line = ({ prefix, protocol, metric }: LocalRoute) =>
      `route add local ${prefix} dev lo table local proto ${protocol} metric ${metric}`;
    await machine.runIp(["-4", "route", "flush", "table", "local", "root", "198.51.100.0/24"]);
    await machine.runIp(["-6", "route", "flush", "table", "local", "root", "2001:db8::/32"]);
    await machine.configureNetwork([replaced, deleted, ...foreign].map(line));
  }

  async function listRoutes(machine: Host, prefix: string): Promise<string[]> {
    const lines = (await machine.routes()).split("\n").filter((line) => line.startsWith(`2 ${prefix} `));
    return lines.map((line) => line.replace(/ pref medium$/, "").trimEnd()).sort();
  }

  /** Runs the operations and compares each answer with what the host then has, after its time to take back. */
  async function runAndCompare(machine: Host, tamper: Tamper): Promise<boolean[]> {
    await prepare(machine);
    const host = makeFaultyHost(connectionSpec(sandbox, machine, { dialErrorLimit: 3 }), tamper);
    const outcomes = await Promise.allSettled(operations.map((operation) => host.change(operation)));
    return Promise.all(
      outcomes.map(async (outcome, index) => {
        const isDone = outcome.status === "fulfilled";
        if (!isDone) {
          const { reason } = outcome;
          if (!(reason instanceof AnyIPError)) throw reason;
          expect(["CONNECTION_LOST", "CHANGE_REVERTED"], reason.message).toContain(reason.code);
        }
        const wanted = [
          ...(expectations[index]?.[isDone ? 1 : 0] ?? []),
          ...foreign.slice(index, index + 1).map(printed),
        ].sort();
        const prefix = [added, replaced, deleted][index]?.prefix ?? "";
        const look = () => listRoutes(machine, prefix);
        await waitUntil(look, (lines) => lines.join("\n") === wanted.join("\n"), isDone ? 0 : 12_000);
        return isDone;
      }),
    );
  }

  it.each(cases)("%s, by its %s, agrees with the host (%s)", async (times, what, flavour, parts) => {
    const machine = sandbox.host(`${times}-${what}-${flavour}`);
    // The parts end where one write ends: start script, look, change, confirmation.
    const ends: number[] = [];
    await runAndCompare(machine, ({ text, send }) => {
      ends.push((ends.at(-1) ?? 0) + text.length);
      send(text);
    });
    const total = ends.at(-1) ?? 0;
    expect(ends).toHaveLength(parts);
    const random = randomNumbers();
    // A third of the positions in the last, short part, where most depends on the byte.
    const positions = Array.from({ length: 12 }, (_, index) => {
      const from = index % 3 === 0 ? (ends.at(-2) ?? 0) : 0;
      return Math.floor(from + random.next().value * (total - from));
    });
    const isCut = (channelIndex: number) => times === "always" || channelIndex === 0;
    for (const position of [...positions, ...ends, 0].sort((a, b) => a - b)) {
      const done = await runAndCompare(machine, cutAfter(position, what, isCut)).catch((error: unknown) => {
        throw new Error(`cut at ${position} of ${ends.join(", ")} (seed ${seed})`, { cause: error });
      });
      if (times === "once") expect(done, `cut at ${position} of ${ends}`).toEqual([true, true, true]);
    }
    await expectNothingLeft(machine, "fault");
  });
});
