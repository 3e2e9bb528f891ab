// Allocations on a real host: what is chosen, by whom it is kept, and what is left of it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectNothingLeft } from "../../support/host-processes";
import { EngineRun, type RecordedResource } from "../../support/route-provider";
import { SandboxHost } from "../../support/sandbox-host";

const pool = "2001:db8:7::/64";
const records = "/run/pulumi-anyip/routes";

const host = new SandboxHost({ pool });
let before: string;
beforeEach(async () => {
  before = await host.machine.routes();
});
afterEach(async () => {
  expect(await host.machine.routes()).toBe(before);
  await expectNothingLeft(host.machine, "success");
  expect(existsSync(host.machine.path("/run/pulumi-anyip"))).toBe(false);
});

const argsFor = (name: string, more = {}) => host.argsFor({ owner: `shop/dev/${name}`, ...more });
const run = (nowMs?: number) => new EngineRun("AddressAllocation", nowMs);
const prefixOf = ({ outputs }: RecordedResource) => String(outputs.prefix);
const onHost = (script: string) => host.machine.execOrThrow(["sh", "-c", script]);
const recordNames = () => readdirSync(host.machine.path(records)).sort();
const readRecord = (prefix: string) =>
  readFileSync(host.machine.path(`${records}/${prefix.replace("/", "_")}-table-255-metric-1024`), "utf8");
const deleteAll = async (...resources: RecordedResource[]) => {
  const last = run();
  await Promise.all(resources.map((resource) => last.delete(resource)));
};

