// What a person sees when something is wrong, by the real CLI: the property, what would be right, and a host and a
// state that are as they were.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { PulumiProject } from "../support/pulumi-project";
import { connectTo, type RouteArgs, RoutesProject } from "../support/pulumi-routes";

const password = "correct-horse-7f3a";

let sandbox: Sandbox;
let host: Host;
let operated: Host;
let project: RoutesProject;
let untouched: string;

beforeAll(async () => {
  sandbox = await createSandbox({
    hosts: [
      { name: "web1", password },
      { name: "web2", password, flavour: "sudo-password" },
    ],
  });
  host = sandbox.host("web1");
  operated = sandbox.host("web2");
  project = await RoutesProject.create();
  untouched = await host.routes();
});
afterAll(async () => {
  project?.close();
  await sandbox?.close();
});

const good = { prefix: "2001:db8:600::/64" };

interface BadInput {
  readonly what: string;
  readonly args: RouteArgs;
  /** On top of a connection that works. */
  readonly connection?: RouteArgs;
  /** Each property that is wrong, and a part of what is said about it. */
  readonly said: Readonly<Record<string, string>>;
}

// Several properties at a time: all that is wrong is said in one run.
const badInputs: readonly BadInput[] = [
  {
    what: "host bits, and numbers out of range",
    args: { prefix: "2001:db8:600::1/64", metric: 0.5, protocol: 3, table: 0, device: "interface-of-17-" },
    connection: { port: 0, dialErrorLimit: 0, perDialTimeout: 86_400, commandTimeout: "10" },
    said: {
      prefix: "has host bits set; the /64 that holds this address is 2001:db8:600::/64",
      metric: "must be a whole number from 0 to 4294967295",
      protocol: "must be a whole number from 4 to 255; 0 to 3 are the kernel's own",
      table: 'must be "local", "main", "default" or a number from 1 to 4294967295',
      device: "is 16 characters long, at most 15 are possible",
      "connection.port": "must be a whole number from 1 to 65535",
      "connection.dialErrorLimit": "must be a whole number from 1 to 1000",
      "connection.perDialTimeout": "must be a whole number from 1 to 3600",
      "connection.commandTimeout": "must be a whole number from 1 to 86400, not a text",
    },
  },
  {
    what: "shell metacharacters, newlines and NUL",
    args: { prefix: "2001:db8:600::/64; reboot", device: "lo;reboot", table: "main\nlocal", source: "$(id)" },
    connection: {
      host: "web1;reboot",
      user: "-oProxyCommand=id",
      privateKeyPath: "/key\nfile",
      password: "a\u0000b",
      knownHosts: "/a\u0000b",
      hostKey: "ssh-ed25519 AAAA\nroot",
    },
    said: {
      prefix: "is not ADDRESS/LENGTH such as 2001:db8:100::/64 or 192.0.2.0/24 (it contains white space)",
      device: "must be a network device's name such as lo or eth0",
      table: 'must be "local", "main", "default" or a number',
      source: "must be an address of the host without a length",
      "connection.host": "must be a host name or an IP address such as web1.example",
      "connection.user": "must be a login name such as root",
      "connection.privateKeyPath": "must be a file path without control characters",
      "connection.password": "must be a text without NUL or other control characters",
      "connection.knownHosts": "must be a file path without control characters",
      "connection.hostKey": "must be a public host key such as `ssh-ed25519 AAAA…`",
    },
  },
  {
    what: "every address, and properties that exclude each other",
    args: { prefix: "0.0.0.0/0", source: "2001:db8::1", onExisting: "replace", verify: "yes" },
    connection: { privateKey: "KEY", hostKeyPolicy: "insecure", hostKey: `SHA256:${"A".repeat(43)}` },
    said: {
      prefix: "is every address of its family",
      onExisting: 'must be one of "adopt", "takeOver", "fail"',
      verify: "must be true or false, not a text",
      "connection.privateKeyPath": "and privateKey exclude each other",
      "connection.hostKeyPolicy": "beside a pinned hostKey",
    },
  },
  {
    what: "families that differ, a zone id, a name that does not exist",
    args: { prefix: "192.0.2.0/24", source: "2001:db8::1", mertic: 5, Metric: 6 },
    connection: { host: "web1:22", privateKeyPath: undefined, privateKeyPassword: "secret" },
    said: {
      source: "is IPv6 but prefix is IPv4; both must be of one family",
      Metric: "is not a property here; did you mean metric?",
      mertic: "is not a property here; there are allowUnsafe, confirmTimeout, connection",
      "connection.host": "has a colon or a zone but is no IPv6 address; give the port as the property `port`",
      "connection.privateKeyPassword":
        "is the passphrase of a key, but neither privateKey nor privateKeyPath",
    },
  },
  { what: "::/0", args: { prefix: "::/0" }, said: { prefix: "is every address of its family" } },
  { what: "multicast", args: { prefix: "ff02::/16" }, said: { prefix: "lies in ff00::/8, multicast" } },
  { what: "a zone id", args: { prefix: "2001:db8::%eth0/64" }, said: { prefix: "a zone id such as %eth0" } },
  {
    what: "Unicode digits",
    args: { prefix: "１９２.0.2.0/24" },
    said: { prefix: "it contains characters that are not ASCII" },
  },
  {
    what: "no prefix",
    args: { prefix: undefined },
    said: { prefix: "is missing; give one such as 2001:db8" },
  },
];

