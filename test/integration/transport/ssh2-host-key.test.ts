// Host key checking against a real OpenSSH sshd, by known_hosts files as OpenSSH's own tools write them.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionSpec } from "../../../provider/connection/spec";
import { connectSsh2 } from "../../../provider/transport/ssh2";
import { type LocalSshd, makeLocalSshd } from "./local-sshd";

let sshd: LocalSshd;
let stranger: LocalSshd;

beforeAll(async () => {
  sshd = await makeLocalSshd();
  stranger = await makeLocalSshd([], false);
});
afterAll(() => Promise.all([sshd.remove(), stranger.remove()]));

function writeKnownHosts(...lines: string[]): string[] {
  const path = join(sshd.dir, `known-${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return [path];
}

async function proveKey(overrides: Partial<ConnectionSpec>): Promise<string | undefined> {
  const runner = await connectSsh2(sshd.spec(overrides));
  runner.close();
  return runner.hostKey;
}

const name = (): string => `[127.0.0.1]:${sshd.port}`;

describe("known_hosts", () => {
  it("asks for the type of key that is known", async () => {
    expect(await proveKey({ knownHosts: writeKnownHosts(`${name()} ${sshd.hostKeys.rsa}`) })).toBe(
      sshd.hostKeys.rsa,
    );
  });

  it("reads what ssh-keygen -H hashed", async () => {
    const [path] = writeKnownHosts(`other.example,${name()} ${sshd.hostKeys.ed25519}`) as [string];
    execFileSync("ssh-keygen", ["-q", "-H", "-f", path], { stdio: "ignore" });
    expect(await proveKey({ knownHosts: [path] })).toBe(sshd.hostKeys.ed25519);
  });

  it("refuses an unknown host unless told otherwise, and says how to go on", async () => {
    const knownHosts = writeKnownHosts(`127.0.0.1 ${sshd.hostKeys.ed25519}`);
    await expect(proveKey({ knownHosts })).rejects.toMatchObject({
      code: "HOST_KEY_UNKNOWN",
      message: expect.stringContaining(sshd.hostKeys.ed25519),
    });
    expect(await proveKey({ knownHosts, hostKeyPolicy: "acceptNew" })).toBe(sshd.hostKeys.ed25519);
    expect(await proveKey({ knownHosts, hostKeyPolicy: "insecure" })).toBe(sshd.hostKeys.ed25519);
  });

  it.each(["strict", "acceptNew"] as const)(
    "refuses a changed and a revoked key under %s",
    async (hostKeyPolicy) => {
      const changed = writeKnownHosts("# first line", `${name()} ${stranger.hostKeys.ed25519}`);
      await expect(proveKey({ knownHosts: changed, hostKeyPolicy })).rejects.toMatchObject({
        code: "HOST_KEY_MISMATCH",
        message: expect.stringContaining(`${changed[0]}:2`),
      });
      const revoked = writeKnownHosts(
        `${name()} ${sshd.hostKeys.ed25519}`,
        `@revoked * ${sshd.hostKeys.ed25519}`,
      );
      await expect(proveKey({ knownHosts: revoked, hostKeyPolicy })).rejects.toMatchObject({
        code: "HOST_KEY_MISMATCH",
        message: expect.stringContaining("@revoked"),
      });
    },
  );

  it("takes a missing file for an empty one, and refuses one that can't be read", async () => {
    await expect(proveKey({ knownHosts: [join(sshd.dir, "none")] })).rejects.toMatchObject({
      code: "HOST_KEY_UNKNOWN",
    });
    await expect(proveKey({ knownHosts: [sshd.dir] })).rejects.toMatchObject({
      code: "BAD_CREDENTIALS",
      message: expect.stringContaining("connection.knownHosts"),
    });
  });
});

describe("a pinned key", () => {
  it("is enough by itself, as a key or as the fingerprint that ssh-keygen prints", async () => {
    const printed = execFileSync("ssh-keygen", ["-lf", join(sshd.dir, "host_ed25519.pub")], {
      encoding: "utf8",
    });
    const fingerprint = printed.split(" ")[1] as string;
    for (const hostKey of [sshd.hostKeys.rsa, `${sshd.hostKeys.ed25519} root@host`, fingerprint]) {
      const proven = await proveKey({ hostKey, knownHosts: [] });
      expect(proven).toBe(hostKey === sshd.hostKeys.rsa ? sshd.hostKeys.rsa : sshd.hostKeys.ed25519);
    }
  });

  it("stands above known_hosts and any policy", async () => {
    for (const hostKeyPolicy of ["strict", "acceptNew", "insecure"] as const) {
      await expect(proveKey({ hostKey: stranger.hostKeys.ed25519, hostKeyPolicy })).rejects.toMatchObject({
        code: "HOST_KEY_MISMATCH",
        message: expect.stringContaining("connection.hostKey"),
      });
    }
    await expect(proveKey({ hostKey: "nonsense" })).rejects.toMatchObject({ code: "BAD_CREDENTIALS" });
  });
});
