// Prefixes that would cut a real host off, or that would be dead: refused before anything changes, lifted by name.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { expectNothingLeft } from "../../support/host-processes";
import { EngineRun } from "../../support/route-provider";
import { type ConnectionInputs, connectionInputs } from "../../support/sandbox-connection";

/** How a host is made so that a prefix has this one reason against it, and which prefix that is. */
interface Danger {
  readonly reason: string;
  readonly code: "LOCKOUT_RISK" | "PREFIX_ON_LINK";
  readonly prepare?: (machine: Host) => Promise<unknown>;
  readonly prefix: (sandbox: Sandbox) => string;
  readonly found: (sandbox: Sandbox) => string;
}

const farGateway = "203.0.113.1";
const farGateway6 = "2001:db8:8::1";
const nameserver = "2001:db8:53::53";
const neighbor = (sandbox: Sandbox) => sandbox.addresses.network4.replace(/\.0\/22$/, ".9");
const otherSubnet = "10.99.0.0/24";
const partOf = (sandbox: Sandbox) => sandbox.addresses.spare6.replace("/65", "/80");

const dangers: readonly Danger[] = [
  {
    reason: "gateway",
    code: "LOCKOUT_RISK",
    prepare: (machine) =>
      machine.configureNetwork([`route add 10.1.0.0/16 via ${farGateway} dev eth0 onlink`]),
    prefix: () => "203.0.113.0/24",
    found: () => `covers ${farGateway}, a gateway on eth0`,
  },
  {
    reason: "gateway",
    code: "LOCKOUT_RISK",
    prepare: (machine) =>
      machine.configureNetwork([
        "rule add from 198.51.100.0/24 lookup 100",
        `route add default via ${farGateway} dev eth0 onlink table 100`,
      ]),
    prefix: () => `${farGateway}/32`,
    found: () => `covers ${farGateway}, a gateway on eth0`,
  },
  {
    reason: "gateway",
    code: "LOCKOUT_RISK",
    prepare: (machine) =>
      machine.execOrThrow([
        "sh",
        "-ec",
        "ip -6 rule add fwmark 7 lookup 200; " +
          `ip -6 route add 2001:db8:9::/48 via ${farGateway6} dev eth0 onlink table 200`,
      ]),
    prefix: () => "2001:db8:8::/64",
    found: () => `covers ${farGateway6}, a gateway on eth0`,
  },
  {
    reason: "resolver",
    code: "LOCKOUT_RISK",
    prepare: (machine) =>
      machine.execOrThrow(["sh", "-c", `echo nameserver ${nameserver} >>/etc/resolv.conf`]),
    prefix: () => "2001:db8:53::/64",
    found: () => `covers ${nameserver}, a nameserver`,
  },
  {
    reason: "resolver",
    code: "LOCKOUT_RISK",
    prepare: (machine) =>
      machine.execOrThrow([
        "sh",
        "-c",
        "echo nameserver 127.0.0.53 >/etc/resolv.conf; mkdir -p /run/systemd/resolve; " +
          `echo nameserver ${nameserver} >/run/systemd/resolve/resolv.conf`,
      ]),
    prefix: () => `${nameserver}/128`,
    found: () => `covers ${nameserver}, a nameserver`,
  },
  {
    reason: "neighbor",
    code: "LOCKOUT_RISK",
    prepare: (machine) =>
      machine.execOrThrow([
        "sh",
        "-c",
        `ip neigh add $1 lladdr 02:00:00:00:00:09 dev eth0 nud permanent`,
        "sh",
        machine.address.replace(/\.[0-9]+$/, ".9"),
      ]),
    prefix: (sandbox) => `${neighbor(sandbox)}/32`,
    found: (sandbox) => `covers ${neighbor(sandbox)}, another host on eth0`,
  },
  {
    reason: "neighbor",
    code: "LOCKOUT_RISK",
    prepare: (machine) => machine.configureNetwork(["addr add 10.99.0.1/24 dev eth0"]),
    prefix: () => otherSubnet,
    found: () => `covers ${otherSubnet}, and so all other hosts on eth0`,
  },
  {
    reason: "onLink",
    code: "PREFIX_ON_LINK",
    prefix: partOf,
    found: (sandbox) => `lies in ${sandbox.addresses.network6}, which is on-link on eth0`,
  },
];

