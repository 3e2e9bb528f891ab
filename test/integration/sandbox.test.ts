// The sandbox itself: real namespaces, a real sshd, and nothing left behind. Needs root on Linux; never skips.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, listSandboxes, openSandbox, type Sandbox } from "../../sandbox";
import { compileSandbox } from "../support/compiled-sandbox";
import { waitUntil } from "../support/wait-until";

const compiled = compileSandbox();
afterAll(() => rmSync(compiled, { recursive: true }));

const run = promisify(execFile);

/** Runs ssh as a person would; rejects unless it ends with 0. */
async function ssh(sandbox: Sandbox, ...args: string[]): Promise<string> {
  const { stdout } = await run("ssh", ["-F", sandbox.sshConfigPath, "-o", "ConnectTimeout=5", ...args]);
  return stdout;
}

describe("a sandbox with a host of each flavour", () => {
  let sandbox: Sandbox;
  let web: Host;
  let operated: Host;

  beforeAll(async () => {
    sandbox = await createSandbox({
      hosts: [
        { name: "web1" },
        { name: "web2", flavour: "sudo", shell: "chatty", password: "correct horse" },
        { name: "web3", flavour: "sudo-entry", shell: "fish" },
        { name: "web4", flavour: "sudo-password", shell: "tcsh" },
        { name: "web5", flavour: "doas" },
      ],
    });
    [web, operated] = [sandbox.host("web1"), sandbox.host("web2")];
  });
  afterAll(() => sandbox?.close());

  it("lets ssh in by name, with strict host keys, on both families", async () => {
    expect(await ssh(sandbox, "web1", "hostname; id -un")).toBe("web1\nroot\n");
    const other = ["-o", `HostName=${web.address6}`, "web1", "hostname"];
    expect(await ssh(sandbox, ...other)).toBe("web1\n");
  });

  it("counts connections and sessions", async () => {
    const before = web.counters();
    await ssh(sandbox, "web1", "true");
    const after = web.counters();
    expect(after.attempts - before.attempts).toBe(1);
    expect(after.connections - before.connections).toBe(1);
    expect(after.sessions - before.sessions).toBe(1);
  });

  it("gives operator sudo, and the unprivileged user none", async () => {
    const printed = await ssh(sandbox, "web2", "sudo -n id -un");
    expect(printed).toContain("Welcome to web2!");
    expect(printed).toMatch(/^root$/m);
    const visitor = ["-l", operated.unprivilegedUser, "web2"];
    expect(await ssh(sandbox, ...visitor, "id -un")).toMatch(/^visitor$/m);
    await expect(ssh(sandbox, ...visitor, "sudo -n true")).rejects.toThrow(/password is required/);
  });

  it("gives operator what the flavour says, and no more", async () => {
    const asRoot = (command: string) => `echo id -un | ${command} /bin/sh -s`;
    expect(await ssh(sandbox, "web3", asRoot("sudo -n"))).toBe("root\n");
    await expect(ssh(sandbox, "web3", "sudo -n /usr/bin/id")).rejects.toThrow(/password is required/);
    const { privilegePassword } = sandbox.host("web4").rights;
    expect(privilegePassword).toMatch(/^[\w-]{12}$/);
    await expect(ssh(sandbox, "web4", asRoot("sudo -n"))).rejects.toThrow(/password is required/);
    expect(await ssh(sandbox, "web4", `echo ${privilegePassword} | sudo -S -p '' id -un`)).toBe("root\n");
    expect(sandbox.host("web5").rights).toEqual({ privilege: "doas" });
    expect(await ssh(sandbox, "web5", asRoot("doas -n"))).toBe("root\n");
    await expect(ssh(sandbox, "web5", "doas -n id")).rejects.toThrow(/not permitted/);
    await expect(ssh(sandbox, "web5", asRoot("sudo -n"))).rejects.toThrow(/password is required/);
  });

  it("accepts the password that was asked for, and no other", async () => {
    const login = (password: string) => {
      // ssh runs the askpass program and takes what it prints.
      const askpass = join(compiled, "askpass");
      writeFileSync(askpass, `#!/bin/sh\necho '${password}'\n`, { mode: 0o700 });
      const env = { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force" };
      const options = [
        "-o",
        "PubkeyAuthentication=no",
        "-o",
        "NumberOfPasswordPrompts=1",
        "-F",
        sandbox.sshConfigPath,
      ];
      return run("ssh", [...options, "web2", "id -un"], { env });
    };
    expect((await login("correct horse")).stdout).toMatch(/^operator$/m);
    await expect(login("wrong")).rejects.toThrow(/Permission denied/);
  });

  it("keeps what hosts write apart from each other and from this machine", async () => {
    for (const file of ["/etc/anyip-sandbox-probe", "/run/anyip-sandbox-probe", "/root/p", "/var/tmp/p"]) {
      await web.execOrThrow(["touch", file]);
      expect(existsSync(file), file).toBe(false);
      expect((await operated.exec(["test", "-e", file])).code, file).toBe(1);
    }
    expect((await web.exec(["touch", "/usr/anyip-sandbox-probe"])).stderr).toMatch(/Read-only/);
    const machineId = (host: Host) => readFileSync(host.path("/etc/machine-id"), "utf8");
    expect(machineId(web)).not.toBe(machineId(operated));
  });

  it("pings both families from the peer, and not what nobody has", async () => {
    expect(await sandbox.peer.ping(web.address)).toBe(true);
    expect(await sandbox.peer.ping(web.address6)).toBe(true);
    expect(await sandbox.peer.ping("192.0.2.1", 1)).toBe(false);
    expect(await sandbox.peer.ping("2001:db8::1", 1)).toBe(false);
  });

  it("answers from an on-link IPv4 subnet and a routed IPv6 /64 (K1, K2), not from on-link IPv6 (K3)", async () => {
    const before = await web.routes();
    const subnet = sandbox.addresses.spare4.replace("/23", "/25");
    const spare6 = sandbox.addresses.spare6.replace("/65", "");
    const prefixes = [subnet, "198.51.100.0/24", "2001:db8:1::/64", `${spare6}/80`];
    for (const prefix of prefixes)
      await web.execOrThrow(["ip", "route", "add", "local", prefix, "dev", "lo"]);
    expect(await sandbox.peer.ping(subnet.replace("0/25", "77"))).toBe(true);
    await sandbox.peer.routeOnLink("198.51.100.0/24");
    expect(await sandbox.peer.ping("198.51.100.200")).toBe(true);
    expect(await sandbox.peer.ping("2001:db8:1::5", 1)).toBe(false);
    await sandbox.peer.routeVia("2001:db8:1::/64", web);
    expect(await sandbox.peer.ping("2001:db8:1::5")).toBe(true);
    expect(await sandbox.peer.ping("2001:db8:1::dead:beef:0:1")).toBe(true);
    expect(await sandbox.peer.ping(`${spare6}5`)).toBe(false);
    for (const prefix of ["198.51.100.0/24", "2001:db8:1::/64"]) await sandbox.peer.removeRoute(prefix);
    for (const prefix of prefixes)
      await web.execOrThrow(["ip", "route", "del", "local", prefix, "dev", "lo"]);
    expect(await web.routes()).toBe(before);
  });

  it("passes exec's input, output and exit code", async () => {
    const result = await web.exec(["sh", "-c", "cat; echo oops >&2; exit 3"], { stdin: "line\n" });
    expect(result).toEqual({ code: 3, stdout: "line\n", stderr: "oops\n" });
  });

  it("adds a host with its own port, sshd options and host keys", async () => {
    const added = await sandbox.addHost({
      name: "odd",
      port: 2222,
      hostKeyTypes: ["ecdsa", "rsa"],
      sshdOptions: ["MaxSessions 1"],
      shell: "dash",
    });
    expect(await ssh(sandbox, "odd", "echo $0")).toMatch(/dash/);
    const known = readFileSync(sandbox.knownHostsPath, "utf8");
    expect(known).toContain(`[${added.address}]:2222,[${added.address6}]:2222 ecdsa-sha2-nistp256 `);
    expect(known).toContain("]:2222 ssh-rsa ");
    expect(sandbox.hosts.map((host) => host.name)).toEqual(["web1", "web2", "web3", "web4", "web5", "odd"]);
  });

  it.each([
    [{ name: "web1" }, /has a machine web1 already/],
    [{ name: "a/b" }, /host name "a\/b" can't be used/],
    [{ name: "ok", flavour: "vms" as "root" }, /no host flavour "vms"; there are root, sudo, /],
    [{ name: "ok", sshdOptions: ["Nonsense yes"] }, /sshd -t.*Bad configuration option: Nonsense/s],
  ])("refuses the host %j", async (options, message) => {
    await expect(sandbox.addHost(options)).rejects.toThrow(message);
    expect(sandbox.hosts).toHaveLength(6);
  });
});

describe.each(["root", "busybox"] as const)("faults of a host of the flavour %s", (flavour) => {
  let sandbox: Sandbox;
  let host: Host;

  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: "web1", flavour }] });
    host = sandbox.host("web1");
  });
  afterAll(() => sandbox?.close());

  /** An ssh that is logged in and waits. */
  async function openSession(): Promise<ChildProcess> {
    const child = spawn("ssh", ["-F", sandbox.sshConfigPath, "web1", "echo in; exec cat"], { stdio: "pipe" });
    await once(child.stdout, "data");
    return child;
  }

  it("ends sessions, while sshd goes on", async () => {
    const session = await openSession();
    const ended = once(session, "close");
    await host.killSshSessions();
    expect((await ended)[0]).toBe(255);
    expect(await ssh(sandbox, "web1", "echo back")).toBe("back\n");
  });

  it("stops sshd, while sessions go on, and starts it again", async () => {
    const session = await openSession();
    await host.stopSshd();
    await expect(ssh(sandbox, "web1", "true")).rejects.toThrow(/Connection refused/);
    const echoed = once(session.stdout as NodeJS.ReadableStream, "data");
    session.stdin?.end("still\n");
    expect(String((await echoed)[0])).toBe("still\n");
    await host.startSshd();
    expect(await ssh(sandbox, "web1", "echo back")).toBe("back\n");
  });

  it("cuts the link without telling the host, and restores it", async () => {
    const carrier = () => readFileSync(host.path("/sys/class/net/eth0/carrier"), "utf8");
    await host.cutLink();
    expect(await sandbox.peer.ping(host.address, 1)).toBe(false);
    expect(carrier()).toBe("1\n");
    await host.restoreLink();
    expect(await sandbox.peer.ping(host.address)).toBe(true);
  });

  it("leaves no zombies behind on the host", async () => {
    await ssh(sandbox, "web1", "(sleep 0.05 &) >/dev/null 2>&1");
    await sleep(200);
    const states = await host.execOrThrow([
      "sh",
      "-c",
      "cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | cut -c1",
    ]);
    expect(states).not.toContain("Z");
  });
});

