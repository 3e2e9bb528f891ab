// Hosts with an init of their own: a reboot ends all that lives in the kernel, and keeps the disk.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, listSandboxes, openSandbox, type Sandbox } from "../../sandbox";
import { compileSandbox } from "../support/compiled-sandbox";
import { EngineRun } from "../support/route-provider";
import { connectionInputs } from "../support/sandbox-connection";

const run = promisify(execFile);
const flavours = ["systemd", "openrc", "ifupdown"] as const;
const prefixes = ["198.51.100.0/24", "2001:db8:1::/64"];

/** Runs a command on the host as a person would, with strict host keys; rejects unless it ends with 0. */
async function ssh(sandbox: Sandbox, host: Host, command: string): Promise<string> {
  // A host that reboots may not say that the connection has ended.
  const options = ["ConnectTimeout=5", "ServerAliveInterval=1", "ServerAliveCountMax=2"];
  const args = ["-F", sandbox.sshConfigPath, ...options.flatMap((option) => ["-o", option])];
  return (await run("ssh", [...args, host.name, command])).stdout;
}

/**
 * Tells one boot from another by the start of process 1. The boot id is the machine's, and the kernel gives
 * the number of a network namespace that has ended to the next.
 */
function describeBoot(host: Host): Promise<string> {
  return host.execOrThrow(["cut", "-d", " ", "-f", "22", "/proc/1/stat"]);
}

describe.each(flavours)("a host that %s boots", (flavour) => {
  let sandbox: Sandbox;
  let host: Host;
  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: `boots-${flavour}`, flavour }] });
    host = sandbox.host(`boots-${flavour}`);
  });
  afterAll(() => sandbox?.close());

  it("is well after its boot, with its own network", async () => {
    if (flavour === "systemd") {
      const state = await host.exec(["systemctl", "is-system-running", "--wait"]);
      const failed = await host.execOrThrow([
        "systemctl",
        "list-units",
        "--failed",
        "--plain",
        "--no-legend",
      ]);
      expect(`${state.stdout}${failed}`).toBe("running\n");
    } else {
      expect(await host.execOrThrow(["cat", "/proc/1/comm"])).toBe("init\n");
    }
    expect(await ssh(sandbox, host, "hostname; id -un; cat /etc/machine-id")).toBe(
      `${host.name}\nroot\n${readFileSync(host.path("/etc/machine-id"), "utf8")}`,
    );
    expect(await sandbox.peer.ping(host.address)).toBe(true);
    expect(await sandbox.peer.ping(host.address6)).toBe(true);
    expect((await host.exec(["sh", "-c", "echo 1 > /proc/sys/vm/swappiness"])).stderr).toMatch(/Read-only/);
  });

  it("has lost its routes after each reboot, and nothing else", async () => {
    const args = (prefix: string) => ({ connection: connectionInputs(sandbox, host), prefix });
    const asBooted = await host.routes();
    const created = await Promise.all(prefixes.map((prefix) => new EngineRun().create(args(prefix))));
    await host.execOrThrow(["sh", "-c", "echo stays > /etc/anyip-probe; echo goes > /run/anyip-probe"]);
    const identity = "cat /etc/machine-id /etc/ssh/ssh_host_*_key.pub /etc/anyip-probe";
    const before = await ssh(sandbox, host, identity);
    for (const kind of ["orderly", "hard"] as const) {
      for (const prefix of prefixes) {
        await host.execOrThrow(["ip", "route", "replace", "local", prefix, "dev", "lo"]);
        expect(await host.routes()).toContain(prefix);
      }
      const boot = await describeBoot(host);
      await host.reboot(kind);
      expect(await ssh(sandbox, host, identity)).toBe(before);
      expect(await describeBoot(host)).not.toBe(boot);
      expect(await host.routes()).toBe(asBooted);
      expect((await host.exec(["test", "-e", "/run/anyip-probe"])).code).toBe(1);
      for (const resource of created) expect(await new EngineRun().read(resource)).toBeUndefined();
    }
  });

  it("has the faults of every host", async () => {
    await host.cutLink();
    expect(await sandbox.peer.ping(host.address, 1)).toBe(false);
    await host.restoreLink();
    expect(await sandbox.peer.ping(host.address)).toBe(true);
    await host.stopSshd();
    await expect(ssh(sandbox, host, "true")).rejects.toThrow(/Connection refused/);
    await host.startSshd();
    const before = host.counters().connections;
    await expect.poll(() => ssh(sandbox, host, "echo back").catch(String), { timeout: 5000 }).toBe("back\n");
    expect(host.counters().connections).toBe(before + 1);
  });
});

