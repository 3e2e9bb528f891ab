// The engine's check: canonical form, failures that teach, unknown values.
import { describe, expect, it } from "vitest";
import { checkInputs } from "../../../provider/anyip-route/inputs";
import { fullInputs, pinnedKey, requireDesired, validInputs, withValue } from "./valid-inputs";

const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknownValues = [
  unknownText,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];
const failuresOf = (path: string, value: unknown, inputs = validInputs) =>
  checkInputs(withValue(inputs, path, value)).failures;

describe("checkInputs fills in defaults", () => {
  it("for IPv6", () => {
    expect(requireDesired(validInputs)).toEqual({
      connection: {
        host: "web1.example",
        port: 22,
        user: "root",
        privateKeyPath: "~/.ssh/id_ed25519",
        dialErrorLimit: 10,
        perDialTimeoutSeconds: 15,
        proxies: [],
        knownHosts: ["~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"],
        hostKeyPolicy: "strict",
        privilege: "auto",
        commandTimeoutSeconds: 60,
      },
      route: {
        family: "ipv6",
        prefix: "2001:db8:100::/64",
        device: "lo",
        table: 255,
        metric: 1024,
        protocol: 177,
      },
      wantsProtocol: false,
      onExisting: "adopt",
      verify: true,
      persist: "auto",
      onHostGone: "fail",
      allowUnsafe: [],
      confirmTimeoutSeconds: 10,
      owner: "shop/dev/web",
    });
  });

  it("for IPv4, whose metric is 0", () => {
    const { route } = requireDesired({ ...validInputs, prefix: "192.0.2.0/24" });
    expect(route).toMatchObject({ family: "ipv4", metric: 0 });
  });

  it("but not into the inputs: only what was given is stored", () => {
    expect(checkInputs(validInputs).inputs).toEqual(validInputs);
    expect(checkInputs(fullInputs).inputs).toEqual(fullInputs);
  });
});

describe("checkInputs makes canonical", () => {
  it.each([
    ["prefix", "2001:DB8:0100:0::/64", "2001:db8:100::/64"],
    ["prefix", "64:ff9b::192.0.2.0/120", "64:ff9b::c000:200/120"],
    ["prefix", "192.0.2.0/24", "192.0.2.0/24"],
    ["source", "2001:DB8:0::1", "2001:db8::1"],
    ["table", "local", "local"],
    ["table", 255, "local"],
    ["table", 254, "main"],
    ["table", 253, "default"],
    ["table", 100, 100],
  ])("%s %s as %s", (name, given, canonical) => {
    const { inputs, failures } = checkInputs(withValue(validInputs, name, given));
    expect(failures).toEqual([]);
    expect(inputs[name]).toBe(canonical);
    expect(checkInputs(inputs).inputs).toEqual(inputs);
  });
});