describe("the check of a preview", () => {
  it.each(badInputs)("names every wrong property: $what", async ({ args, connection = {}, said }) => {
    const before = host.counters();
    project.declare({ ...connectTo(sandbox, host), ...connection }, { bad: { ...good, ...args } });
    const output = await project.pulumi.failToPreview();
    const reports = (output.split("Diagnostics:")[1] ?? "").split("AnyIPRoute resource 'bad': property ");
    for (const [property, reason] of Object.entries(said)) {
      const report = reports.find((text) => text.startsWith(`${property} `));
      expect(report, `${property} in ${output}`).toMatch(/ has a problem: /);
      expect(report, property).toContain(reason);
    }
    expect(host.counters()).toEqual(before);
    expect(await host.routes()).toBe(untouched);
  });
});

describe("secrets", () => {
  const wrongPassword = "wrong-horse-91c2";
  const forms: readonly { what: string; $secret: readonly string[] }[] = [
    { what: "plain", $secret: [] },
    { what: "marked as secret by the program", $secret: ["password", "privateKey"] },
  ];

  it.each(forms)("are nowhere to be read: $what", async ({ $secret }) => {
    const privateKey = readFileSync(sandbox.keyPath, "utf8");
    const { privateKeyPath: _, ...rest } = connectTo(sandbox, host);
    const pulumi = project.pulumi;
    const declare = (change: RouteArgs, routes: Record<string, RouteArgs>) =>
      project.declare(
        { ...rest, ...change },
        Object.fromEntries(Object.entries(routes).map(([name, args]) => [name, { ...args, $secret }])),
      );

    let said = "";
    declare({ password, privateKey }, { kept: good });
    said += (await pulumi.up("--diff")).output;
    // Refused, for a new route and for one that exists; and a check that fails beside it.
    declare(
      { password: wrongPassword },
      { kept: { ...good, protocol: 200 }, other: { prefix: "2001:db8:601::/64" } },
    );
    const refused = await pulumi.failToUp("--diff", "--continue-on-error");
    expect(refused).toContain("refused the login");
    said += refused;
    declare(
      { password: wrongPassword, privateKey: `${privateKey}\u0000` },
      { kept: { ...good, device: "a/b" } },
    );
    said += await pulumi.failToPreview("--diff");
    declare({ password }, { kept: good });
    said += (await pulumi.up("--diff")).output;
    said += JSON.stringify(await pulumi.export());
    said += JSON.stringify(await pulumi.preview());
    said += (await pulumi.destroy()).output;

    // A line of the key's text is as good as the key; JSON would break its lines.
    const keyLines = privateKey.split("\n").filter((line) => line.length > 30 && !line.startsWith("-"));
    for (const secret of [password, wrongPassword, ...keyLines]) {
      expect(said).not.toContain(secret);
      expect(pulumi.findInFiles(secret)).toEqual([]);
    }
    expect(await host.routes()).toBe(untouched);
  });
});

describe("sudo's password", () => {
  it.each([
    { what: "plain", $secret: [] },
    { what: "marked as secret by the program", $secret: ["privilegePassword"] },
  ])("is nowhere to be read: $what", async ({ $secret }) => {
    const { pulumi } = project;
    const connection = connectTo(sandbox, operated);
    const wrongPassword = "wrong-horse-91c2";
    const before = await operated.routes();
    const routes = { kept: { ...good, $secret } };
    project.declare({ ...connection, privilegePassword: wrongPassword }, routes);
    let said = await pulumi.failToUp("--diff");
    expect(said).toMatch(/sudo did not take connection\.privilegePassword.*NO_PRIVILEGE/);
    project.declare({ ...connection, privilegePassword: password }, routes);
    said += (await pulumi.up("--diff")).output;
    expect(await operated.routes()).not.toBe(before);
    said += JSON.stringify(await pulumi.export());
    said += JSON.stringify(await pulumi.preview());
    said += (await pulumi.destroy()).output;
    for (const secret of [password, wrongPassword]) {
      expect(said).not.toContain(secret);
      expect(pulumi.findInFiles(secret)).toEqual([]);
    }
    expect(await operated.routes()).toBe(before);
  });
});