it("boots again by itself when someone reboots it over ssh", async () => {
  const sandbox = await createSandbox({ hosts: [{ name: "web1", flavour: "systemd" }] });
  const host = sandbox.host("web1");
  try {
    const boot = await describeBoot(host);
    await ssh(sandbox, host, "reboot").catch(() => {});
    await expect.poll(() => describeBoot(host).catch(() => boot), { timeout: 20_000 }).not.toBe(boot);
    await expect.poll(() => ssh(sandbox, host, "echo up").catch(String), { timeout: 20_000 }).toBe("up\n");
  } finally {
    await sandbox.close();
  }
});

it("doesn't reboot what has no init", async () => {
  const sandbox = await createSandbox();
  await expect(sandbox.host("web1").reboot()).rejects.toThrow(
    /web1 can't reboot: the flavour root has no init/,
  );
  await sandbox.close();
});

/** What of a booted host could stay on this machine: processes, cgroups (in no namespace that ends), mounts. */
async function observeTraces(name: string, address6: string): Promise<string[]> {
  const processes = readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(name);
    } catch {
      return false;
    }
  });
  const listing = ["-c", "mount -n -t cgroup2 cgroup2 /mnt && find /mnt -name 'anyip-*'"];
  const cgroups = (await run("unshare", ["--mount", "sh", ...listing])).stdout.split("\n");
  const mounts = readFileSync("/proc/self/mounts", "utf8").match(/^.*pulumi-anyip-sandbox.*$/gm) ?? [];
  return [...processes, ...cgroups.filter((path) => path.endsWith(address6.replaceAll(":", "-"))), ...mounts];
}

describe("the end of a booted host", () => {
  const compiled = compileSandbox();
  afterAll(() => rmSync(compiled, { recursive: true }));

  it("leaves nothing behind on close", async () => {
    const sandbox = await createSandbox({ hosts: [{ name: "closed-booted", flavour: "systemd" }] });
    const { address6 } = sandbox.host("closed-booted");
    expect(await observeTraces("closed-booted", address6)).not.toEqual([]);
    await sandbox.close();
    expect(await observeTraces("closed-booted", address6)).toEqual([]);
  });

  it("comes at once when its owner is killed, amid a reboot too", async () => {
    const program = `require(${JSON.stringify(join(compiled, "sandbox/index.js"))})
      .createSandbox({ hosts: [{ name: "killed-booted", flavour: "systemd" }] }).then((sandbox) => {
      process.stdout.write(sandbox.name + "\\n"); sandbox.hosts[0].reboot("hard"); })`;
    const owner: ChildProcess = spawn(process.execPath, ["-e", program], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = await once(owner.stdout as NodeJS.ReadableStream, "data");
    const name = String(line).trim();
    const address6 = openSandbox(name)?.host("killed-booted").address6 ?? "";
    const ended = once(owner, "close");
    owner.kill("SIGKILL");
    await ended;
    await expect.poll(() => observeTraces("killed-booted", address6), { timeout: 10_000 }).toEqual([]);
    expect((await listSandboxes()).map((sandbox) => sandbox.name)).not.toContain(name);
  });
});
