// The life of a route on a real host: made, changed by hand, repaired, and gone without a trace.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { fingerprintHost } from "../../support/fingerprint-host";
import { expectNothingLeft } from "../../support/host-processes";
import { EngineRun } from "../../support/route-provider";
import { connectionInputs } from "../../support/sandbox-connection";

const prefixes = { ipv4: "198.51.100.0/24", ipv6: "2001:db8:7::/64" };
const subjects = [
  ["ipv4", "root"],
  ["ipv6", "root"],
  ["ipv4", "busybox"],
  ["ipv6", "busybox"],
] as const;
const flags = { ipv4: "-4", ipv6: "-6" };
const defaultMetrics = { ipv4: 0, ipv6: 1024 };

describe.concurrent.each(subjects)("an AnyIPRoute (%s, on a host of the flavour %s)", (family, flavour) => {
  const prefix = prefixes[family];
  let sandbox: Sandbox;
  beforeAll(async () => {
    const names = [
      "plain",
      "deleted",
      "forgotten",
      "protocol",
      "metric",
      "device",
      "metrics",
      "gone",
      "main",
      "sources",
    ];
    sandbox = await createSandbox({ hosts: names.map((name) => ({ name, flavour })) });
  });
  afterAll(() => sandbox?.close());

  const argsFor = (machine: Host) => ({ connection: connectionInputs(sandbox, machine), prefix });
  const byHand = (machine: Host, ...words: string[]) =>
    machine.execOrThrow(["ip", flags[family], "route", ...words.join(" ").split(" ")]);
  const count = async (machine: Host) => (await machine.routes()).split(` ${prefix} `).length - 1;

  it("is created, found unchanged, and deleted without a trace", async () => {
    const machine = sandbox.host("plain");
    const before = await machine.routes();
    const run = new EngineRun();
    const created = await run.create(argsFor(machine));
    expect(created.outputs).toMatchObject({ prefix });
    expect(created.outputs).not.toHaveProperty("origin");
    expect(await count(machine)).toBe(1);
    const found = await new EngineRun().read(created);
    expect(found).toEqual(created);
    expect(await run.preview(created, argsFor(machine))).toBe("same");
    await new EngineRun().delete(created);
    expect(await machine.routes()).toBe(before);
    await new EngineRun().delete(created);
    expect(await new EngineRun().read(created)).toBeUndefined();
    expect(await machine.routes()).toBe(before);
    await expectNothingLeft(machine, "success");
  });

  const ours = `local ${prefix} dev lo table local proto 177 metric ${defaultMetrics[family]}`;
  const byProtocol = ["protocol", [`replace ${ours.replace("177", "boot")}`], { protocol: 3 }] as const;
  it.each([
    // Nobody can see it with busybox.
    ...(flavour === "busybox" ? [] : [byProtocol]),
    ["metric", [`add ${ours.replace(/metric .*/, "metric 42")}`, `del ${ours}`], { metric: 42 }],
    ["device", [`replace ${ours.replace("dev lo", "dev eth0")}`], { device: "eth0" }],
  ] as const)("is repaired when its %s was changed by hand", async (name, commands, found) => {
    const machine = sandbox.host(name);
    const before = await machine.routes();
    const args = argsFor(machine);
    const created = await new EngineRun().create(args);
    const asMade = await machine.routes();
    for (const command of commands) await byHand(machine, command);
    const run = new EngineRun();
    const altered = await run.read(created);
    expect(altered?.outputs).toMatchObject({ found });
    if (!altered) return;
    const change = await run.preview(altered, args);
    expect(change).toBe(name === "metric" ? "replace" : "update");
    const repaired = change === "update" ? await run.update(altered, args) : await run.create(args);
    if (change === "replace") await run.delete(altered);
    expect(await machine.routes()).toBe(asMade);
    expect(repaired.outputs).not.toHaveProperty("found");
    expect(await new EngineRun().read(repaired)).toEqual(repaired);
    await new EngineRun().delete(repaired);
    expect(await machine.routes()).toBe(before);
  });

  it("is made again when it was deleted by hand", async () => {
    const machine = sandbox.host("deleted");
    const before = await machine.routes();
    const created = await new EngineRun().create(argsFor(machine));
    await byHand(machine, `del ${ours}`);
    const seen = await new EngineRun().read(created);
    if (!seen) throw new Error("gone, although its record is there");
    expect(seen.outputs.found).toEqual({ route: "missing" });
    expect(await new EngineRun().preview(seen, argsFor(machine))).toBe("update");
    const again = await new EngineRun().update(seen, argsFor(machine));
    expect(again.outputs.found).toBeUndefined();
    expect(await count(machine)).toBe(1);
    await new EngineRun().delete(again);
    expect(await machine.routes()).toBe(before);
  });

  it("leaves no record when it was deleted by hand, and then by the program", async () => {
    const machine = sandbox.host("forgotten");
    const before = await machine.routes();
    const created = await new EngineRun().create(argsFor(machine));
    await byHand(machine, `del ${ours}`);
    const seen = await new EngineRun().read(created);
    if (!seen) throw new Error("gone, although its record is there");
    await new EngineRun().delete(seen);
    expect(await machine.routes()).toBe(before);
    await expectNothingLeft(machine, "success");
    expect(existsSync(machine.path("/run/pulumi-anyip"))).toBe(false);
  });

  it("changes its metric with both routes there meanwhile", async () => {
    const machine = sandbox.host("metrics");
    const before = await machine.routes();
    const args = { ...argsFor(machine), metric: 100 };
    const run = new EngineRun();
    const old = await run.create(argsFor(machine));
    expect(await run.preview(old, args)).toBe("replace");
    const replaced = await run.create(args);
    expect(await count(machine)).toBe(2);
    await run.delete(old);
    expect(await count(machine)).toBe(1);
    expect(await machine.routes()).toContain("metric 100");
    await run.delete(replaced);
    expect(await machine.routes()).toBe(before);
  });

  it("leaves alone what is not the recorded route any more", async () => {
    const machine = sandbox.host("gone");
    const before = await machine.routes();
    const [first, second] = [argsFor(machine), { ...argsFor(machine), metric: 100 }];
    const created = await new EngineRun().create(first);
    const other = await new EngineRun().create(second);
    await byHand(machine, `del ${ours}`);
    const withoutFirst = await machine.routes();
    await new EngineRun().delete(created);
    expect(await machine.routes()).toBe(withoutFirst);
    await new EngineRun().delete(other);
    expect(await machine.routes()).toBe(before);
  });

  it("is not deleted once somebody has given it a source", async () => {
    const machine = sandbox.host("sources");
    const created = await new EngineRun().create(argsFor(machine));
    const source = family === "ipv4" ? machine.address : machine.address6;
    await byHand(machine, `replace ${ours} src ${source}`);
    const altered = await machine.routes();
    await new EngineRun().delete(created);
    expect(await machine.routes()).toBe(altered);
  });

  it("can be in table main", async () => {
    const machine = sandbox.host("main");
    const before = await machine.routes();
    const created = await new EngineRun().create({ ...argsFor(machine), table: "main" });
    expect(await new EngineRun().read(created)).toEqual(created);
    await new EngineRun().delete(created);
    expect(await machine.routes()).toBe(before);
  });
});

