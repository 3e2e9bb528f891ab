// The lock that all runs on a host share: between runs, against a run that hangs, and against what isn't a lock.
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchMarkers, formatObserveScript, formatStartScript } from "../../../provider/host/batch-script";
import { Hosts } from "../../../provider/hosts";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { expectNothingLeft } from "../../support/host-processes";
import { ensureAbsent, ensurePresent, localRoute } from "../../support/route-operations";
import { connectionSpec } from "../../support/sandbox-connection";
import { waitUntil } from "../../support/wait-until";

const lock = "/run/pulumi-anyip";
const route = localRoute("2001:db8:7::/64");

describe.concurrent("the lock on a host", { timeout: 150_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const names = ["two", "hung", "file", "link", "dangling", "stale", "stopped", "silent", "full"];
    const hosts = names.map((name) => ({ name }));
    sandbox = await createSandbox({ hosts: [...hosts, { name: "silent-busybox", flavour: "busybox" }] });
  });
  afterAll(() => sandbox?.close());

  /** What another process of Pulumi has: hosts of its own. */
  const openHost = (machine: Host, overrides = {}) =>
    new Hosts().find(connectionSpec(sandbox, machine, overrides), undefined).host;

  /**
   * A shell that has the lock. Its connection stays, as far as the host can tell: there is neither another part nor an
   * end, unless the test says so.
   */
  async function openSilentShell(machine: Host) {
    const shell = machine.spawn(["sh", "-s"], ["pipe", "pipe", "ignore"]);
    const ended = once(shell, "close");
    let output = "";
    shell.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const { observed } = batchMarkers("anyip-00");
    shell.stdin?.write(formatStartScript("anyip-00") + formatObserveScript("anyip-00", [], [], "take"));
    await waitUntil(
      () => output,
      (text) => text.includes(`${observed}\n`),
      5_000,
    );
    return { shell, ended };
  }

  it("lets two runs interleave 50 changes each", async () => {
    const machine = sandbox.host("two");
    const before = await machine.routes();
    const runs = [1, 2].map(async (run) => {
      const host = openHost(machine);
      const routes = Array.from({ length: 50 }, (_, index) => localRoute(`198.51.${100 + run}.${index}/32`));
      for (let start = 0; start < routes.length; start += 5) {
        const some = routes.slice(start, start + 5);
        const results = await Promise.all(some.map((each) => host.change(ensurePresent(each))));
        expect(new Set(results)).toEqual(new Set(["added"]));
      }
      return async () => {
        await Promise.all(routes.map((each) => host.change(ensureAbsent(each))));
      };
    });
    const removals = await Promise.all(runs);
    expect((await machine.routes()).match(/198\.51\.10[12]\./g)).toHaveLength(100);
    await Promise.all(removals.map((remove) => remove()));
    expect(await machine.routes()).toBe(before);
    await expectNothingLeft(machine, "success");
  });

  it.each(["silent", "silent-busybox"])(
    "ends a shell whose client vanished without a word: %s",
    async (name) => {
      const machine = sandbox.host(name);
      const before = await machine.routes();
      const { shell, ended } = await openSilentShell(machine);
      shell.stdin?.write("anyip_apply() {\n");
      expect(await openHost(machine).change(ensurePresent(route))).toBe("added");
      await ended;
      expect(await openHost(machine).change(ensureAbsent(route))).toBe("deleted");
      expect(await machine.routes()).toBe(before);
      await expectNothingLeft(machine, "fault");
    },
  );

  it("is watched on a disk that has filled up since", async () => {
    const machine = sandbox.host("full");
    const { shell, ended } = await openSilentShell(machine);
    await machine.execOrThrow([
      "sh",
      "-c",
      "mount -o remount,size=64k /run; cat /dev/zero >/run/filler 2>/dev/null; ! echo more >/run/other 2>/dev/null",
    ]);
    shell.stdin?.write("begin_wait 1\n");
    await ended;
    await machine.execOrThrow(["sh", "-c", "rm -f /run/filler /run/other; mount -o remount,size=64m /run"]);
    await expectNothingLeft(machine, "fault");
  });

  it("says HOST_BUSY when a run hangs, and works when that has ended", async () => {
    const machine = sandbox.host("hung");
    const before = await machine.routes();
    const hold = `mkdir ${lock}; exec 9<${lock}; flock 9; echo $$ >/run/holder; exec sleep 4242`;
    machine.spawn(["sh", "-c", hold], "ignore");
    await waitUntil(() => existsSync(machine.path("/run/holder")), Boolean, 5_000);
    const host = openHost(machine);
    await expect(host.change(ensurePresent(route))).rejects.toMatchObject({
      code: "HOST_BUSY",
      retryable: true,
    });
    expect(await machine.routes()).toBe(before);
    expect(existsSync(machine.path(lock))).toBe(true);
    const holder = readFileSync(machine.path("/run/holder"), "utf8").trim();
    await machine.execOrThrow(["kill", holder]);
    expect(await host.change(ensurePresent(route))).toBe("added");
    await expectNothingLeft(machine, "success");
  });

  it.each([
    ["file", `echo precious >${lock}`],
    ["link", `mkdir /run/target; echo precious >/run/target/file; ln -s /run/target ${lock}`],
    ["dangling", `ln -s /run/target ${lock}`],
  ])("refuses to work where its place is taken: %s", async (name, prepare) => {
    const machine = sandbox.host(name);
    await machine.execOrThrow(["sh", "-c", prepare]);
    const before = await machine.routes();
    const list = () => machine.execOrThrow(["sh", "-c", `ls -laR --time-style=full-iso /run`]);
    const listed = (await list()).replace(/^.* \.\.?$/gm, "");
    const host = openHost(machine);
    await expect(host.change(ensurePresent(route))).rejects.toMatchObject({
      code: "HOST_UNSUPPORTED",
      message: expect.stringContaining(lock),
    });
    expect((await list()).replace(/^.* \.\.?$/gm, "")).toBe(listed);
    expect(await machine.routes()).toBe(before);
    await machine.execOrThrow(["rm", lock]);
    expect(await host.change(ensurePresent(route))).toBe("added");
  });

  it("takes over a directory that a killed run has left", async () => {
    const machine = sandbox.host("stale");
    await machine.execOrThrow(["mkdir", lock]);
    expect(await openHost(machine).change(ensurePresent(route))).toBe("added");
    expect(await openHost(machine).change(ensureAbsent(route))).toBe("deleted");
    await expectNothingLeft(machine, "success");
    expect(readdirSync(machine.path("/run"))).not.toContain("pulumi-anyip");
  });

  it("says HOST_UNREACHABLE while sshd is stopped, changes nothing, and works again afterwards", async () => {
    const machine = sandbox.host("stopped");
    const host = openHost(machine, { dialErrorLimit: 2, perDialTimeout: 3 });
    expect(await host.change(ensurePresent(route))).toBe("added");
    const before = await machine.routes();
    await machine.stopSshd();
    await machine.killSshSessions();
    const other = localRoute("198.51.100.0/24");
    await expect(host.change(ensurePresent(other))).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
    await expect(host.observe({ family: "ipv4", table: 255 })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
    });
    expect(await machine.routes()).toBe(before);
    await machine.startSshd();
    // A new run: this one does not dial again for a while.
    expect(await openHost(machine).change(ensurePresent(other))).toBe("added");
    await expectNothingLeft(machine, "success");
  });
});
