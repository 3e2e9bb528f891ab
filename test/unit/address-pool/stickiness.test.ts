// Random lives of a pool: names come, go, grow and come back, time passes; what must hold after every step.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBlock } from "../../../net/allocation/request";
import { holdsPrefix, isPrefixProblem, overlaps, type Prefix } from "../../../net/prefix";
import { requirePrefix } from "../net/require-prefix";
import { type Properties, SmallEngine } from "./small-engine";

interface Step {
  readonly names: Readonly<Record<string, number>>;
  readonly strategy: string | undefined;
  readonly exclude: readonly string[];
  readonly hours: number;
  readonly refresh: boolean;
  readonly pool: string;
}

interface Life {
  readonly quarantine: string | undefined;
  readonly steps: readonly Step[];
}

const labels = ["blog", "docs", "mail", "news", "shop", "wiki"];
// Shorter ones come and go, so that names grow and shrink; each pool holds the one before it.
const pools = ["2001:db8::10/124", "2001:db8::/123", "2001:db8::/122"];
const firstPool = pools[0] ?? "";

const anyStep: fc.Arbitrary<Step> = fc.record({
  names: fc.dictionary(fc.constantFrom(...labels), fc.constantFrom(128, 128, 127, 126), {
    noNullPrototype: true,
  }),
  strategy: fc.constantFrom(undefined, undefined, "random", "nextFree", "keyed"),
  exclude: fc.uniqueArray(fc.constantFrom("2001:db8::10", "2001:db8::13", "2001:db8::1c/126"), {
    maxLength: 2,
  }),
  hours: fc.integer({ min: 0, max: 30 }),
  refresh: fc.boolean(),
  pool: fc.constantFrom(firstPool, firstPool, ...pools),
});

const anyLife: fc.Arbitrary<Life> = fc.record({
  quarantine: fc.constantFrom(undefined, undefined, "24h"),
  steps: fc.array(anyStep, { minLength: 1, maxLength: 8 }),
});

function programOf(
  { names, strategy, exclude, pool }: Step,
  { quarantine }: Life,
  order: readonly string[],
): Properties {
  const list = order
    .filter((name) => Object.hasOwn(names, name))
    .map((name) => (names[name] === 128 ? name : { name, prefixLength: names[name] }));
  return {
    pool,
    names: list,
    ...(strategy === undefined ? {} : { strategy }),
    ...(exclude.length === 0 ? {} : { exclude }),
    ...(quarantine === undefined ? {} : { quarantine }),
  };
}

function requireBlock(text: string | undefined): Prefix {
  const block = parseBlock(text ?? "");
  if (isPrefixProblem(block)) throw new Error(`${text} ${block.problem}`);
  return block;
}

/** What must hold after a step that succeeded. */
function expectSound(engine: SmallEngine, step: Step, before: Record<string, string>): void {
  const blocks = Object.entries(engine.results).map(([name, text]) => ({ name, block: requireBlock(text) }));
  expect(blocks.map(({ name }) => name).sort()).toEqual(Object.keys(step.names).sort());
  blocks.forEach(({ name, block }, index) => {
    expect(block.length).toBe(step.names[name]);
    expect(holdsPrefix(requirePrefix(step.pool), block)).toBe(true);
    for (const other of blocks.slice(index + 1)) expect(overlaps(block, other.block)).toBe(false);
    const had = Object.hasOwn(before, name) ? requireBlock(before[name]) : undefined;
    // What a name keeps begins where it began.
    if (had) expect(block.network).toBe(had.network);
  });
}

describe("an AddressPool", () => {
  it("renumbers nobody, overlaps nowhere, and does what it has foreseen, whatever comes and goes", {
    timeout: 60_000,
  }, async () => {
    let [steps, foresights] = [0, 0];
    await fc.assert(
      fc.asyncProperty(anyLife, async (life) => {
        const engine = new SmallEngine();
        for (const step of life.steps) {
          engine.nowMs += step.hours * 3_600_000;
          if (step.refresh && engine.outputs) await engine.refresh();
          const before = { ...engine.results };
          const outputs = engine.outputs;
          const outcome = await engine.up(programOf(step, life, labels));
          steps++;
          if (outcome.foreseen) foresights++;
          if (outcome.done === "refused" || outcome.done === "failed") {
            expect(outcome.said).toMatch(/has no free|cannot grow/);
            expect(engine.outputs).toBe(outputs);
            continue;
          }
          expectSound(engine, step, outcome.done === "replace" ? {} : before);
          if (outcome.foreseen) expect(engine.results).toEqual(outcome.foreseen);
        }
      }),
      { numRuns: 1000 },
    );
    // Otherwise the property would say little.
    expect(foresights).toBeGreaterThan(steps / 4);
  });

  it("gives each name the same in whatever order the program has them", async () => {
    const anyCase = fc.tuple(anyLife, fc.shuffledSubarray(labels, { minLength: labels.length }));
    await fc.assert(
      fc.asyncProperty(anyCase, async ([life, order]) => {
        const [one, other] = [new SmallEngine(), new SmallEngine()];
        for (const step of life.steps) {
          const fixed = step.strategy === "random" ? { ...step, strategy: "keyed" } : step;
          await one.up(programOf(fixed, life, labels));
          await other.up(programOf(fixed, life, order));
          expect(other.results).toEqual(one.results);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("gives nobody else what is in quarantine", async () => {
    await fc.assert(
      fc.asyncProperty(anyLife, async (given) => {
        const life: Life = { ...given, quarantine: "24h" };
        const engine = new SmallEngine();
        /** When an address was last somebody's, and whose. */
        const lastHad = new Map<bigint, { name: string; untilMs: number }>();
        for (const step of life.steps) {
          engine.nowMs += step.hours * 3_600_000;
          const before = addressesOf(engine);
          const outcome = await engine.up(programOf({ ...step, pool: firstPool }, life, labels));
          if (outcome.done === "refused" || outcome.done === "failed") continue;
          const after = addressesOf(engine);
          for (const [address, name] of before) {
            if (after.get(address) !== name) lastHad.set(address, { name, untilMs: engine.nowMs });
          }
          for (const [address, name] of after) {
            const last = lastHad.get(address);
            const isOver = !last || last.name === name || engine.nowMs - last.untilMs >= 24 * 3_600_000;
            expect(isOver, `${name} got what ${last?.name} had`).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function addressesOf(engine: SmallEngine): Map<bigint, string> {
  const addresses = new Map<bigint, string>();
  for (const [name, text] of Object.entries(engine.results)) {
    const { network, length } = requireBlock(text);
    for (let offset = 0n; offset < 1n << BigInt(128 - length); offset++)
      addresses.set(network + offset, name);
  }
  return addresses;
}
