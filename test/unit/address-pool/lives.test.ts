// What becomes of a pool's names, case by case, as the engine would drive it.
import { describe, expect, it } from "vitest";
import { decodeState } from "../../../provider/address-pool/state";
import { type Properties, SmallEngine } from "./small-engine";

const hour = 3_600_000;
const slash60 = { pool: "2001:db8:0:50::/60", prefixLength: 64 };

async function start(program: Properties): Promise<SmallEngine> {
  const engine = new SmallEngine();
  expect((await engine.up(program)).said).toBe("");
  return engine;
}

describe("an AddressPool of sub-prefixes", () => {
  it("spreads them by RFC 3531, by name and not by place in the list", async () => {
    const engine = await start({ ...slash60, names: ["web3", "web1", "web4", "web2"] });
    expect(engine.results).toEqual({
      web1: "2001:db8:0:50::/64",
      web2: "2001:db8:0:58::/64",
      web3: "2001:db8:0:54::/64",
      web4: "2001:db8:0:5c::/64",
    });
    const { total, used, free, largestFreePrefix } = engine.outputs ?? {};
    expect([total, used, free]).toEqual([2n ** 68n, 2n ** 66n, 2n ** 68n - 2n ** 66n].map(String));
    expect(largestFreePrefix).toBe("2001:db8:0:52::/63");
  });

  it("grows one where it is, shrinks it again, and says what is in the way", async () => {
    const engine = await start({ ...slash60, names: ["web1", "web2", "web3", "web4"] });
    const grow = (prefixLength: number) => ({
      ...slash60,
      names: [{ name: "web1", prefixLength }, "web2", "web3", "web4"],
    });
    expect(await engine.up(grow(62))).toMatchObject({
      done: "update",
      foreseen: { web1: "2001:db8:0:50::/62", web2: "2001:db8:0:58::/64" },
    });
    expect(await engine.up(grow(61))).toEqual({
      done: "refused",
      said:
        "names[0]: 2001:db8:0:50::/62 cannot grow to a /61 where it is: 2001:db8:0:50::/61 overlaps 2001:db8:0:54::/64: " +
        "web3 has it; give the block that it shall have by `request`, or a new name",
    });
    expect(engine.results.web1).toBe("2001:db8:0:50::/62");
    expect((await engine.up(grow(64))).done).toBe("update");
    expect(engine.results.web1).toBe("2001:db8:0:50::/64");
  });

  it("refuses to let one begin elsewhere, unless the program says where", async () => {
    const engine = await start({ ...slash60, strategy: "nextFree", names: ["a", "b"] });
    expect(engine.results.b).toBe("2001:db8:0:51::/64");
    const grown = await engine.up({ ...slash60, names: ["a", { name: "b", prefixLength: 63 }] });
    expect(grown.said).toContain(
      "2001:db8:0:51::/64 cannot grow to a /63 where it is: the /63 there begins at 2001:db8:0:50::/63",
    );
    const moved = { ...slash60, names: ["a", { name: "b", request: "2001:db8:0:52::/63" }] };
    expect((await engine.up(moved)).done).toBe("update");
    expect(engine.results).toEqual({ a: "2001:db8:0:50::/64", b: "2001:db8:0:52::/63" });
  });

  it("has different lengths and single addresses side by side", async () => {
    const names = [{ name: "edge", prefixLength: 62 }, "web1", { name: "monitor", prefixLength: 128 }];
    const engine = await start({ ...slash60, names });
    expect(engine.results).toEqual({
      edge: "2001:db8:0:50::/62",
      web1: "2001:db8:0:58::/64",
      monitor: expect.stringMatching(/^2001:db8:0:5[4-9a-f]:[^/]+$/),
    });
  });
});

