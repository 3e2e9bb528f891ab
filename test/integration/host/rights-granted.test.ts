// Ways to root's rights beside the plain ones that the conformance suite takes.
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Hosts } from "../../../provider/hosts";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import type { FlavourName } from "../../../sandbox/host-record";
import { hidePrograms } from "../../support/hide-programs";
import { expectNothingLeft } from "../../support/host-processes";
import { ensurePresent, localRoute } from "../../support/route-operations";
import { type ConnectionInputs, connectionSpec } from "../../support/sandbox-connection";

const route = localRoute("2001:db8:7::/64");

interface Grant {
  readonly name: string;
  readonly flavour: FlavourName;
  readonly prepare?: string;
  readonly overrides?: ConnectionInputs;
}

function setSudoersEntry(entry: string): string {
  return `sed -i 's|^operator.*|operator ${entry}|' /etc/sudoers`;
}

const addDefaults = (options: string) => `echo 'Defaults ${options}' >>/etc/sudoers`;

const grants: readonly Grant[] = [
  { name: "root-with-password", flavour: "root", overrides: { privilegePassword: "unneeded" } },
  { name: "root-by-none", flavour: "root", overrides: { privilege: "none" } },
  // A program called like the password would be run, if a shell got it.
  { name: "unneeded-password", flavour: "sudo-entry", overrides: { privilegePassword: "touch /run/told" } },
  {
    name: "usr-bin-entry",
    flavour: "sudo-entry",
    prepare: setSudoersEntry("ALL=(root) NOPASSWD: /usr/bin/sh -s"),
  },
  { name: "password-entry", flavour: "sudo-password", prepare: setSudoersEntry("ALL=(root) /bin/sh -s") },
  { name: "remembers-nothing", flavour: "sudo-password", prepare: addDefaults("timestamp_timeout=0") },
  { name: "remembers-all", flavour: "sudo-password", prepare: addDefaults("timestamp_type=global") },
  { name: "lectures", flavour: "sudo-password", prepare: addDefaults("lecture=always") },
  { name: "own-prompt", flavour: "sudo-password", prepare: addDefaults('passprompt="Who goes there?"') },
  { name: "without-pty", flavour: "sudo-password", prepare: addDefaults("!use_pty") },
  { name: "sudo-with-pty", flavour: "sudo", overrides: { privilege: "sudo" } },
  {
    name: "doas-by-itself",
    flavour: "doas",
    prepare: hidePrograms("sudo"),
    overrides: { privilege: undefined },
  },
  {
    name: "doas-beside-password",
    flavour: "doas",
    prepare: hidePrograms("sudo"),
    overrides: { privilege: "auto", privilegePassword: "unneeded" },
  },
];

describe.concurrent("a login that gets root's rights", { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const hosts = grants.map(({ name, flavour }) => ({ name, flavour }));
    sandbox = await createSandbox({ hosts });
  });
  afterAll(() => sandbox?.close());

  it.each(grants)("$name", async ({ name, prepare = "true", overrides }) => {
    const machine = sandbox.host(name);
    await machine.execOrThrow(["sh", "-c", prepare]);
    const { host } = new Hosts().find(connectionSpec(sandbox, machine, overrides), undefined);
    expect(await host.change(ensurePresent(route))).toBe("added");
    // The second shell, while the first is idle or at work.
    await Promise.all([
      host.change(ensurePresent(localRoute("198.51.100.0/24"))),
      host.observe({ family: "ipv4", table: 255 }),
    ]);
    expect(listCommandLines(machine).filter((line) => line.includes("/bin/sh -s"))).not.toEqual([]);
    await expectNothingLeft(machine, "success");
    expect(readdirSync(machine.path("/run"))).not.toContain("told");
  });

  it("shows the password in no command line, while its shell is there", async () => {
    const machine = await sandbox.addHost({ name: "looked-at", flavour: "sudo-password" });
    const { host } = new Hosts().find(connectionSpec(sandbox, machine), undefined);
    const seen = new Set<string>();
    const watch = setInterval(() => {
      for (const line of listCommandLines(machine)) seen.add(line);
    }, 1);
    await host.change(ensurePresent(route));
    clearInterval(watch);
    expect([...seen].filter((line) => /^sudo -k -S -p/.test(line))).not.toEqual([]);
    const password = machine.rights.privilegePassword ?? "no password";
    expect([...seen].filter((line) => line.includes(password))).toEqual([]);
    await expectNothingLeft(machine, "success");
  });
});

function listCommandLines(machine: Host): string[] {
  const processes = machine.path("/proc");
  return readdirSync(processes)
    .filter((entry) => /^[0-9]+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`${processes}/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      } catch {
        return "";
      }
    });
}
