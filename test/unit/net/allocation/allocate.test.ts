// Every strategy against a list of addresses; what pools that are full say; and how even the draws are.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBits } from "../../../../net/address";
import { allocate, explainExhausted, keyedCandidates, type Want } from "../../../../net/allocation/allocate";
import { PrefixTree } from "../../../../net/allocation/prefix-tree";
import { formatBlock, parseExclusion } from "../../../../net/allocation/request";
import { nothingReserved, reservedRanges } from "../../../../net/allocation/reserved";
import { formatPrefix, holdsPrefix, type Prefix } from "../../../../net/prefix";
import { requirePrefix } from "../require-prefix";
import { documentedCandidate } from "./documented-candidate";
import { anyPoolCase, isSame, type NaivePool, replay } from "./naive-pool";

const runs = { numRuns: 1000 };
const randomBits = (count: number) => BigInt(`0x${randomBytes(Math.ceil(count / 8)).toString("hex")}`);
const strategies = ["keyed", "random", "nextFree", "sparse"] as const;

function makeWant(strategy: Want["strategy"], length: number, key: string): Want {
  if (strategy === "keyed") return { strategy, length, key };
  return strategy === "random" ? { strategy, length, random: randomBits } : { strategy, length };
}

function prefixOf(answer: ReturnType<typeof allocate>): Prefix | undefined {
  return "prefix" in answer ? answer.prefix : undefined;
}

/** A pool with a history, and a length that is not that of single addresses where the strategy is for blocks only. */
const anyWanted = fc.tuple(anyPoolCase, fc.constantFrom(...strategies)).chain(([poolCase, strategy]) =>
  fc.record({
    poolCase: fc.constant(strategy === "sparse" ? { ...poolCase, reservedOffsets: [] } : poolCase),
    strategy: fc.constant(strategy),
    length: fc.integer({ min: poolCase.pool.length, max: addressBits(poolCase.pool.family) }),
    key: fc.string({ minLength: 1 }),
  }),
);

/** The documented way of a key through its candidates, over a list of what is free. */
function findKeyed(
  naive: NaivePool,
  length: number,
  key: string,
  secret: string | undefined,
): Prefix | undefined {
  const free = naive.freeBlocks(length);
  const candidates = Array.from({ length: keyedCandidates }, (_, counter) =>
    documentedCandidate({ pool: naive.pool, length, key, counter, secret }),
  );
  const hit = candidates.find((candidate) => free.some((block) => isSame(block, candidate)));
  const last = candidates.at(-1)?.network ?? 0n;
  return hit ?? free.find(({ network }) => network >= last) ?? free[0];
}

describe("allocate", () => {
  it("gives a free block of the pool as long as there is one, by every strategy", () => {
    fc.assert(
      fc.property(anyWanted, ({ poolCase, strategy, length, key }) => {
        const { tree, naive } = replay(poolCase);
        const given: Prefix[] = [];
        const count = naive.freeBlocks(length).length;
        for (let index = 0; index < count; index++) {
          const block = prefixOf(allocate(makeWant(strategy, length, `${key}${index}`), tree));
          if (!block) throw new Error(`nothing after ${index} of ${count}`);
          expect(holdsPrefix(poolCase.pool, block)).toBe(true);
          expect(naive.freeBlocks(length)).toContainEqual(block);
          given.push(block);
          tree.insert(block, "test");
          naive.insert(block, "test");
        }
        expect(new Set(given.map(formatPrefix)).size).toBe(count);
        const { total, used, free, reservedFree: reserved, largestFreePrefix } = tree;
        expect(allocate(makeWant(strategy, length, key), tree)).toEqual({
          exhausted: { total, used, free, reserved, largestFreePrefix },
        });
      }),
      runs,
    );
  });

  it("keyed: a function of pool, length, key, secret and what is taken, in whatever order that came", () => {
    const anyCase = fc.tuple(anyWanted, fc.option(fc.string(), { nil: undefined }));
    fc.assert(
      fc.property(anyCase, ([{ poolCase, length, key }, secret]) => {
        const { tree, naive } = replay(poolCase);
        const block = prefixOf(allocate({ strategy: "keyed", length, key, secret }, tree));
        expect(block).toEqual(findKeyed(naive, length, key, secret));
        const again = new PrefixTree(poolCase.pool, tree.reserved);
        for (const { prefix, by } of naive.taken.toReversed()) again.insert(prefix, by);
        expect(prefixOf(allocate({ strategy: "keyed", length, key, secret }, again))).toEqual(block);
      }),
      runs,
    );
  });

  it("nextFree: the lowest free block", () => {
    fc.assert(
      fc.property(anyWanted, ({ poolCase, length }) => {
        const { tree, naive } = replay(poolCase);
        expect(prefixOf(allocate({ strategy: "nextFree", length }, tree))).toEqual(
          naive.freeBlocks(length)[0],
        );
      }),
      runs,
    );
  });

  it("random: each free block for as many numbers of the source as any other", () => {
    fc.assert(
      fc.property(anyWanted, ({ poolCase, length }) => {
        const { tree, naive } = replay(poolCase);
        const free = naive.freeBlocks(length);
        const draws = free.map((_, index) => {
          const random = () => BigInt(index + 3 * free.length);
          return prefixOf(allocate({ strategy: "random", length, random }, tree));
        });
        expect(draws).toEqual(free);
      }),
      runs,
    );
  });

  it("says with figures that a pool is full", () => {
    const pool = requirePrefix("2001:db8::500/126");
    const tree = new PrefixTree(pool, reservedRanges(pool));
    for (const key of ["shop", "mail", "blog"]) {
      const block = prefixOf(allocate({ strategy: "keyed", length: 128, key }, tree));
      if (block) tree.insert(block, key);
    }
    const answer = allocate({ strategy: "keyed", length: 128, key: "news" }, tree);
    if (!("exhausted" in answer)) throw new Error("there is a fourth address");
    expect(explainExhausted(128, pool, answer.exhausted)).toBe(
      "2001:db8::500/126 has no free address: total 4, used 3, free 1 (1 reserved); " +
        "the largest free block is 2001:db8::500/128",
    );
    expect(explainExhausted(127, pool, answer.exhausted)).toContain(
      "has no free /127: total 4, used 3, free 1;",
    );
  });
});

