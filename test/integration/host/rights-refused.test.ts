// Logins that do not get root's rights: each failure says why, and nothing is changed on the host.
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Hosts } from "../../../provider/hosts";
import { createSandbox, type Sandbox } from "../../../sandbox";
import type { FlavourName } from "../../../sandbox/host-record";
import { hidePrograms } from "../../support/hide-programs";
import { expectNothingLeft } from "../../support/host-processes";
import { ensurePresent, localRoute } from "../../support/route-operations";
import { type ConnectionInputs, connectionSpec } from "../../support/sandbox-connection";

const route = localRoute("2001:db8:7::/64");
const password = "correct-horse-staple";
const wrongPassword = "battery-nonsense";
const wrong = { privilegePassword: wrongPassword };
const withoutPassword = { privilegePassword: undefined };

function addToSudoers(line: string): string {
  return `echo "${line}" >>/etc/sudoers`;
}

interface Refusal {
  readonly name: string;
  readonly flavour: FlavourName;
  /** What is done to the host first. */
  readonly prepare?: string;
  /** Of the connection. */
  readonly overrides?: ConnectionInputs;
  readonly message: RegExp;
}

const notRoot = /@.*: the login is not root, and /;
const refusals: readonly Refusal[] = [
  {
    name: "no-rights",
    flavour: "root",
    overrides: { user: "visitor" },
    message: /visitor@.*the login is not root, and sudo asks for a password.*NOPASSWD/,
  },
  {
    name: "neither",
    flavour: "sudo",
    prepare: hidePrograms("sudo", "doas"),
    message: /the host has no sudo; install sudo or doas/,
  },
  {
    name: "neither-with-password",
    flavour: "sudo-password",
    prepare: hidePrograms("sudo", "doas"),
    message: /the host has no sudo; install sudo or doas/,
  },
  {
    name: "none",
    flavour: "sudo",
    overrides: { privilege: "none" },
    message: /connection\.privilege is "none"; log in as root/,
  },
  {
    name: "no-password",
    flavour: "sudo-password",
    overrides: withoutPassword,
    message: /sudo asks for a password; give it as connection\.privilegePassword/,
  },
  {
    name: "wrong-password",
    flavour: "sudo-password",
    overrides: wrong,
    message: /sudo did not take connection\.privilegePassword; it was tried once/,
  },
  {
    name: "one-try",
    flavour: "sudo-password",
    prepare: addToSudoers("Defaults passwd_tries=1"),
    overrides: wrong,
    message: /sudo did not take connection\.privilegePassword; it was tried once/,
  },
  {
    name: "not-in-sudoers",
    flavour: "sudo-password",
    overrides: { user: "visitor" },
    message: /sudo does not let it become root; allow `USER ALL=\(root\) NOPASSWD: \/bin\/sh -s`/,
  },
  {
    name: "other-entry",
    flavour: "sudo-password",
    prepare: "sed -i 's|^operator.*|operator ALL=(root) /usr/bin/id|' /etc/sudoers",
    message: /sudo does not let it become root/,
  },
  {
    name: "requiretty",
    flavour: "sudo",
    prepare: addToSudoers("Defaults requiretty"),
    message: /sudo wants a terminal \(requiretty\)/,
  },
  {
    name: "requiretty-password",
    flavour: "sudo-password",
    prepare: addToSudoers("Defaults requiretty"),
    message: /sudo wants a terminal \(requiretty\)/,
  },
  {
    name: "doas-visitor",
    flavour: "doas",
    overrides: { user: "visitor" },
    message: /doas does not let it become root; allow `permit nopass USER as root cmd \/bin\/sh args -s`/,
  },
  {
    name: "doas-asks",
    flavour: "doas",
    prepare: "echo permit operator as root >/etc/doas.conf",
    message: /doas asks for a password, which it reads from a terminal only/,
  },
  { name: "doas-off", flavour: "doas", prepare: "rm /etc/doas.conf", message: /doas does not let it/ },
  { name: "no-doas", flavour: "doas", prepare: hidePrograms("doas"), message: /the host has no doas/ },
];

describe.concurrent("a login without root's rights", { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const hosts = refusals.map(({ name, flavour }) => ({ name, flavour, password }));
    sandbox = await createSandbox({ hosts });
  });
  afterAll(() => sandbox?.close());

  it.each(refusals)("$name: says NO_PRIVILEGE", async ({ name, prepare = "true", overrides, message }) => {
    const machine = sandbox.host(name);
    await machine.execOrThrow(["sh", "-c", prepare]);
    const before = await machine.routes();
    const spec = connectionSpec(sandbox, machine, { commandTimeout: 20, ...overrides });
    const { host } = new Hosts().find(spec, undefined);
    const error: unknown = await host.change(ensurePresent(route)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "NO_PRIVILEGE", retryable: false });
    expect(String(error)).toMatch(message);
    expect(String(error)).toMatch(notRoot);
    const everything = inspect(error, { depth: 9, showHidden: true });
    expect(everything).not.toContain(password);
    expect(everything).not.toContain(wrongPassword);
    expect(await machine.routes()).toBe(before);
    await expectNothingLeft(machine, "success");
  });

  it("tries a wrong password once in a run, whatever comes together and afterwards", async () => {
    const machine = await sandbox.addHost({ name: "counted", flavour: "sudo-password" });
    await machine.execOrThrow(["sh", "-c", addToSudoers("Defaults logfile=/var/log/sudo.log")]);
    const { host } = new Hosts().find(connectionSpec(sandbox, machine, wrong), undefined);
    const tryAll = () =>
      Promise.allSettled([
        host.change(ensurePresent(route)),
        host.observe({ family: "ipv4", table: 255 }),
        host.observe({ family: "ipv6", table: 255 }),
      ]);
    for (const outcome of [...(await tryAll()), ...(await tryAll())]) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "NO_PRIVILEGE" } });
    }
    await expectNothingLeft(machine, "success");
    const log = (await machine.execOrThrow(["cat", "/var/log/sudo.log"])).replace(/\n\s+/g, " ");
    expect(log.match(/incorrect password attempt/g)).toHaveLength(1);
    expect(log).toContain("1 incorrect password attempt");
  });
});