describe("a host of the flavour busybox", () => {
  let sandbox: Sandbox;
  let host: Host;

  beforeAll(async () => {
    sandbox = await createSandbox({
      hosts: [{ name: "small", flavour: "busybox", port: 2222, hostKeyTypes: ["ed25519", "rsa", "ecdsa"] }],
    });
    host = sandbox.host("small");
  });
  afterAll(() => sandbox?.close());

  it("has no program but busybox, dropbear and flock", async () => {
    const list = "find / -xdev -type f -perm -1 ! -name '*.so*' | sort";
    const programs = (await host.execOrThrow(["sh", "-c", list])).trim().split("\n");
    // flock stands in where busybox is built without.
    expect(programs.filter((path) => !path.endsWith("/flock"))).toEqual([
      "/bin/busybox",
      "/etc/dropbear/session",
      "/etc/dropbear/start",
      "/usr/sbin/dropbear",
    ]);
    const versions = "for name in sh ip find; do readlink $(command -v $name); done; ip -V 2>&1";
    expect((await host.exec(["sh", "-c", versions])).stdout).toMatch(/^(\/bin\/busybox\n){3}BusyBox v/);
  });

  it("refuses with its flock what busybox's refuses", async () => {
    const lock = (options: string) => host.exec(["sh", "-c", `exec 9</run; flock ${options} 9`]);
    expect(await lock("")).toMatchObject({ code: 0 });
    expect(await lock("-n")).toMatchObject({ code: 0 });
    expect(await lock("-w 1")).toMatchObject({ code: 1, stderr: expect.stringMatching(/'w'\nBusyBox v/) });
  });

  it("is logged in to by each of its keys, and counts", async () => {
    const before = host.counters();
    for (const type of ["ssh-ed25519", "rsa-sha2-256", "ecdsa-sha2-nistp256"]) {
      const byKey = ["-o", `HostKeyAlgorithms=${type}`, "small"];
      expect(await ssh(sandbox, ...byKey, "id -un; echo $0")).toMatch(/^root\n.*sh\n$/);
    }
    expect(await ssh(sandbox, "-l", host.unprivilegedUser, "small", "id -un")).toBe("visitor\n");
    const after = host.counters();
    const grown = [after.attempts - before.attempts, after.connections - before.connections];
    expect([...grown, after.sessions - before.sessions]).toEqual([4, 4, 4]);
  });

  it.each([
    [{ password: "correct horse" }, /can't have a password/],
    [{ sshdOptions: ["MaxSessions 1"] }, /can't have sshdOptions/],
  ])("cannot have %j", async (options, message) => {
    await expect(sandbox.addHost({ name: "other", flavour: "busybox", ...options })).rejects.toThrow(message);
    expect(sandbox.hosts).toHaveLength(1);
  });
});

/** All that a sandbox could leave where others see it. */
async function observeMachine(): Promise<string[]> {
  const links = (await run("ip", ["-o", "link"])).stdout.match(/anyip-sb\d+/g) ?? [];
  const routes =
    (await run("ip", ["-o", "route", "show", "table", "all"])).stdout.match(/^.*anyip-sb.*$/gm) ?? [];
  const mounts = readFileSync("/proc/self/mounts", "utf8").match(/^.*anyip.*$/gm) ?? [];
  const files = existsSync("/run/pulumi-anyip-sandbox") ? readdirSync("/run/pulumi-anyip-sandbox") : [];
  const namespaces = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  return [...links, ...routes, ...mounts, ...files, ...namespaces];
}

/** Ids of the processes with `match` in their command line. */
function observeProcesses(match: string): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(match);
      } catch {
        return false;
      }
    });
}

