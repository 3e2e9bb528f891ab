// The command line's way to a connection: operands and options become what a resource's `connection` would be.
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../bin/command";
import { type HostOptionValues, readHostOptions } from "../../../bin/host-options";

const read = (host: string, values: HostOptionValues = {}, environment = {}) =>
  readHostOptions([host], values, environment);

describe("readHostOptions", () => {
  it.each([
    ["web1.example", { host: "web1.example", user: "root", port: 22 }],
    ["operator@web1.example", { host: "web1.example", user: "operator" }],
    ["operator@web1.example:2222", { host: "web1.example", user: "operator", port: 2222 }],
    ["2001:db8::1", { host: "2001:db8::1", port: 22 }],
    ["[2001:db8::1]:2222", { host: "2001:db8::1", port: 2222 }],
    ["root@[2001:db8::1]", { host: "2001:db8::1", user: "root", port: 22 }],
  ])("reads %s", (host, expected) => {
    expect(read(host)).toMatchObject(expected);
  });

  it("names the connection's properties", () => {
    const values = {
      user: "operator",
      port: "2222",
      "private-key-path": "~/.ssh/key",
      "known-hosts": ["one", "two"],
      "host-key-policy": "acceptNew",
      privilege: "sudo",
      proxy: ["jump@192.0.2.1:2200", "192.0.2.2"],
    };
    expect(read("web1", values)).toMatchObject({
      user: "operator",
      port: 2222,
      privateKeyPath: "~/.ssh/key",
      knownHosts: ["one", "two"],
      hostKeyPolicy: "acceptNew",
      privilege: "sudo",
      dialErrorLimit: 1,
      proxies: [
        { host: "192.0.2.1", user: "jump", port: 2200, privateKeyPath: "~/.ssh/key" },
        { host: "192.0.2.2", user: "root", port: 22, privateKeyPath: "~/.ssh/key" },
      ],
    });
  });

  it("gives jump hosts their own keys, one for all or each its own", () => {
    const values = {
      "private-key-path": "key",
      "agent-socket-path": "agent",
      proxy: ["jump1", "jump2"],
      "proxy-private-key-path": ["key1", "key2"],
      "proxy-agent-socket-path": ["jump-agent"],
      "proxy-host-key": [`SHA256:${"A".repeat(43)}`, `SHA256:${"B".repeat(43)}`],
    };
    const environment = {
      PULUMI_ANYIP_PRIVATE_KEY_PASSWORD: "horse",
      PULUMI_ANYIP_PROXY_PRIVATE_KEY_PASSWORD: "staple",
    };
    const own = { agentSocketPath: "jump-agent", privateKeyPassword: "staple" };
    expect(read("web1", values, environment)).toMatchObject({
      privateKeyPath: "key",
      agentSocketPath: "agent",
      privateKeyPassword: "horse",
      proxies: [
        { host: "jump1", privateKeyPath: "key1", hostKey: expect.stringContaining("A"), ...own },
        { host: "jump2", privateKeyPath: "key2", hostKey: expect.stringContaining("B"), ...own },
      ],
    });
    expect(read("web1", { ...values, "proxy-private-key-path": ["key1"] }).proxies).toMatchObject([
      { privateKeyPath: "key1" },
      { privateKeyPath: "key1" },
    ]);
    expect(read("web1", values).proxies[0]).not.toHaveProperty("privateKeyPassword");
    expect(read("web1", values)).not.toHaveProperty("hostKey");
  });

  it("takes secrets from the environment, and an empty one for none", () => {
    const environment = { PULUMI_ANYIP_PASSWORD: "horse", PULUMI_ANYIP_PRIVILEGE_PASSWORD: "staple" };
    expect(read("web1", {}, environment)).toMatchObject({ password: "horse", privilegePassword: "staple" });
    expect(read("web1", {}, { PULUMI_ANYIP_PASSWORD: "" })).not.toHaveProperty("password");
  });

  it.each<[string, HostOptionValues, RegExp]>([
    ["", {}, /^HOST is empty; it must be a host name/],
    ["web1:x", {}, /^--port must be a whole number/],
    ["a@web1", { user: "b" }, /^--user is given, and HOST has one, too/],
    ["web1:22", { port: "22" }, /^--port is given, and HOST has one, too/],
    ["web1", { privilege: "su" }, /^--privilege must be one of/],
    ["web1", { "host-key-policy": "no" }, /^--host-key-policy must be one of/],
    ["web1", { proxy: ["web2:0"] }, /^--proxy: port must be a whole number/],
    ["web1", { proxy: ["web2"], "proxy-host-key": ["x"] }, /^--proxy-host-key must be a public host key/],
    [
      "web1",
      { "proxy-host-key": ["x"] },
      /^--proxy-host-key and --proxy are given 1 and 0 times; give it once/,
    ],
    ["web1", { proxy: ["a", "b", "c"], "proxy-private-key-path": ["x", "y"] }, /are given 2 and 3 times/],
  ])("refuses %s %j", (host, values, message) => {
    expect(() => read(host, values)).toThrow(UsageError);
    expect(() => read(host, values)).toThrow(message);
  });

  it.each(["root:horse-staple@web1", "root:horse@staple@web1"])("never repeats a password: %s", (host) => {
    try {
      read(host);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).not.toMatch(/horse|staple/);
    }
  });
});