describe.concurrent("a prefix that a host must not get", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const names = [
      ...dangers.map((_, index) => `danger${index}`),
      "client",
      "jumped",
      "tables",
      "spare",
      "there",
    ];
    sandbox = await createSandbox({ hosts: names.map((name) => ({ name })) });
  });
  afterAll(() => sandbox?.close());

  const argsFor = (machine: Host, prefix: string, overrides: ConnectionInputs = {}) => ({
    connection: connectionInputs(sandbox, machine, overrides),
    prefix,
  });
  const attempt = (args: Parameters<EngineRun["create"]>[0]) =>
    new EngineRun().create(args).catch((error: unknown) => error);

  it.each(dangers.map((danger, index) => ({ ...danger, index })))(
    "$index: is refused for $reason, and nothing else, until that is lifted",
    async ({ reason, code, prepare, prefix, found, index }) => {
      const machine = sandbox.host(`danger${index}`);
      await prepare?.(machine);
      const before = await machine.routes();
      const args = argsFor(machine, prefix(sandbox));
      const error = await attempt(args);
      expect(error).toMatchObject({ code, message: expect.stringContaining(found(sandbox)) });
      expect(String(error)).toContain(
        `${machine.user}@${machine.address}:${machine.port}: nothing was changed`,
      );
      expect(String(error)).toMatch(new RegExp(`allowUnsafe: \\["${reason}"\\]$`));
      expect(await machine.routes()).toBe(before);
      await expectNothingLeft(machine, "success");
      const created = await new EngineRun().create({ ...args, allowUnsafe: [reason] });
      expect(await machine.routes()).not.toBe(before);
      await new EngineRun().delete(created);
      expect(await machine.routes()).toBe(before);
    },
  );

  it("is refused for the client, and comes back by itself where that was lifted", {
    timeout: 60_000,
  }, async () => {
    const machine = sandbox.host("client");
    const before = await machine.routes();
    const client = sandbox.addresses.machine4;
    const connection = { perDialTimeout: 2, dialErrorLimit: 30 };
    const args = { ...argsFor(machine, `${client}/32`, connection), confirmTimeout: 2 };
    const refused = await attempt(args);
    expect(refused).toMatchObject({
      code: "LOCKOUT_RISK",
      message: expect.stringContaining(`covers ${client}, from which this SSH login comes`),
    });
    expect(await machine.routes()).toBe(before);
    expect(await attempt({ ...args, allowUnsafe: ["sshPeer"] })).toMatchObject({ code: "CHANGE_REVERTED" });
    expect(await machine.routes()).toBe(before);
    await expectNothingLeft(machine, "fault");
  });

  it("is refused for jump hosts, as the host and as the connection know them", async () => {
    const [jump, machine] = [sandbox.host("spare"), sandbox.host("jumped")];
    const before = await machine.routes();
    const proxy = connectionInputs(sandbox, jump);
    const { knownHosts: _shared, ...hop } = proxy;
    const args = argsFor(machine, `${jump.address}/32`, { proxy: hop });
    const error = await attempt(args);
    expect(error).toMatchObject({ code: "LOCKOUT_RISK" });
    expect(String(error)).toContain(`covers ${jump.address}, from which this SSH login comes`);
    expect(String(error)).toContain(`covers ${jump.address}, a jump host of this connection`);
    expect(String(error)).toMatch(/allowUnsafe: \["sshPeer", "jumpHost"\]$/);
    const half = await attempt({ ...args, allowUnsafe: ["sshPeer"] });
    expect(String(half)).toMatch(/The prefix covers \S+, a jump host of this connection\. The host/);
    expect(await machine.routes()).toBe(before);
  });

  it("is no matter in a table that only some packets are looked up in", async () => {
    const machine = sandbox.host("tables");
    await machine.configureNetwork(["rule add fwmark 1 lookup 100", "rule add from all lookup 101"]);
    const before = await machine.routes();
    const args = argsFor(machine, `${sandbox.addresses.peer4}/32`);
    expect(await attempt({ ...args, table: 101 })).toMatchObject({ code: "LOCKOUT_RISK" });
    expect(await machine.routes()).toBe(before);
    const created = await new EngineRun().create({ ...args, table: 100 });
    const whole = { ...args, prefix: "0.0.0.0/0", table: 100, allowUnsafe: ["wholeFamily"] };
    const proxied = await new EngineRun().create(whole);
    expect(await machine.routes()).toContain("default dev lo table 100 ");
    for (const each of [created, proxied]) await new EngineRun().delete(each);
    expect(await machine.routes()).toBe(before);
  });

  it("is taken on where it is there already, and does not hinder its neighbours of a batch", async () => {
    const machine = sandbox.host("there");
    const prefix = partOf(sandbox);
    await machine.configureNetwork([`route add local ${prefix} dev lo proto 4`]);
    const before = await machine.routes();
    const run = new EngineRun();
    const outcomes = await Promise.allSettled([
      run.create(argsFor(machine, prefix)),
      run.create(argsFor(machine, prefix.replace("/80", "/96"))),
      run.create(argsFor(machine, "2001:db8:7::/64")),
      run.create(argsFor(machine, sandbox.addresses.spare4)),
    ]);
    expect(outcomes).toMatchObject([
      { status: "fulfilled", value: { outputs: { origin: "adopted" } } },
      { status: "rejected", reason: { code: "PREFIX_ON_LINK" } },
      { status: "fulfilled" },
      { status: "fulfilled" },
    ]);
    const updated = { ...argsFor(machine, prefix), allowUnsafe: ["onLink"], confirmTimeout: 5 };
    const [adopted] = outcomes;
    if (adopted.status !== "fulfilled") return;
    const withRoutes = await machine.routes();
    expect(await run.preview(adopted.value, updated)).toBe("update");
    const recorded = await run.update(adopted.value, updated);
    expect(recorded.outputs).toMatchObject({ allowUnsafe: ["onLink"], confirmTimeout: 5 });
    expect(await machine.routes()).toBe(withRoutes);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") await new EngineRun().delete(outcome.value);
    }
    expect(await machine.routes()).toBe(before);
  });
});