describe.each(["root", "systemd", "openrc", "ifupdown"] as const)("a host of flavour %s", (flavour) => {
  let sandbox: Sandbox;
  let machine: Host;
  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: "web1", flavour }] });
    machine = sandbox.host("web1");
  });
  afterAll(() => sandbox?.close());

  it("is byte for byte as it was found, once its routes are gone", async () => {
    const before = await fingerprintHost(machine);
    const run = new EngineRun();
    const both = Object.entries(prefixes).map(([family, prefix]) => ({
      connection: connectionInputs(sandbox, machine),
      prefix,
      owner: `project/stack/${family}`,
    }));
    const created = await Promise.all(both.map((args) => run.create(args)));
    const updated = await Promise.all(
      created.map((resource, index) => run.update(resource, { ...both[index], protocol: 99 })),
    );
    expect(await fingerprintHost(machine)).not.toBe(before);
    await Promise.all(updated.map((resource) => run.delete(resource)));
    await expectNothingLeft(machine, "success");
    expect(await fingerprintHost(machine)).toBe(before);
  });

  it("would show it, if it were not", async () => {
    const before = new Set((await fingerprintHost(machine)).split("\n"));
    const traces = [
      "ip -6 route add local 2001:db8:8::/64 dev lo",
      "echo 1 >/proc/sys/net/ipv6/conf/lo/proxy_ndp",
      "chmod 600 /etc/hostname",
      "chown 1:2 /etc/hosts",
      "echo '# more' >>/etc/passwd",
      "ln -s /nowhere /run/link",
      "mkdir /etc/empty",
    ];
    await machine.execOrThrow(["sh", "-ec", traces.join("\n")]);
    const shown = (await fingerprintHost(machine)).split("\n").filter((line) => !before.has(line));
    expect(shown).toEqual([
      expect.stringContaining("2001:db8:8::/64"),
      "/proc/sys/net/ipv6/conf/lo/proxy_ndp:1",
      "/etc/empty drwxr-xr-x 0:0 ",
      "/etc/hostname -rw------- 0:0 ",
      "/etc/hosts -rw-r--r-- 1:2 ",
      "/run/link lrwxrwxrwx 0:0 /nowhere",
      expect.stringContaining("  /etc/passwd"),
    ]);
  });
});