describe("an AddressPool", () => {
  const tiny = { pool: "2001:db8::500/126" };

  it("says with figures, before anything is done, that it is exhausted", async () => {
    const engine = new SmallEngine();
    const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    expect(await engine.up({ ...tiny, names })).toEqual({
      done: "refused",
      said:
        "pool: 2001:db8::500/126 has no free address: total 4, used 3, free 1 (1 reserved); " +
        "the largest free block is 2001:db8::500/128; d, e, f, g, h and 1 more would get none",
    });
    expect((await engine.up({ ...tiny, names: names.slice(0, 4), includeReserved: true })).done).toBe(
      "create",
    );
  });

  it("says so later where it cannot know before, and leaves everything as it is", async () => {
    const engine = await start({ ...tiny, quarantine: "1h", names: ["a", "b", "c"] });
    const { outputs } = engine;
    expect(await engine.up({ ...tiny, quarantine: "1h", names: ["a", "b", "d"] })).toMatchObject({
      done: "failed",
      said: expect.stringContaining(
        "nothing was changed in the pool; pool: 2001:db8::500/126 has no free address",
      ),
    });
    expect(engine.outputs).toBe(outputs);
  });

  it("keeps what is given back for its name, and for nobody else, until the quarantine is over", async () => {
    const program = (...names: string[]) => ({ ...tiny, strategy: "nextFree", quarantine: "24h", names });
    const engine = await start(program("a", "b"));
    expect(engine.results).toEqual({ a: "2001:db8::501", b: "2001:db8::502" });
    await engine.up(program("b"));
    expect(engine.outputs?.released).toEqual([
      { name: "a", block: "2001:db8::501", releasedAt: "2026-11-25T12:00:00.000Z" },
    ]);
    expect(engine.outputs?.used).toBe("2");

    engine.nowMs += 23 * hour;
    await engine.up(program("b", "c"));
    expect(engine.results.c).toBe("2001:db8::503");
    const full = await engine.up(program("b", "c", "d"));
    expect(full.said).toContain("has no free address");
    const asked = await engine.up({
      ...program(),
      names: ["b", "c", { name: "d", request: "2001:db8::501" }],
    });
    expect(asked.said).toContain(
      "2001:db8::501 is taken: in quarantine, a had it until 2026-11-25T12:00:00.000Z",
    );
    await engine.up(program("a", "b", "c"));
    expect([engine.results.a, engine.outputs?.released]).toEqual(["2001:db8::501", []]);

    await engine.up(program("b", "c"));
    engine.nowMs += 24 * hour;
    await engine.up(program("b", "c", "d"));
    expect([engine.results.d, engine.outputs?.released]).toEqual(["2001:db8::501", []]);
  });

  it("lets names keep what is excluded by now, and warns", async () => {
    const program = { ...tiny, strategy: "nextFree", names: ["a", "b"] };
    const engine = await start(program);
    expect((await engine.up({ ...program, exclude: ["2001:db8::501"] })).done).toBe("update");
    expect(engine.results.a).toBe("2001:db8::501");
    expect(engine.warnings).toEqual([
      "a keeps 2001:db8::501, although 2001:db8::501 is taken: exclude leaves it out",
    ]);
  });

  it("changes nothing for anybody where strategy, secret or the pool's length change", async () => {
    const engine = await start({ pool: "2001:db8:100::/64", names: ["a", "b"] });
    const before = engine.results;
    for (const change of [
      { secret: "s" },
      { strategy: "random" },
      { pool: "2001:db8:100::/56" },
      { strategy: "nextFree" },
    ]) {
      const outcome = await engine.up({ pool: "2001:db8:100::/64", names: ["b", "a"], ...change });
      expect([outcome.done, engine.results]).toEqual(["update", before]);
    }
  });

  it("is replaced, and says who moves, where the pool no longer holds what names have", async () => {
    const engine = await start({ pool: "192.0.2.0/24", strategy: "nextFree", names: ["a", "b"] });
    const outcome = await engine.up({ pool: "192.0.2.2/31", strategy: "nextFree", names: ["a", "b"] });
    expect(outcome).toMatchObject({ done: "replace", foreseen: { a: "192.0.2.2", b: "192.0.2.3" } });
    expect(engine.results).toEqual(outcome.foreseen);
    expect(engine.warnings).toEqual([
      "the pool 192.0.2.2/31 does not hold what a had: all names get other ones",
    ]);
  });

  it("foresees nothing that chance or time decides, and all that they do not", async () => {
    const base = { pool: "2001:db8:100::/64" };
    const random = new SmallEngine();
    expect((await random.up({ ...base, strategy: "random", names: ["a"] })).foreseen).toBeUndefined();
    expect((await random.up({ ...base, names: ["a", "b"] })).foreseen).toBeUndefined();
    await random.refresh();
    const known = await random.up({ ...base, names: ["a", "b", "c"] });
    expect(known.foreseen).toEqual(random.results);

    const quarantined = new SmallEngine();
    const first = await quarantined.up({ ...base, quarantine: "1h", names: ["a"] });
    expect(first.foreseen).toEqual(quarantined.results);
    expect((await quarantined.up({ ...base, quarantine: "1h", names: ["b"] })).foreseen).toBeUndefined();
  });

  it("finds nothing to do where only the order of names differs", async () => {
    const engine = await start({ ...tiny, names: ["a", "b"] });
    expect((await engine.up({ ...tiny, names: ["b", "a"] })).done).toBe("same");
  });
});

describe("a recorded AddressPool", () => {
  const state = { pool: "192.0.2.0/24", names: ["a"], results: '{"a":"192.0.2.1"}', released: [] };

  it("is read again", () => {
    const released = [{ name: "b", block: "192.0.2.8/29", releasedAt: "2026-11-25T12:00:00.000Z" }];
    expect(decodeState({ ...state, released })).toMatchObject({
      results: new Map([["a", { family: "ipv4", network: 0xc0000201n, length: 32 }]]),
      released: [{ name: "b", releasedAtMs: Date.parse("2026-11-25T12:00:00Z") }],
    });
  });

  it.each<[string, Properties, RegExp]>([
    ["a newer version", { stateVersion: 2 }, /version 2, .* reads version 1/],
    ["results that are none", { results: '{"a":"192.0.2.1/24"}' }, /`results` holds what no pool can have/],
    ["results that are half there", { results: '{"a":"192.0' }, /`results`/],
    ["no results", { results: undefined }, /`results`/],
    ["a release without a time", { released: [{ name: "b", block: "192.0.2.2" }] }, /`released`/],
    ["releases that are no list", { released: {} }, /`released`/],
  ])("is refused with %s", (_what, change, message) => {
    expect(() => decodeState({ ...state, ...change })).toThrow(message);
  });
});
