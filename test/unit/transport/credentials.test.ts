// What a hop says about logging in, and what is wrong with it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { HopSpec } from "../../../provider/connection/spec";
import { resolveLoginMethods } from "../../../provider/transport/credentials";
import { makeKey } from "../../support/ssh-key";

const bare: HopSpec = { host: "h", port: 22, user: "root", dialErrorLimit: 1, perDialTimeoutSeconds: 1 };
const parseAny = (text: string): string => `parsed ${text.length}`;
let dir: string;
let keyText: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "anyip-keys-"));
  makeKey(join(dir, "plain"));
  makeKey(join(dir, "encrypted"), "ed25519", "sesame");
  keyText = readFileSync(join(dir, "plain"), "utf8");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const resolve = (hop: Partial<HopSpec>, env: Record<string, string> = {}) =>
  resolveLoginMethods({ ...bare, ...hop }, "connection.proxy", parseAny, env);

describe("resolveLoginMethods", () => {
  it("tries keys before the agent before the password", async () => {
    const methods = await resolve({
      password: "p",
      agentSocketPath: "/agent",
      privateKey: keyText,
      privateKeyPath: join(dir, "plain"),
    });
    expect(methods.map(({ kind, property }) => `${kind} ${property}`)).toEqual([
      "key connection.proxy.privateKey",
      "key connection.proxy.privateKeyPath",
      "agent connection.proxy.agentSocketPath",
      "password connection.proxy.password",
    ]);
  });

  it("turns to SSH_AUTH_SOCK only when nothing else is given", async () => {
    const env = { SSH_AUTH_SOCK: "/env-agent" };
    expect(await resolve({}, env)).toMatchObject([{ kind: "agent", socketPath: "/env-agent" }]);
    expect(await resolve({ password: "p" }, env)).toMatchObject([{ kind: "password" }]);
    await expect(resolve({})).rejects.toMatchObject({
      code: "BAD_CREDENTIALS",
      message: expect.stringMatching(/privateKeyPath.*privateKey.*agentSocketPath.*password.*SSH_AUTH_SOCK/s),
    });
  });

  it("parses a key once per text and passphrase", async () => {
    const parse = vi.fn(parseAny);
    const hop = { ...bare, privateKey: keyText };
    for (let index = 0; index < 3; index++) await resolveLoginMethods(hop, "connection", parse, {});
    expect(parse).toHaveBeenCalledTimes(1);
    const encrypted = { ...bare, privateKeyPath: join(dir, "encrypted") };
    await resolveLoginMethods({ ...encrypted, privateKeyPassword: "one" }, "connection", parse, {});
    await resolveLoginMethods({ ...encrypted, privateKeyPassword: "two" }, "connection", parse, {});
    expect(parse).toHaveBeenCalledTimes(3);
  });

  it("finds `~/` in the home directory", async () => {
    vi.stubEnv("HOME", dir);
    expect(await resolve({ privateKeyPath: "~/plain" })).toMatchObject([{ kind: "key" }]);
    vi.unstubAllEnvs();
  });

  const body = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
  it.each<[what: string, text: () => string, says: RegExp]>([
    ["a public key", () => readFileSync(join(dir, "plain.pub"), "utf8"), /public key/],
    ["a PEM public key", () => "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----", /public key/],
    ["a certificate", () => `ssh-ed25519-cert-v01@openssh.com ${body}`, /certificate/],
    ["an X.509 certificate", () => "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", /X\.509/],
    ["a FIDO key", () => makeOpenSshKey("sk-ssh-ed25519@openssh.com"), /FIDO/],
    ["a DSA key", () => "-----BEGIN DSA PRIVATE KEY-----\nMIIB\n-----END DSA PRIVATE KEY-----", /DSA/],
    ["a PuTTY key", () => "PuTTY-User-Key-File-3: ssh-ed25519\n", /puttygen/],
    ["half a key", () => keyText.slice(0, 120), /cut off/],
    ["a key without its line breaks", () => keyText.replaceAll("\n", " "), /single line/],
    ["a damaged PKCS#8 key", () => "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", /damaged/],
    ["nothing", () => " \n", /empty/],
    ["something else", () => "top-secret-text", /no private key/],
  ])("says what is wrong with %s, never what it was", async (_what, text, says) => {
    const path = join(dir, "wrong");
    writeFileSync(path, text());
    const byText = await resolve({ privateKey: text() }).catch((error) => error);
    const byPath = await resolve({ privateKeyPath: path }).catch((error) => error);
    expect(byText).toMatchObject({ code: "BAD_CREDENTIALS", message: expect.stringMatching(says) });
    expect(byText.message).toMatch(/^connection\.proxy\.privateKey /);
    expect(byPath.message).toContain(`connection.proxy.privateKeyPath (${path})`);
    expect(byText.message).not.toContain("top-secret");
    expect(byText.message).not.toContain(body);
  });

  it.each<[what: string, path: () => string, says: RegExp]>([
    ["is not there", () => join(dir, "none"), /does not exist/],
    ["is a directory", () => dir, /not a regular file/],
    ["is no key by its size", () => process.execPath, /too large/],
  ])("says that a key file %s", async (_what, path, says) => {
    await expect(resolve({ privateKeyPath: path() })).rejects.toMatchObject({
      code: "BAD_CREDENTIALS",
      message: expect.stringMatching(says),
    });
  });

  it("takes CRLF for what it is", async () => {
    expect(await resolve({ privateKey: keyText.replaceAll("\n", "\r\n") })).toMatchObject([{ kind: "key" }]);
  });
});

/** The open part of an OpenSSH private key of the given type. */
function makeOpenSshKey(type: string): string {
  const field = (data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, data]);
  };
  const none = field(Buffer.from("none"));
  const publicKey = field(Buffer.concat([field(Buffer.from(type)), field(Buffer.alloc(32))]));
  const parts = [
    Buffer.from("openssh-key-v1\0"),
    none,
    none,
    field(Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    publicKey,
  ];
  const text = Buffer.concat(parts).toString("base64");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${text}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