describe("an allocation", () => {
  it("binds an address of its own, the same for the same key, and has it on record", async () => {
    const one = await run().create(argsFor("shop.example"));
    const prefix = prefixOf(one);
    expect(await host.machine.routes()).toContain(`2 ${prefix.replace("/128", "")} dev lo `);
    expect(readRecord(prefix)).toContain(`\nfor ${pool} shop.example\n`);
    expect(await run().read(one)).toEqual(one);
    expect(await run().preview(one, argsFor("shop.example"))).toBe("same");
    await deleteAll(one);
    const again = await run().create(argsFor("other", { key: "shop.example" }));
    expect(prefixOf(again)).toBe(prefix);
    await deleteAll(again);
  });

  it("takes a key for what it is, whatever it would mean to a shell", async () => {
    const key = 'it\'s $(touch /tmp/x); `touch /tmp/x` "a" \\ %s & end ü';
    const one = await run().create(argsFor("a", { key }));
    expect(readRecord(prefixOf(one))).toContain(`\nfor ${pool} ${key}\n`);
    expect(existsSync(host.machine.path("/tmp/x"))).toBe(false);
    expect(await run().read(one)).toEqual(one);
    await deleteAll(one);
  });

  it("gives a key another place where its own is taken, by a record or by a route", async () => {
    const [one, two] = [await run().create(argsFor("a")), await run().create(argsFor("b"))];
    await deleteAll(one, two);
    await onHost(`ip route add local ${prefixOf(one)} dev lo`);
    const theirs = await run().create(host.argsFor({ owner: "blog/dev/b", key: "b" }));
    const [other, another] = [await run().create(argsFor("a")), await run().create(argsFor("b"))];
    expect(prefixOf(theirs)).toBe(prefixOf(two));
    expect(new Set([one, two, other, another].map(prefixOf)).size).toBe(4);
    await deleteAll(theirs, other, another);
    await onHost(`ip route del local ${prefixOf(one)} dev lo`);
  });

  it("never gives one address to two of 200 at once, out of two runs", async () => {
    const runs = [run(), run()];
    const made = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        runs[index % 2]?.create(
          argsFor(`site-${index}`, { pool: "2001:db8:7::/120", includeReserved: true }),
        ),
      ),
    );
    const all = made.flatMap((one) => one ?? []);
    expect(new Set(all.map(prefixOf)).size).toBe(200);
    await deleteAll(...all);
  });

  it.each(["keyed", "random", "nextFree"])(
    "uses a pool up to its end, and then says figures: %s",
    async (strategy) => {
      const small = { pool: "2001:db8:7::/126", strategy, includeReserved: true };
      const first = run();
      const made = await Promise.allSettled(
        ["a", "b", "c", "d", "e", "f"].map((name) => first.create(argsFor(name, small))),
      );
      const done = made.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const failed = made.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      expect(new Set(done.map(prefixOf)).size).toBe(4);
      expect(failed).toHaveLength(2);
      for (const error of failed) {
        expect(error).toMatchObject({
          code: "POOL_EXHAUSTED",
          message: expect.stringContaining("has no free address: total 4, used 4, free 0"),
        });
      }
      await deleteAll(...done);
    },
  );

  it("leaves out what is reserved, excluded, or the host's own", async () => {
    await onHost("ip addr add 2001:db8:7::2/128 dev lo");
    const few = { pool: "2001:db8:7::/126", strategy: "nextFree", exclude: ["2001:db8:7::1"] };
    const one = await run().create(argsFor("a", few));
    expect(prefixOf(one)).toBe("2001:db8:7::3/128");
    await deleteAll(one);
    await onHost("ip addr del 2001:db8:7::2/128 dev lo");
  });

  it("gets what it requests, or says who has it", async () => {
    const one = await run().create(argsFor("a", { request: "2001:db8:7::5" }));
    expect(prefixOf(one)).toBe("2001:db8:7::5/128");
    await expect(run().create(argsFor("b", { request: "2001:db8:7::5" }))).rejects.toMatchObject({
      code: "BLOCK_TAKEN",
      message: expect.stringContaining('2001:db8:7::5 is taken: shop/dev/a for key "a"'),
    });
    await deleteAll(one);
  });

  it("keeps its prefix, whatever else changes, and says so where it is excluded now", async () => {
    const one = await run().create(argsFor("a"));
    const changed = argsFor("a", {
      pool: "2001:db8:7::/63",
      strategy: "random",
      exclude: ["2001:db8:7::/64"],
      quarantine: "1h",
    });
    const grown = run();
    expect(await grown.preview(one, changed)).toBe("update");
    const updated = await grown.update(one, changed);
    expect(prefixOf(updated)).toBe(prefixOf(one));
    expect(grown.warnings).toEqual([expect.stringContaining("shop/dev/a keeps 2001:db8:7:")]);
    for (const [name, value] of [
      ["pool", "2001:db8:8::/64"],
      ["key", "b"],
      ["prefixLength", 120],
      ["request", "2001:db8:7::5"],
      ["table", 100],
    ] as const)
      expect(await run().preview(one, argsFor("a", { [name]: value }))).toBe("replace");
    await deleteAll(one);
  });

  it("goes on with what a run got that died before its state was saved", async () => {
    const lost = await run().create(argsFor("a", { strategy: "random" }));
    const found = await run().create(argsFor("a", { strategy: "random" }));
    expect(prefixOf(found)).toBe(prefixOf(lost));
    await deleteAll(lost);
    expect(recordNames()).toHaveLength(1);
    await deleteAll(found);
  });

  it("keeps its prefix when its resource is renamed without an alias", async () => {
    const old = await run().create(argsFor("old", { key: "shop.example", strategy: "random" }));
    const renamed = await run().create(argsFor("new", { key: "shop.example", strategy: "random" }));
    await deleteAll(old);
    expect(prefixOf(renamed)).toBe(prefixOf(old));
    expect(await host.machine.routes()).toContain(`2 ${prefixOf(old).replace("/128", "")} dev lo `);
    await deleteAll(renamed);
  });

  it("chooses blocks beside addresses, and never one in the other", async () => {
    const small = { pool: "2001:db8:7::/120", includeReserved: true };
    const block = await run().create(argsFor("block", { ...small, prefixLength: 121, strategy: "nextFree" }));
    const all = run();
    const made = await Promise.allSettled(
      Array.from({ length: 130 }, (_, index) => all.create(argsFor(`site-${index}`, small))),
    );
    const done = made.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(prefixOf(block)).toBe("2001:db8:7::/121");
    expect(done).toHaveLength(128);
    expect(done.every((one) => Number.parseInt(prefixOf(one).slice(12), 16) >= 0x80)).toBe(true);
    await deleteAll(block, ...done);
  });
});

