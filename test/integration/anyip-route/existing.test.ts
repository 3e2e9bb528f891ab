// What create does about a route that is there already: adopt it, take it over, or say why not.
import { describe, expect, it } from "vitest";
import { EngineRun } from "../../support/route-provider";
import { SandboxHost } from "../../support/sandbox-host";

const host = new SandboxHost();
const byHand = (command: string) => host.machine.execOrThrow(["ip", ...command.split(" ")]);

describe.each([
  ["-4", "198.51.100.0/24"],
  ["-6", "2001:db8:7::/64"],
])("a route made by hand (ip %s, %s)", (flag, prefix) => {
  const add = (words: string) => byHand(`${flag} route add ${words}`);
  const clear = () => byHand(`${flag} route flush table local exact ${prefix}`);

  it.each(["boot", "static"])("of protocol %s is adopted, and left as found", async (protocol) => {
    await add(`local ${prefix} dev lo proto ${protocol}`);
    const before = await host.machine.routes();
    const adopted = await new EngineRun().create(host.argsFor({ prefix }));
    expect(adopted.outputs).toMatchObject({
      origin: "adopted",
      found: { protocol: protocol === "boot" ? 3 : 4 },
    });
    expect(await host.machine.routes()).toBe(before);
    const run = new EngineRun();
    expect(await run.read(adopted)).toEqual(adopted);
    expect(await run.preview(adopted, host.argsFor({ prefix }))).toBe("same");
    await run.delete(adopted);
    expect(await host.machine.routes()).toBe(before);
    await clear();
  });

  it.each(["boot", "static"])(
    "of protocol %s is taken over, and deleted with the resource",
    async (protocol) => {
      const empty = await host.machine.routes();
      await add(`local ${prefix} dev lo proto ${protocol}`);
      const taken = await new EngineRun().create(host.argsFor({ prefix, onExisting: "takeOver" }));
      expect(taken.outputs).not.toHaveProperty("origin");
      expect(await host.machine.routes()).toMatch(new RegExp(` ${prefix} dev lo table 255 proto 177 `));
      await new EngineRun().delete(taken);
      expect(await host.machine.routes()).toBe(empty);
    },
  );

  it.each(["boot", "static"])("of protocol %s is a failure where that is asked for", async (protocol) => {
    await add(`local ${prefix} dev lo proto ${protocol}`);
    const before = await host.machine.routes();
    await expect(new EngineRun().create(host.argsFor({ prefix, onExisting: "fail" }))).rejects.toMatchObject({
      code: "ROUTE_CONFLICT",
      message: expect.stringMatching(/onExisting is "fail"/),
    });
    expect(await host.machine.routes()).toBe(before);
    await clear();
  });

  it.each([
    ["another device", `local ${prefix} dev eth0 proto boot`, /dev eth0/],
    ["another type", `blackhole ${prefix} table local`, /blackhole/],
    ["another source", `local ${prefix} dev lo src SOURCE`, /src (198|fd)/],
  ])("with %s is a conflict that says so", async (_, words, message) => {
    await add(words.replace("SOURCE", flag === "-4" ? host.machine.address : host.machine.address6));
    const before = await host.machine.routes();
    for (const onExisting of ["adopt", "takeOver", "fail"]) {
      const created = new EngineRun().create(host.argsFor({ prefix, onExisting }));
      await expect(created, onExisting).rejects.toMatchObject({
        code: "ROUTE_CONFLICT",
        message: expect.stringMatching(message),
      });
    }
    expect(await host.machine.routes()).toBe(before);
    await clear();
  });
});

it("makes its own beside a route that only some traffic takes (tos)", async () => {
  await byHand("-4 route add local 203.0.113.0/24 dev lo tos 0x10 proto 177");
  const before = await host.machine.routes();
  const created = await new EngineRun().create(host.argsFor({ prefix: "203.0.113.0/24" }));
  expect((await host.machine.routes()).match(/ 203\.0\.113\.0\/24 /g)).toHaveLength(2);
  await new EngineRun().delete(created);
  expect(await host.machine.routes()).toBe(before);
  await byHand("-4 route flush table local exact 203.0.113.0/24");
});

describe("a run that goes on with an earlier look", () => {
  const prefix = "2001:db8:9::/64";

  it("makes a route again that it has deleted", async () => {
    const before = await host.machine.routes();
    const run = new EngineRun();
    const made = await run.create(host.argsFor({ prefix }));
    const table = await host.machine.routes();
    await run.delete(made);
    expect(await host.machine.routes()).toBe(before);
    const again = await run.create(host.argsFor({ prefix }));
    expect(again.outputs.origin).toBeUndefined();
    expect(await host.machine.routes()).toBe(table);
    await run.delete(again);
    expect(await host.machine.routes()).toBe(before);
  });

  it("is told by the kernel what hands have put in the place, and adopts it the next time", async () => {
    const run = new EngineRun();
    const first = await run.create(host.argsFor({ prefix: "203.0.113.0/24" }));
    // The second batch knows all records, and the table from the first one's verification.
    const second = await run.create(host.argsFor({ prefix: "198.51.100.0/24" }));
    await byHand(`-6 route add local ${prefix} dev lo proto 4`);
    const before = await host.machine.routes();
    const created = await run.create(host.argsFor({ prefix })).catch((error: unknown) => {
      expect(error).toMatchObject({ code: "ROUTE_CONFLICT", retryable: true });
      return new EngineRun().create(host.argsFor({ prefix }));
    });
    expect(created.outputs.origin).toBe("adopted");
    expect(await host.machine.routes()).toBe(before);
    for (const resource of [first, second, created]) await new EngineRun().delete(resource);
    await byHand(`-6 route del local ${prefix} dev lo table local`);
  });
});