describe("the end of a sandbox", () => {
  it("leaves nothing behind on close, whatever runs inside", async () => {
    const sandbox = await createSandbox({ hosts: [{ name: "left-nothing" }] });
    const { name } = sandbox;
    await sandbox.host("left-nothing").execOrThrow(["sh", "-c", "setsid sleep 98765 >/dev/null 2>&1 &"]);
    const subnet = sandbox.addresses.network4.replace(/0\/22$/, "");
    // Amid its exec a process has no command line.
    await waitUntil(
      () => observeProcesses("98765"),
      (ids) => ids.length === 1,
      5_000,
    );
    expect((await observeMachine()).join("\n")).toContain(subnet);
    await sandbox.close();
    await sandbox.close();
    const left = (await observeMachine()).join("\n");
    expect(left).not.toContain(subnet);
    expect(left).not.toContain(name);
    expect(observeProcesses("98765")).toEqual([]);
    expect(observeProcesses("left-nothing")).toEqual([]);
  });

  it("keeps two side by side apart", async () => {
    const [one, other] = await Promise.all([createSandbox(), createSandbox()]);
    try {
      expect(one.addresses.network4).not.toBe(other.addresses.network4);
      const [id, otherId] = await Promise.all(
        [one, other].map((sandbox) => ssh(sandbox, "web1", "cat /etc/machine-id")),
      );
      expect(id).not.toBe(otherId);
      expect(await one.peer.ping(other.host("web1").address, 1)).toBe(false);
      await one.close();
      expect(await ssh(other, "web1", "hostname")).toBe("web1\n");
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
  });

  it("refuses a name that is taken, and one that can't be", async () => {
    const sandbox = await createSandbox({ hosts: [] });
    await expect(createSandbox({ name: sandbox.name })).rejects.toThrow(
      /already: `pulumi-anyip sandbox down/,
    );
    await expect(createSandbox({ name: "../etc" })).rejects.toThrow(/sandbox name "..\/etc" can't be used/);
    expect(openSandbox(sandbox.name)?.owner).toBe("process");
    await sandbox.close();
    expect(openSandbox(sandbox.name)).toBeUndefined();
  });
});

describe("the end of a sandbox's owner", () => {
  /** Starts another program that makes a sandbox and does `then`; resolves once the sandbox is there. */
  async function startOwner(then: string): Promise<{ owner: ChildProcess; name: string }> {
    const program = `require(${JSON.stringify(join(compiled, "sandbox/index.js"))}).createSandbox().then((sandbox) => {
      process.stdout.write(sandbox.name + "\\n"); ${then} })`;
    const owner = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = await once(owner.stdout as NodeJS.ReadableStream, "data");
    return { owner, name: String(line).trim() };
  }

  it.each([
    ["an exception", "setTimeout(() => { throw new Error('x') }, 10)", undefined],
    ["process.exit", "setTimeout(() => process.exit(3), 10)", undefined],
    ["nothing more to do", "", undefined],
    ["SIGINT", "setInterval(() => {}, 1000)", "SIGINT"],
    ["SIGTERM", "setInterval(() => {}, 1000)", "SIGTERM"],
  ] as const)("removes everything: %s", async (_, then, signal) => {
    const { owner, name } = await startOwner(then);
    const ended = once(owner, "close");
    if (signal) owner.kill(signal);
    expect((await ended)[1]).toBe(signal ?? null);
    expect((await observeMachine()).join("\n")).not.toContain(name);
    expect(observeProcesses(name)).toEqual([]);
  });

  it("ends the hosts at once after SIGKILL; the next to come removes the files", async () => {
    const { owner, name } = await startOwner("setInterval(() => {}, 1000)");
    const address = openSandbox(name)?.host("web1").address ?? "";
    expect(address).toMatch(/^198\.1[89]\./);
    const ended = once(owner, "close");
    owner.kill("SIGKILL");
    await ended;
    await expect.poll(() => observeProcesses(name), { timeout: 5000 }).toEqual([]);
    const names = (await listSandboxes()).map((sandbox) => sandbox.name);
    expect(names).not.toContain(name);
    expect((await observeMachine()).join("\n")).not.toContain(name);
    await expect
      .poll(async () => (await observeMachine()).join("\n"), { timeout: 5000 })
      .not.toContain(`${address.replace(/\.\d+$/, "")}.`);
  });

  it("leaves it to a person after keep()", async () => {
    const { owner, name } = await startOwner("sandbox.keep(); setTimeout(() => process.exit(0), 10)");
    await once(owner, "close");
    const kept = openSandbox(name);
    try {
      expect(kept?.owner).toBe("person");
      expect((await kept?.host("web1").exec(["hostname"]))?.stdout).toBe("web1\n");
      const later = await kept?.addHost({ name: "later" });
      expect((await later?.exec(["hostname"]))?.stdout).toBe("later\n");
    } finally {
      await kept?.close();
    }
    expect(observeProcesses(name)).toEqual([]);
  });
});

describe("the command line", () => {
  const name = `cli-${process.pid}`;
  afterAll(() => openSandbox(name)?.close());

  /** Runs `pulumi-anyip`; the exit code is a result. */
  async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const entry = join(compiled, "bin/pulumi-anyip.js");
    const {
      code = 0,
      stdout,
      stderr,
    } = await run(process.execPath, [entry, ...args]).catch((error) => error);
    return { code, stdout, stderr };
  }

  it("goes from up to down", async () => {
    const up = await cli("sandbox", "up", name, "--hosts", "2", "--flavour", "sudo");
    expect(up.stderr).toBe("");
    expect(up.stdout).toContain('persist: "none"');
    const login = up.stdout.match(/ssh (-F \S+ web1)$/m)?.[1]?.split(" ") ?? [];
    expect((await run("ssh", [...login, "hostname; sudo -n id -un"])).stdout).toBe("web1\nroot\n");
    expect((await cli("sandbox", "list")).stdout).toMatch(new RegExp(`^${name}\n  web1  operator@198`, "m"));
    const listed = JSON.parse((await cli("sandbox", "list", "--json")).stdout) as { name: string }[];
    expect(listed.find((sandbox) => sandbox.name === name)).toMatchObject({
      owner: "person",
      hosts: [{ name: "web1", connection: { user: "operator", port: 22 } }, { name: "web2" }],
    });
    expect(await cli("sandbox", "shell", name, "web2", "--", "sh", "-c", "hostname; exit 7")).toMatchObject({
      code: 7,
      stdout: "web2\n",
    });
    expect((await cli("sandbox", "shell", name, "peer", "--", "hostname")).stdout).toBe("peer\n");
    expect((await cli("sandbox", "up", name)).stderr).toContain(`there is a sandbox ${name} already`);
    expect(await cli("sandbox", "down", name)).toMatchObject({
      code: 0,
      stdout: `Sandbox ${name} is removed.\n`,
    });
    expect((await observeMachine()).join("\n")).not.toContain(name);
  });

  it.each([
    [[], 2, /a command is missing; there are .*sandbox/],
    [["frobnicate"], 2, /no command "frobnicate"/],
    [["sandbox"], 2, /sandbox: a command is missing; there are up, down, shell, list/],
    [["sandbox", "up", "--hosts", "0"], 2, /--hosts "0" can't be; a number from 1 to 400/],
    [["sandbox", "up", "--flavour", "vm"], 2, /--flavour "vm" isn't known; root, sudo, .* or /],
    [["sandbox", "up", "a", "b"], 2, /"b" is one argument too many/],
    [["sandbox", "up", "A_B"], 1, /the sandbox name "A_B" can't be used: up to 40 lower-case/],
    [["sandbox", "down", "x", "--all"], 2, /exclude each other/],
    [["sandbox", "down", "no-such"], 1, /there is no sandbox "no-such"/],
    [["sandbox", "list", "--frob"], 2, /Unknown option '--frob'/],
    [["sandbox", "shell", "--"], 2, /a COMMAND is missing/],
  ])("answers %j with exit code %i and what would be right", async (args, code, message) => {
    const result = await cli(...args);
    expect(result.stderr).toMatch(message);
    expect(result).toMatchObject({ code, stdout: "" });
  });

  it.each([
    [["--help"], /^Usage: pulumi-anyip COMMAND/],
    [["sandbox", "--help"], /^Usage: pulumi-anyip sandbox COMMAND/],
    [["sandbox", "up", "--help"], /^Usage: pulumi-anyip sandbox up/],
    [["sandbox", "shell", "--help"], /^Usage: pulumi-anyip sandbox shell/],
    [["--version"], /^\d+\.\d+\.\d+\n$/],
  ])("prints what %j asks for", async (args, text) => {
    expect(await cli(...args)).toMatchObject({ code: 0, stdout: expect.stringMatching(text), stderr: "" });
  });
});