describe("what goes wrong on the way", () => {
  it("is told with what to do, and leaves the state as it is", async () => {
    const { pulumi } = project;
    const connection = { ...connectTo(sandbox, host), dialErrorLimit: 1, perDialTimeout: 5 };
    const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";
    const knownHosts = pulumi.write("known_hosts", `${host.address} ${otherKey}\n`);
    const broken: readonly { name: string; connection: RouteArgs; said: RegExp }[] = [
      {
        name: "unreachable",
        connection: { ...connection, port: 2 },
        said: /root@198\S+:2 refused the connection: .*Check the port, and that sshd runs there/,
      },
      {
        name: "hostKey",
        connection: { ...connection, knownHosts },
        said: /presented the ssh-ed25519 key SHA256:.* but known are .*If the host was reinstalled, replace that line/,
      },
      {
        name: "login",
        connection: { ...connection, privateKeyPath: undefined, password: "not this one" },
        said: /refused the login.*/,
      },
    ];
    const routes = (connectionOf: (entry: (typeof broken)[number]) => RouteArgs, kept: RouteArgs = {}) =>
      Object.fromEntries(
        broken.flatMap((entry, index) => [
          [
            `${entry.name}Kept`,
            { prefix: `2001:db8:61${index}::/64`, ...kept, connection: connectionOf(entry) },
          ],
          [`${entry.name}New`, { prefix: `2001:db8:62${index}::/64`, connection: connectionOf(entry) }],
        ]),
      );
    const only = (suffix: string, all: Record<string, RouteArgs>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => name.endsWith(suffix)));

    project.declare(
      connection,
      only(
        "Kept",
        routes(() => connection),
      ),
    );
    await pulumi.up();
    const bound = await host.routes();
    const recorded = await pulumi.routes();

    project.declare(
      connection,
      routes((entry) => entry.connection, { protocol: 200 }),
    );
    const output = await pulumi.failToUp("--continue-on-error");
    for (const { name, said } of broken) {
      for (const resource of [`${name}Kept`, `${name}New`]) {
        const report = output.split(`AnyIPRoute (${resource}):`)[1]?.split("\n\n")[0] ?? output;
        expect(report, resource).toMatch(said);
      }
    }
    expect(await host.routes()).toBe(bound);
    expect(await pulumi.routes()).toEqual(recorded);

    project.declare(
      connection,
      routes(() => connection, { protocol: 200 }),
    );
    await pulumi.up();
    await pulumi.previewNoChanges();
    expect((await host.routes()).match(/ proto 200 /g)).toHaveLength(3);
    expect((await host.routes()).match(/ proto 177 /g)).toHaveLength(3);
    await pulumi.destroy();
    expect(await host.routes()).toBe(untouched);
  });
});

describe("what is not known yet", () => {
  it("is no error at preview", async () => {
    const program = "test/acceptance/programs/unknown.cjs";
    const files = {
      "Pulumi.yaml": `name: unknown\nruntime: nodejs\nmain: ${program}\n`,
      "package.json": '{ "private": true }\n',
    };
    const unknown = await PulumiProject.create({ copies: [program], files });
    const declare = (prefix: string) =>
      unknown.setEnvironment({ ROUTES: JSON.stringify({ connection: connectTo(sandbox, host), prefix }) });
    const opsOf = async () =>
      Object.fromEntries(
        Object.entries(await unknown.preview()).map(([name, steps]) => [
          name,
          steps.map(({ op }) => op).join(),
        ]),
      );
    const before = host.counters();
    try {
      declare("2001:db8:702::/64");
      const created = {
        server: "create",
        unknownHost: "create",
        unknownPrefix: "create",
        unknownConnection: "create",
      };
      expect(await opsOf()).toEqual(created);
      expect(host.counters()).toEqual(before);
      await unknown.up();
      await unknown.previewNoChanges();

      // What the server will tell is unknown again: each may turn out to be another route. None but one does.
      const ids = await unknown.routes();
      declare("2001:db8:704::/64");
      expect(await opsOf()).toEqual({
        server: "update",
        unknownHost: "replace",
        unknownPrefix: "replace",
        unknownConnection: "replace",
      });
      await unknown.up();
      const after = await unknown.routes();
      expect(after.unknownHost?.id).toBe(ids.unknownHost?.id);
      expect(after.unknownConnection?.id).toBe(ids.unknownConnection?.id);
      expect(after.unknownPrefix?.id).not.toBe(ids.unknownPrefix?.id);
      expect(await host.routes()).toMatch(/^2 2001:db8:704::\/64 /m);
      expect(await host.routes()).not.toMatch(/^2 2001:db8:702::\/64 /m);
      await unknown.destroy();
    } finally {
      unknown.close();
    }
    expect(await host.routes()).toBe(untouched);
  });
});