describe.concurrent("the client is known", () => {
  let sandbox: Sandbox;
  const shells = ["dash", "bash", "fish", "tcsh"] as const;
  const flavours = ["sudo", "sudo-password", "doas"] as const;
  beforeAll(async () => {
    const byShell = shells.map((shell) => ({ name: shell, shell }));
    const byFlavour = flavours.map((flavour) => ({ name: flavour, flavour }));
    sandbox = await createSandbox({ hosts: [...byShell, ...byFlavour] });
  });
  afterAll(() => sandbox?.close());

  const expectKnown = async (machine: Host) => {
    const before = await machine.routes();
    const prefix = `${sandbox.addresses.machine4}/32`;
    const made = new EngineRun().create({ connection: connectionInputs(sandbox, machine), prefix });
    await expect(made).rejects.toMatchObject({
      code: "LOCKOUT_RISK",
      message: expect.stringContaining("from which this SSH login comes"),
    });
    expect(await machine.routes()).toBe(before);
  };

  it.each(shells)("to a login shell that is %s", async (shell) => {
    const machine = sandbox.host(shell);
    expect(await machine.execOrThrow(["grep", "^root:", "/etc/passwd"])).toContain(`/${shell}`);
    await expectKnown(machine);
  });

  it.each(flavours)("behind %s, which takes it out of the environment", (flavour) =>
    expectKnown(sandbox.host(flavour)),
  );
});