describe("the draws over 256 addresses are even", () => {
  const draws = 100_000;
  // Chi-squared with 255 degrees of freedom is larger once in 10^9 (Wilson and Hilferty's approximation).
  const limit = 415;

  function chiSquared(draw: (index: number) => Prefix | undefined): number {
    const counts = new Array<number>(256).fill(0);
    for (let index = 0; index < draws; index++) {
      const cell = Number(BigInt.asUintN(8, draw(index)?.network ?? 0n));
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const expected = draws / 256;
    return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  }

  it.each(["keyed", "random"] as const)("%s", (strategy) => {
    const tree = new PrefixTree(requirePrefix("2001:db8::500/120"));
    expect(
      chiSquared((index) => prefixOf(allocate(makeWant(strategy, 128, `site-${index}`), tree))),
    ).toBeLessThan(limit);
  });

  it("and the measure would show a bias of one in a hundred", () => {
    const biased = (index: number) => requirePrefix(`192.0.2.${index % 100 === 0 ? 7 : index % 256}/32`);
    expect(chiSquared(biased)).toBeGreaterThan(limit);
  });
});

interface Layout {
  readonly pool: string;
  readonly includeReserved: boolean;
  readonly exclude: readonly string[];
  readonly secret: string | null;
  readonly wants: readonly (readonly [
    strategy: "keyed" | "nextFree" | "sparse",
    length: number,
    key: string,
  ])[];
  /** What each got, in turn; null where nothing was left. */
  readonly blocks: readonly (string | null)[];
}

describe("recorded layouts never change", () => {
  const layouts: Layout[] = JSON.parse(readFileSync(join(__dirname, "layouts.json"), "utf8"));

  it.each(layouts.map((layout) => [`${layout.pool} for ${layout.wants.length}`, layout] as const))(
    "%s",
    (_, layout) => {
      expect(layOut(layout)).toEqual(layout.blocks);
    },
  );

  function layOut({ pool: text, includeReserved, exclude, secret, wants }: Layout): (string | null)[] {
    const pool = requirePrefix(text);
    const tree = new PrefixTree(pool, includeReserved ? nothingReserved(pool) : reservedRanges(pool));
    for (const entry of exclude) {
      const blocks = parseExclusion(entry);
      if ("problem" in blocks) throw new Error(`${entry} ${blocks.problem}`);
      for (const block of blocks) tree.insert(block, "exclude");
    }
    return wants.map(([strategy, length, key]) => {
      const want: Want =
        strategy === "keyed" ? { strategy, length, key, secret: secret ?? undefined } : { strategy, length };
      const block = prefixOf(allocate(want, tree));
      if (block) tree.insert(block, key);
      return block ? formatBlock(block) : null;
    });
  }
});
