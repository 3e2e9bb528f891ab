// `pulumi-anyip doctor` on real hosts: what it finds, its exit code, and that it leaves the host as it was.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../../provider/inspect/finding";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { hostArguments, runCommand } from "../../support/command-line";
import { compileSandbox } from "../../support/compiled-sandbox";
import { hidePrograms } from "../../support/hide-programs";
import { expectNothingLeft } from "../../support/host-processes";
import { bind, damage } from "../../support/managed-host";
import { makeKey } from "../../support/ssh-key";
import { type Reply, runAtTerminal } from "../../support/terminal";

const compiled = compileSandbox();
afterAll(() => rmSync(compiled, { recursive: true }));

const password = "correct-horse-staple";
const passphrase = "open-sesame-now";

describe("pulumi-anyip doctor", () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await createSandbox({
      hosts: [
        { name: "empty" },
        { name: "full", flavour: "sudo" },
        { name: "doas", flavour: "doas" },
        { name: "asks", flavour: "sudo-password", password },
        { name: "disabled" },
        { name: "bare" },
        { name: "no-ip" },
        { name: "killed" },
        { name: "on-link" },
        { name: "locked" },
        { name: "small", flavour: "busybox" },
      ],
    });
  });
  afterAll(() => sandbox?.close());

  const run = (host: Host, args: readonly string[] = [], environment = {}) =>
    runCommand(compiled, ["doctor", ...hostArguments(sandbox, host), ...args], environment);

  /** The findings by what was looked at, which must be whole in JSON, and the exit code. */
  async function examine(name: string, environment = {}, args: readonly string[] = []) {
    const host = sandbox.host(name);
    const print = () => (name === "no-ip" ? "" : host.routes());
    const before = await print();
    const { code, stdout, stderr } = await run(host, ["--json", ...args], environment);
    expect(stderr).toBe("");
    expect(await print()).toBe(before);
    const report = JSON.parse(stdout) as { host: string; findings: Finding[] };
    expect(report.host).toBe(`${host.user}@${host.address}:${host.port}`);
    for (const { level, found } of report.findings) {
      expect(["ok", "note", "problem"]).toContain(level);
      expect(found).toMatch(/\S/);
    }
    const findings = Object.fromEntries(report.findings.map((finding) => [finding.check, finding]));
    expect(Object.keys(findings)).toHaveLength(report.findings.length);
    return { code, findings };
  }

  it("finds no problem on an empty host, and leaves nothing there", async () => {
    const host = sandbox.host("empty");
    const { code, findings } = await examine("empty");
    expect(code).toBe(0);
    const subnet = sandbox.addresses.network6;
    expect(findings).toMatchObject({
      login: { level: "ok", found: "root has root's rights" },
      ip: { level: "ok", found: expect.stringMatching(/^ip utility, iproute2-/) },
      flock: { level: "ok" },
      ipv6: { level: "ok" },
      onLink: { level: "note", found: expect.stringContaining(`${subnet} on eth0`), code: "PREFIX_ON_LINK" },
      mustReach: { level: "note", found: expect.stringMatching(/\(from which this login comes\)/) },
      records: { level: "ok", found: "nothing is managed here" },
    });
    expect(await host.exec(["ls", "/run/pulumi-anyip"])).toMatchObject({ stdout: "" });
    await expectNothingLeft(host, "success");
  });

  it("prints a line a finding for people", async () => {
    const { code, stdout } = await run(sandbox.host("empty"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^root@\S+\n {2}ok {7}root has root's rights\n/);
    expect(stdout).toMatch(/\n {2}note {5}on-link: .*\n {11}→ bind a prefix that is routed/);
    expect(stdout).toMatch(/\nno problems, [0-9] notes\n$/);
  });

  it("finds what became of the routes of two stacks", async () => {
    const full = sandbox.host("full");
    await bind(sandbox, full, [
      ["shop/prod/a", "2001:db8:1::/64"],
      ["shop/prod/b", "2001:db8:2::/64"],
      ["shop/dev/a", "2001:db8:3::/64"],
      ["shop/dev/b", "2001:db8:4::/64"],
    ]);
    expect(await examine("full")).toMatchObject({
      code: 0,
      findings: { records: { found: "managed routes by stack: shop/dev 2, shop/prod 2" } },
    });
    await damage(full, {
      altered: "2001:db8:2::/64",
      missing: "2001:db8:3::/64",
      elsewhere: "2001:db8:4::/64",
    });
    expect(await examine("full")).toMatchObject({
      code: 1,
      findings: {
        login: { found: "operator gets root's rights by sudo" },
        missing: { level: "problem", found: "managed but not there: 2001:db8:3::/64 (shop/dev/a)" },
        altered: { level: "problem", found: "managed but not as recorded: 2001:db8:2::/64 (shop/prod/b)" },
        unreadable: { level: "problem", found: expect.stringContaining("2001:db8:bad::_64-table-255") },
        otherMachine: { level: "note", found: expect.stringContaining("2001:db8:4::/64 (shop/dev/b)") },
        unrecorded: {
          level: "note",
          found: "local routes of protocol 177 without a record: 2001:db8:f00::/64 dev lo table 255",
        },
      },
    });
  });

  it("says how root was reached: by doas, by sudo with a password from the environment", async () => {
    expect((await examine("doas")).findings).toMatchObject({
      login: { found: expect.stringMatching(/by doas$/) },
    });
    const environment = { PULUMI_ANYIP_PRIVILEGE_PASSWORD: password };
    expect(await examine("asks", environment)).toMatchObject({
      code: 0,
      findings: { login: { found: expect.stringMatching(/by sudo$/) } },
    });
  });

  it("logs in with a password from the environment, and never prints it", async () => {
    const host = sandbox.host("asks");
    const args = ["doctor", `${host.user}@${host.address}`, "--known-hosts", sandbox.knownHostsPath];
    const environment = { PULUMI_ANYIP_PASSWORD: password, PULUMI_ANYIP_PRIVILEGE_PASSWORD: password };
    expect(await runCommand(compiled, args, environment)).toMatchObject({ code: 0, stderr: "" });
    const refused = { ...environment, PULUMI_ANYIP_PASSWORD: "battery-nonsense" };
    const { code, stdout } = await runCommand(compiled, args, refused);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\(LOGIN_REFUSED\)/);
    expect(stdout).not.toMatch(/battery|correct-horse/);
  });

  describe("at a terminal", () => {
    const sudoQuestion = /Password that sudo asks for on operator@\S+: $/;

    /** Runs doctor for a host whose accounts have a password, with no agent to log in by. */
    const runHere = (args: readonly string[], replies: readonly Reply[]) => {
      const host = sandbox.host("asks");
      const where = [`${host.user}@${host.address}`, "--known-hosts", sandbox.knownHostsPath, ...args];
      const argv = [process.execPath, join(compiled, "bin/pulumi-anyip.js"), "doctor", ...where];
      return runAtTerminal(argv, replies, { ...process.env, SSH_AUTH_SOCK: "" });
    };
    const sudo = { to: sudoQuestion, type: `${password}\r` };

    it("asks for the login's password and for sudo's, and shows neither", async () => {
      const { code, shown } = await runHere(
        [],
        [{ to: /Password of operator@\S+: $/, type: `${password}\r` }, sudo],
      );
      expect(shown).toMatch(/operator gets root's rights by sudo/);
      expect(code).toBe(0);
      expect(shown).not.toContain(password);
    });

    it("asks for a password where the host does not take the key", async () => {
      const key = ["--private-key-path", makeKey(join(compiled, "strange_key"))];
      const question = { to: /Password of operator@\S+: $/, type: `${password}\r` };
      expect(await runHere(key, [question, sudo])).toMatchObject({ code: 0 });
    });

    it("asks for a key's passphrase, and takes back what is mistyped", async () => {
      const key = makeKey(join(compiled, "client_key"), "ed25519", passphrase);
      const host = sandbox.host("asks");
      const publicKey = readFileSync(`${key}.pub`, "utf8");
      appendFileSync(host.path(`/home/${host.user}/.ssh/authorized_keys`), publicKey);
      const question = {
        to: /Passphrase of \S+client_key for operator@\S+: $/,
        type: `${passphrase}y\x7f\r`,
      };
      const { code, shown } = await runHere(["--private-key-path", key], [question, sudo]);
      expect(code).toBe(0);
      expect(shown).not.toContain(passphrase);
    });

    it.each([
      ["^C", "\x03"],
      ["^D", "\x04"],
      ["an empty line", "\r"],
    ])("takes %s for no answer, and says what is missing", async (_, typed) => {
      const key = ["--private-key-path", sandbox.keyPath];
      const { code, shown } = await runHere(key, [{ to: sudoQuestion, type: typed }]);
      expect(code).toBe(1);
      expect(shown).toMatch(/sudo asks for a password; give it as .*\(NO_PRIVILEGE\)/);
    });
  });

  it("goes through a jump host, and names it among what no prefix may cover", async () => {
    const jump = sandbox.host("empty");
    const { code, findings } = await examine("doas", {}, ["--proxy", `root@${jump.address}:${jump.port}`]);
    expect(code).toBe(0);
    const { found } = findings.mustReach ?? { found: "" };
    expect(found).toContain(`${jump.address} (from which this login comes)`);
    expect(found).toContain(`${jump.address} (a jump host)`);
  });

  it("goes through a jump host that has another key, and vouches for its own by one", async () => {
    const jump = sandbox.host("locked");
    const ownKey = makeKey(join(compiled, "jump_key"), "ed25519", passphrase);
    writeFileSync(jump.path("/root/.ssh/authorized_keys"), readFileSync(`${ownKey}.pub`));
    const hostKey = await jump.execOrThrow(["ssh-keygen", "-y", "-f", "/etc/ssh/ssh_host_ed25519_key"]);
    const proxy = ["--proxy", `root@${jump.address}:${jump.port}`, "--proxy-host-key"];
    const key = ["--proxy-private-key-path", ownKey];
    const environment = { PULUMI_ANYIP_PROXY_PRIVATE_KEY_PASSWORD: passphrase };
    const attempt = async (args: readonly string[]) => {
      const { findings } = await examine("doas", environment, [...proxy, ...args]);
      return findings.login;
    };
    expect(await attempt([hostKey.trim()])).toMatchObject({ code: "LOGIN_REFUSED" });
    expect(await attempt([`SHA256:${"A".repeat(43)}`, ...key])).toMatchObject({ code: "HOST_KEY_MISMATCH" });
    expect(await attempt([hostKey.trim(), ...key])).toMatchObject({ level: "ok" });
  });

  it("finds IPv6 disabled on lo", async () => {
    const lines = ["lo", "all"].map((name) => `echo 1 >/proc/sys/net/ipv6/conf/${name}/disable_ipv6`);
    await sandbox.host("disabled").execOrThrow(["sh", "-ec", lines.join("\n")]);
    expect(await examine("disabled")).toMatchObject({
      code: 1,
      findings: { ipv6: { level: "problem", advice: expect.stringContaining("conf.lo.disable_ipv6=0") } },
    });
  });

  it.each([
    ["bare", "flock", "install util-linux"],
    ["no-ip", "ip", "install iproute2"],
  ])("finds on %s that there is no %s", async (name, program, advice) => {
    await sandbox.host(name).execOrThrow(["sh", "-c", hidePrograms(program)]);
    const { code, findings } = await examine(name);
    expect(code).toBe(1);
    expect(findings[program]).toMatchObject({ level: "problem", advice, code: "HOST_UNSUPPORTED" });
  });

  it("finds a managed route that is dead on-link", async () => {
    const host = sandbox.host("on-link");
    const prefix = sandbox.addresses.spare6;
    await bind(sandbox, host, [
      ["shop/dev/dead", prefix],
      ["shop/dev/routed", "2001:db8:1::/64"],
    ]);
    expect(await examine("on-link")).toMatchObject({
      code: 0,
      findings: {
        dead: {
          level: "note",
          found: expect.stringMatching(
            new RegExp(
              `this host: ${prefix} \\(shop/dev/dead\\) lies in ${sandbox.addresses.network6}, which`,
            ),
          ),
        },
      },
    });
  });

  it("finds no problem on a host of busybox, and says what its `ip` cannot", async () => {
    const host = sandbox.host("small");
    await bind(sandbox, host, [["shop/prod/a", "2001:db8:1::/64"]]);
    await host.execOrThrow(["sh", "-c", "echo '1 link show' >/run/pulumi-anyip/undo"]);
    const { code, findings } = await examine("small");
    expect(code).toBe(0);
    expect(findings).toMatchObject({
      ip: {
        level: "note",
        found: expect.stringMatching(/^BusyBox v[0-9.]+: its `ip` takes no table above 255/),
      },
      flock: { level: "ok" },
      ipv6: { level: "ok" },
      onLink: { level: "note", code: "PREFIX_ON_LINK" },
      mustReach: {
        level: "note",
        found: expect.stringMatching(/\(from which this login comes\).*a gateway on eth0/),
      },
      records: { level: "ok", found: "managed routes by stack: shop/prod 1" },
      unrecorded: { level: "note", found: expect.stringMatching(/busybox's `ip` does not say/) },
      run: { level: "note", found: expect.stringMatching(/killed amid a change/) },
    });
    await host.runIp(["-6", "route", "del", "local", "2001:db8:1::/64", "dev", "lo", "table", "local"]);
    expect((await examine("small")).findings.missing).toMatchObject({
      level: "problem",
      found: "managed but not there: 2001:db8:1::/64 (shop/prod/a)",
    });
  });

  it("finds what a killed run has left, and a run under way", async () => {
    const host = sandbox.host("killed");
    await host.execOrThrow(["sh", "-ec", "mkdir -p /run/pulumi-anyip; echo 1 >/run/pulumi-anyip/undo"]);
    expect((await examine("killed")).findings.run).toMatchObject({
      level: "note",
      found: "a run was killed amid a change (undo in /run/pulumi-anyip)",
    });
    const holder = host.spawn(["flock", "/run/pulumi-anyip", "sh", "-c", "echo held; read -r end"], "pipe");
    await new Promise((resolve) => holder.stdout?.once("data", resolve));
    try {
      expect((await examine("killed")).findings.run).toMatchObject({
        level: "note",
        found: expect.stringMatching(/^a run is changing this host at this moment/),
      });
    } finally {
      holder.stdin?.end();
    }
  });

  it.each<[string, (host: Host) => string[], string, RegExp]>([
    ["no rights", (host) => hostArguments(sandbox, host, "visitor"), "NO_PRIVILEGE", /the login is not root/],
    [
      "no sshd",
      (host) => [host.address, "--port", "9", "--private-key-path", sandbox.keyPath],
      "HOST_UNREACHABLE",
      /:9/,
    ],
    [
      "an unknown key",
      (host) => [host.address, "--private-key-path", sandbox.keyPath, "--known-hosts", "/dev/null"],
      "HOST_KEY_UNKNOWN",
      /which is not known \(looked in \/dev\/null\)/,
    ],
  ])("makes a finding of %s", async (_, args, code, found) => {
    const result = await runCommand(compiled, ["doctor", ...args(sandbox.host("empty")), "--json"]);
    expect(result).toMatchObject({ code: 1, stderr: "" });
    expect(JSON.parse(result.stdout).findings).toEqual([
      { check: "login", level: "problem", found: expect.stringMatching(found), code },
    ]);
  });

  it("answers what makes no sense with exit code 2", async () => {
    const result = await runCommand(compiled, ["doctor", "web1", "--privilege", "su"]);
    expect(result).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/--privilege must be one of/),
    });
  });
});