describe("checkInputs names the property and what would be right", () => {
  it.each<[string, unknown, RegExp]>([
    ["prefix", undefined, /^is missing; give one such as 2001:db8:100::\/64/],
    ["prefix", null, /^is missing/],
    ["prefix", 64, /^must be a text such as/],
    ["prefix", ["2001:db8::/64"], /^must be a text such as/],
    ["prefix", "", /^is not ADDRESS\/LENGTH such as/],
    ["prefix", "2001:db8::1/64", /host bits set.*2001:db8::\/64.*2001:db8::1\/128/],
    ["prefix", "192.0.2.1/24", /host bits set.*192\.0\.2\.0\/24.*192\.0\.2\.1\/32/],
    ["prefix", "::/0", /every address of its family/],
    ["prefix", "0.0.0.0/0", /every address of its family.*allowUnsafe: \["wholeFamily"\]/],
    ["prefix", "ff02::/16", /multicast/],
    ["prefix", "224.0.0.0/8", /multicast/],
    ["prefix", "fe80::/64", /link-local/],
    ["prefix", "169.254.0.0/24", /link-local/],
    ["prefix", "::1/128", /loopback/],
    ["prefix", "127.0.0.1/32", /loopback/],
    ["prefix", "::/128", /unspecified/],
    ["prefix", "0.0.0.0/32", /unspecified/],
    ["prefix", "::ffff:192.0.2.0/120", /IPv4-mapped/],
    ["prefix", "2001:db8::%eth0/64", /zone id/],
    ["prefix", " 2001:db8::/64", /white space/],
    ["prefix", "١٩٢.0.2.0/24", /not ASCII/],
    ["prefix", `${"2001:db8::".repeat(1000)}/64`, /10003 characters long/],
    ["device", "", /^is empty; it must be a network device's name/],
    ["device", "abcdefghijklmnop", /^is 16 characters long, at most 15/],
    ["device", "eth0/1", /^must be a network device's name such as lo or eth0/],
    ["device", ".", /network device's name/],
    ["device", "..", /network device's name/],
    ["device", "-eth0", /network device's name/],
    ["device", "éth0", /network device's name/],
    ["device", 1, /network device's name.*not a number/],
    ["table", "vpn", /must be "local", "main", "default" or a number/],
    ["table", "255", /or a number from 1 to 4294967295/],
    ["table", 0, /or a number from 1/],
    ["table", 4294967296, /or a number from 1/],
    ["table", 1.5, /or a number from 1/],
    ["table", true, /or a number from 1/],
    ["metric", -1, /^must be a whole number from 0 to 4294967295/],
    ["metric", 4294967296, /whole number from 0 to 4294967295/],
    ["metric", 1.5, /whole number/],
    ["metric", Number.NaN, /whole number/],
    ["metric", "10", /whole number.*not a text/],
    ["metric", 0, /turns into 1024 for IPv6; leave it out or give 1/],
    ["protocol", 3, /from 4 to 255; 0 to 3 are the kernel's own/],
    ["protocol", 256, /from 4 to 255/],
    ["protocol", "static", /not a text/],
    ["source", "192.0.2.1", /is IPv4 but prefix is IPv6; both must be of one family/],
    ["source", "2001:db8::1/64", /without a length/],
    ["source", "fe80::1%eth0", /must be an address of the host/],
    ["source", 7, /must be an address of the host/],
    ["onExisting", "steal", /must be one of "adopt", "takeOver", "fail"/],
    ["onExisting", "Adopt", /must be one of "adopt"/],
    ["verify", "yes", /must be true or false, not a text/],
    ["persist", "networkd", /no way of its own: .* persist by "systemd"/],
    ["persist", true, /must be one of "auto", "systemd", "openrc", "ifupdown", "none"/],
    ["onHostGone", "ignore", /must be one of "fail", "forget"/],
    ["allowUnsafe", "gateway", /^must be a list of reasons; there are "sshPeer", "jumpHost", "gateway"/],
    ["allowUnsafe", ["gatway"], /^holds what is no reason; there are "sshPeer",.* "onLink"$/],
    ["allowUnsafe", [null], /no reason/],
    ["allowUnsafe", ["toString"], /no reason/],
    ["allowUnsafe", ["onLink", "gateway", "onLink"], /^holds "onLink" twice/],
    ["confirmTimeout", 0, /whole number from 1 to 60.*seconds/],
    ["confirmTimeout", 61, /whole number from 1 to 60/],
    ["confirmTimeout", 1.5, /whole number/],
    ["confirmTimeout", "10", /not a text/],
    ["neighborDiscovery", true, /^is not there yet in this version; .*routed to the host/],
    ["neighborDiscovery", { kind: "proxy" }, /^is not there yet/],
    ["owner", undefined, /is missing/],
    ["owner", "a\nb", /without control characters/],
    ["Prefix", "2001:db8::/64", /is not a property here; did you mean prefix\?/],
    ["gateway", "2001:db8::1", /is not a property here; there are .*device.*prefix/],
    ["connection.host", undefined, /^is missing; give one such as web1\.example/],
    ["connection.host", "", /^is empty/],
    ["connection.host", "web1.example:22", /give the port as the property `port`/],
    ["connection.host", "web1.example%eth0", /a zone but is no IPv6 address/],
    ["connection.host", "192.0.2.1%eth0", /a zone but is no IPv6 address/],
    ["connection.host", "root@web1.example", /no user/],
    ["connection.host", "[2001:db8::1]", /no brackets/],
    ["connection.host", "-oProxyCommand=x", /host name or an IP address/],
    ["connection.host", "a".repeat(254), /254 characters long, at most 253/],
    ["connection.host", 7, /not a number/],
    ["connection.privilege", "root", /must be one of "auto", "none", "sudo", "doas"/],
    ["connection.privilege", "Sudo", /must be one of "auto"/],
    ["connection.privilegePassword", "two\nlines", /a password in one line/],
    ["connection.privilegePassword", "a".repeat(256), /256 characters long, at most 255/],
    ["connection.proxy.privilege", "sudo", /is not a property here/],
    ["connection.proxy.privilegePassword", "s3cret", /is not a property here/],
    ["connection.port", 0, /whole number from 1 to 65535/],
    ["connection.port", 65536, /whole number from 1 to 65535/],
    ["connection.port", "22", /whole number from 1 to 65535, not a text/],
    ["connection.user", "-l", /login name such as root/],
    ["connection.user", "a b", /login name such as root/],
    ["connection.privateKeyPath", "", /is empty/],
    ["connection.hostKey", "AAAA", /ssh-ed25519 AAAA/],
    ["connection.hostKey", "SHA256:short", /SHA256:/],
    ["connection.hostKeyPolicy", "accept-new", /must be one of "strict", "acceptNew", "insecure"/],
    ["connection.knownHosts", [], /path of a known_hosts file/],
    ["connection.knownHosts", [7], /path of a known_hosts file/],
    ["connection.dialErrorLimit", 0, /from 1 to 1000.*dials/],
    ["connection.perDialTimeout", 0, /from 1 to 3600.*seconds/],
    ["connection.commandTimeout", 86401, /from 1 to 86400.*seconds/],
    ["connection.Host", "x", /did you mean host\?/],
    ["connection.privatekey", "x", /did you mean privateKey\?/],
    ["connection.identity", "x", /there are .*privateKeyPath/],
    ["connection.proxy.host", undefined, /^is missing/],
    ["connection.proxy.port", -1, /whole number from 1 to 65535/],
    ["connection.proxy.proxy", { host: "x" }, /is not a property here/],
  ])("%s: %j", (property, value, reason) => {
    const inputs = property.startsWith("connection.proxy.") ? fullInputs : validInputs;
    const failures = failuresOf(property, value, inputs);
    expect(failures.map((failure) => failure.property)).toContain(property);
    expect(failures.find((failure) => failure.property === property)?.reason).toMatch(reason);
    expect(checkInputs(withValue(inputs, property, value)).desired).toBeUndefined();
  });

  it("of a proxy in a list, with its place", () => {
    const proxy = [{ host: "jump1.example" }, { host: "jump2.example", port: 0 }, "jump3.example"];
    expect(failuresOf("connection.proxy", proxy).map(({ property }) => property)).toEqual([
      "connection.proxy[1].port",
      "connection.proxy[2].host",
    ]);
  });

  it.each([undefined, null, "web1.example", 7, []])("of a connection that is %j", (connection) => {
    const { failures } = checkInputs({ ...validInputs, connection });
    expect(failures).toEqual([
      { property: "connection.host", reason: expect.stringMatching(/^is missing; give/) },
    ]);
  });

  it("and does not count a property without a meaning yet among those there are", () => {
    const [failure] = failuresOf("gateway", "2001:db8::1");
    expect(failure?.reason).not.toContain("neighborDiscovery");
    expect(failuresOf("neighborDiscovery", undefined)).toEqual([]);
  });

  it("all at once", () => {
    const bad = { connection: { host: "a b", port: 0 }, prefix: "x", device: "a/b", metric: -1, bogus: 1 };
    expect(
      checkInputs(bad)
        .failures.map(({ property }) => property)
        .sort(),
    ).toEqual(["bogus", "connection.host", "connection.port", "device", "metric", "owner", "prefix"].sort());
  });

  it("takes what is right for what it is", () => {
    for (const [path, value] of [
      ["connection.host", "2001:db8::1"],
      ["connection.host", "fe80::1%eth0"],
      ["connection.host", "192.0.2.1"],
      ["connection.user", "CORP\\ann"],
      ["connection.user", "svc$"],
      ["connection.hostKey", `SHA256:${"A".repeat(43)}`],
      ["connection.hostKey", `${pinnedKey} root@web1`],
      ["connection.knownHosts", ["/a", "/b"]],
      ["connection.proxy", [{ host: "jump1.example" }, { host: "jump2.example" }]],
      ["connection.password", "ünïcode; $(x) 'quoted'"],
      ["connection.privilegePassword", "ünïcode; $(x) 'quoted'"],
      ["connection.privilege", "sudo"],
      ["device", "eth0.100"],
      ["table", 4294967295],
      ["metric", 4294967295],
      ["protocol", 4],
    ] as const) {
      expect(failuresOf(path, value)).toEqual([]);
    }
  });
});

describe("allowUnsafe", () => {
  it.each(["0.0.0.0/0", "::/0"])("wholeFamily lets %s through, and no other name does", (prefix) => {
    const inputs = { ...validInputs, prefix };
    const lifted = requireDesired({ ...inputs, allowUnsafe: ["wholeFamily"] });
    expect(lifted).toMatchObject({ route: { prefix }, allowUnsafe: ["wholeFamily"] });
    const allowUnsafe = ["sshPeer", "jumpHost", "gateway", "resolver", "neighbor", "onLink"];
    expect(checkInputs({ ...inputs, allowUnsafe }).failures.map(({ property }) => property)).toEqual([
      "prefix",
    ]);
  });

  it.each(["0.0.0.0/1", "128.0.0.0/1", "8000::/1", "fe80::/64"])("lifts nothing for %s", (prefix) => {
    const { failures } = checkInputs({ ...validInputs, prefix, allowUnsafe: ["wholeFamily"] });
    expect(failures.map(({ property }) => property)).toEqual(["prefix"]);
  });

  it("waits for a name that is not known yet", () => {
    for (const prefix of ["::/0", "2001:db8::/64"]) {
      const inputs = { ...validInputs, prefix, allowUnsafe: [unknownText, "gateway"] };
      expect(checkInputs(inputs)).toEqual({ inputs, failures: [], desired: undefined });
    }
    const wrong = { ...validInputs, allowUnsafe: [unknownText, "gatway"] };
    expect(checkInputs(wrong).failures).toHaveLength(1);
  });
});

describe("properties that exclude each other", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ["privateKeyPath", { privateKey: "k", privateKeyPath: "/k" }, /exclude each other/],
    ["privateKeyPassword", { privateKeyPassword: "p" }, /neither privateKey nor privateKeyPath/],
    ["hostKeyPolicy", { hostKey: pinnedKey, hostKeyPolicy: "acceptNew" }, /beside a pinned hostKey/],
    ["hostKeyPolicy", { hostKey: pinnedKey, hostKeyPolicy: "insecure" }, /drop one of them/],
    [
      "privilegePassword",
      { privilege: "doas", privilegePassword: "p" },
      /doas reads .* from a terminal only/,
    ],
    ["privilegePassword", { privilege: "none", privilegePassword: "p" }, /privilege is "none"; drop one/],
    ["privilegePassword", { privilege: "doas", privilegePassword: unknownText }, /permit it `nopass`/],
  ])("%s", (name, connection, reason) => {
    const { failures } = checkInputs({ ...validInputs, connection: { host: "h", ...connection } });
    expect(failures).toEqual([{ property: `connection.${name}`, reason: expect.stringMatching(reason) }]);
  });
});

describe("values that are not known yet", () => {
  const topLevel = Object.keys(fullInputs);
  const nested = Object.keys(fullInputs.connection as object).map((name) => `connection.${name}`);
  const inProxy = ["host", "user", "password", "hostKey"].map((name) => `connection.proxy.${name}`);

  it.each([...topLevel, ...nested, ...inProxy])("pass through: %s", (path) => {
    for (const unknown of unknownValues) {
      const given = withValue(fullInputs, path, unknown);
      const { inputs, failures, desired } = checkInputs(given);
      expect(failures).toEqual([]);
      expect(inputs).toEqual(given);
      expect(desired).toBeUndefined();
    }
  });

  it("pass through in lists", () => {
    for (const [path, value] of [
      ["connection.knownHosts", ["/a", unknownText]],
      ["connection.proxy", [unknownText, { host: "jump.example" }]],
    ] as const) {
      const { failures, desired } = checkInputs(withValue(validInputs, path, value));
      expect({ failures, desired }).toEqual({ failures: [], desired: undefined });
    }
  });

  it("hide nothing that is wrong beside them", () => {
    const { failures } = checkInputs({ ...validInputs, prefix: unknownText, device: "a/b" });
    expect(failures.map(({ property }) => property)).toEqual(["device"]);
  });
});

describe("what was given inside the connection", () => {
  const reasonFor = (connection: Record<string, unknown>) =>
    checkInputs({ ...validInputs, connection: { host: "web1.example", ...connection } }).failures[0]?.reason;

  it.each<[Record<string, unknown>, string]>([
    [{ host: "web1;reboot" }, '(given: "web1;reboot")'],
    [{ port: 0 }, "(given: 0)"],
    [{ host: "web1\u202e\n" }, '(given: "web1\\u{202e}\\n")'],
    [{ proxy: [{ host: "a b" }] }, '(given: "a b")'],
  ])("is said, because the engine does not show it: %j", (connection, words) => {
    expect(reasonFor(connection)).toContain(words);
  });

  it.each<[string, Record<string, unknown>]>([
    ["a password", { password: "s3cret\u0000" }],
    ["a password for sudo", { privilegePassword: "s3cret\n" }],
    ["a password in the place of the privilege's name", { privilege: "s3cret" }],
    ["a password in the host", { host: "root:s3cret@web1" }],
    ["a key instead of its path", { privateKeyPath: "-----BEGIN OPENSSH PRIVATE KEY-----\ns3cret" }],
    ["a misspelt property", { pasword: "s3cret" }],
  ])("is not said where it may be secret: %s", (_what, connection) => {
    expect(reasonFor(connection)).toBeDefined();
    expect(reasonFor(connection)).not.toContain("s3cret");
  });
});