describe("a pool that the host answers for already", () => {
  it("gives addresses a record and no route, which are drift once the pool's route is gone", async () => {
    const route = await new EngineRun().create(
      host.argsFor({ prefix: pool, pool: undefined, owner: "shop/dev/pool" }),
    );
    const bound = await host.machine.routes();
    const one = await run().create(argsFor("a"));
    expect(await host.machine.routes()).toBe(bound);
    expect(readRecord(prefixOf(one))).toMatch(/^pulumi-anyip 1\ncovered local /);
    expect(await run().read(one)).toEqual(one);

    await expect(new EngineRun().delete(route)).rejects.toMatchObject({
      code: "ROUTE_IN_USE",
      message: expect.stringContaining("shop/dev/a"),
    });
    await onHost(`ip route del local ${pool} dev lo`);
    const seen = await run().read(one);
    if (!seen) throw new Error("it is gone");
    expect(seen.outputs).toMatchObject({ found: { route: "missing" } });
    expect(await run().preview(seen, argsFor("a"))).toBe("update");
    const mended = await run().update(seen, argsFor("a"));
    expect(await host.machine.routes()).toContain(`2 ${prefixOf(one).replace("/128", "")} dev lo `);
    expect(readRecord(prefixOf(one))).toMatch(/^pulumi-anyip 1\nroute local /);
    await new EngineRun().delete(route);
    await deleteAll(mended);
  });

  it("has the record written again that is missing", async () => {
    const route = await new EngineRun().create(
      host.argsFor({ prefix: pool, pool: undefined, owner: "shop/dev/pool" }),
    );
    const one = await run().create(argsFor("a"));
    const record = readRecord(prefixOf(one));
    await onHost(`rm ${records}/${prefixOf(one).replace("/", "_")}-*`);
    const seen = await run().read(one);
    if (!seen) throw new Error("it is gone");
    expect(seen.outputs).toMatchObject({ found: { record: "missing" } });
    expect(await run().update(seen, argsFor("a"))).toEqual(one);
    expect(readRecord(prefixOf(one))).toBe(record);
    await deleteAll(one);
    await new EngineRun().delete(route);
  });
});

describe("quarantine", () => {
  const hour = 3_600_000;
  const args = (name: string, more = {}) =>
    argsFor(name, {
      pool: "2001:db8:7::/127",
      strategy: "nextFree",
      quarantine: "2h",
      includeReserved: true,
      ...more,
    });

  it("keeps what was released from all but the same key of the stack, for its time", async () => {
    const start = Date.now();
    const one = await run(start).create(args("a"));
    await run(start).delete(one);
    expect(await host.machine.routes()).toBe(before);
    expect(readRecord(prefixOf(one))).toMatch(
      /^pulumi-anyip 1\nreleased local [\s\S]*\nuntil [0-9]+\nend\n$/,
    );

    const other = await run(start + hour).create(args("b"));
    expect(prefixOf(other)).toBe("2001:db8:7::1/128");
    const asked = run(start + hour).create(args("c", { strategy: undefined, request: "2001:db8:7::" }));
    await expect(asked).rejects.toMatchObject({
      code: "BLOCK_TAKEN",
      message: expect.stringMatching(/in quarantine until [0-9TZ:.-]+; shop\/dev\/a for key "a" had it/),
    });
    const again = await run(start + hour).create(args("a"));
    expect(prefixOf(again)).toBe(prefixOf(one));
    await run(start + hour).delete(again);

    const later = await run(start + 4 * hour).create(args("d", { quarantine: undefined }));
    expect(prefixOf(later)).toBe(prefixOf(one));
    const without = { ...other, outputs: { ...other.outputs, quarantine: undefined } };
    await deleteAll(later, without);
  });

  it("leaves no record of what is over once a run comes", async () => {
    const start = Date.now();
    const one = await run(start).create(args("a"));
    await run(start).delete(one);
    const later = await run(start + 4 * hour).create(argsFor("b", { pool: "2001:db8:7:1::/64" }));
    await deleteAll(later);
  });
});
