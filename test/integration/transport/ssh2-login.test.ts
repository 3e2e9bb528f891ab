// Logging in to a real OpenSSH sshd by key, agent and over jump hosts, and what is said when it fails.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionSpec } from "../../../provider/connection/spec";
import type { CommandRunner } from "../../../provider/transport/command-runner";
import { connectSsh2 } from "../../../provider/transport/ssh2";
import { makeKey } from "../../support/ssh-key";
import { type LocalSshd, makeLocalSshd } from "./local-sshd";

let sshd: LocalSshd;
let authorize: (publicKeyPath: string) => void;
const opened: CommandRunner[] = [];

beforeAll(async () => {
  sshd = await makeLocalSshd();
  authorize = (path) => {
    const file = join(sshd.dir, "authorized_keys");
    writeFileSync(file, readFileSync(file, "utf8") + readFileSync(path, "utf8"));
  };
});
afterEach(() => {
  for (const runner of opened.splice(0)) runner.close();
});
afterAll(() => sshd.remove());

async function connect(spec: ConnectionSpec): Promise<CommandRunner> {
  const runner = await connectSsh2(spec);
  opened.push(runner);
  return runner;
}

async function logInAndEcho(spec: ConnectionSpec): Promise<string> {
  const channel = await (await connect(spec)).open("echo hello; echo MARK");
  return channel.readUntilLine("MARK", 10_000);
}

/** The spec without the key it has by default. */
function keyless(overrides: Partial<ConnectionSpec>): ConnectionSpec {
  const { privateKeyPath: _, ...rest } = sshd.spec();
  return { ...rest, ...overrides };
}

describe("private keys", () => {
  it("logs in by path and by text, and says which host key was proven", async () => {
    expect(await logInAndEcho(sshd.spec())).toBe("hello\n");
    expect(await logInAndEcho(keyless({ privateKey: readFileSync(sshd.keyPath, "utf8") }))).toBe("hello\n");
    expect((await connect(sshd.spec())).hostKey).toBe(sshd.hostKeys.ed25519);
  });

  it.each([
    ["RSA, PEM", "rsa", ["-b", "2048", "-m", "PEM"]],
    ["RSA, PKCS#8", "rsa", ["-b", "2048", "-m", "PKCS8"]],
    ["ECDSA, OpenSSH", "ecdsa", []],
    ["ECDSA, PKCS#8", "ecdsa", ["-m", "PKCS8"]],
  ])("logs in with %s, plain and encrypted", async (name, type, more) => {
    for (const passphrase of ["", "open sesame"]) {
      const path = makeKey(
        join(sshd.dir, `${name}${passphrase}`.replace(/\W/g, "-")),
        type,
        passphrase,
        ...more,
      );
      authorize(`${path}.pub`);
      const secret = passphrase === "" ? {} : { privateKeyPassword: passphrase };
      expect(await logInAndEcho(keyless({ privateKeyPath: path, ...secret }))).toBe("hello\n");
    }
  });

  it("logs in with an Ed25519 key in PKCS#8, as other tools write it", async () => {
    const path = join(sshd.dir, "pkcs8-ed25519");
    execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", path], { stdio: "ignore" });
    const { createPrivateKey, createPublicKey } = await import("node:crypto");
    const jwk = createPublicKey(createPrivateKey(readFileSync(path))).export({ format: "jwk" });
    const head = Buffer.from("0000000b7373682d6564323535313900000020", "hex");
    const blob = Buffer.concat([head, Buffer.from(jwk.x ?? "", "base64url")]);
    writeFileSync(`${path}.pub`, `ssh-ed25519 ${blob.toString("base64")}\n`);
    authorize(`${path}.pub`);
    expect(await logInAndEcho(keyless({ privateKeyPath: path }))).toBe("hello\n");
  });

  it("needs the right passphrase of an encrypted key", async () => {
    const path = makeKey(join(sshd.dir, "encrypted"), "ed25519", "open sesame");
    authorize(`${path}.pub`);
    expect(await logInAndEcho(keyless({ privateKeyPath: path, privateKeyPassword: "open sesame" }))).toBe(
      "hello\n",
    );
    await expect(connect(keyless({ privateKeyPath: path }))).rejects.toMatchObject({
      code: "BAD_CREDENTIALS",
      message: expect.stringContaining("connection.privateKeyPassword is not set"),
    });
    const wrong = await connect(keyless({ privateKeyPath: path, privateKeyPassword: "wrong-secret" })).catch(
      (e) => e,
    );
    expect(wrong).toMatchObject({ code: "BAD_CREDENTIALS" });
    expect(wrong.message).toContain("connection.privateKeyPassword");
    expect(wrong.message).not.toContain("wrong-secret");
  });

  it("says what was tried when the host does not know the key", async () => {
    const path = makeKey(join(sshd.dir, "stranger"));
    const startedAt = Date.now();
    await expect(connect(keyless({ privateKeyPath: path, dialErrorLimit: 10 }))).rejects.toMatchObject({
      code: "LOGIN_REFUSED",
      retryable: false,
      message: expect.stringMatching(/tried key \(connection\.privateKeyPath\).*accepts publickey/s),
    });
    // Never dialled again: sshd bans those who fail to log in.
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });

  it("does not send a password where only keys are accepted", async () => {
    await expect(connect(keyless({ password: "a-secret" }))).rejects.toMatchObject({
      code: "LOGIN_REFUSED",
      message: expect.not.stringContaining("a-secret"),
    });
  });
});

describe("ssh-agent", () => {
  it("logs in by the agent's keys, given or from SSH_AUTH_SOCK, and says when it is not there", async () => {
    const socketPath = join(sshd.dir, "agent.sock");
    const agent = spawn("ssh-agent", ["-D", "-a", socketPath], { stdio: "ignore" });
    const before = process.env.SSH_AUTH_SOCK;
    try {
      while (!existsSync(socketPath)) await new Promise((resolve) => setTimeout(resolve, 10));
      chmodSync(sshd.keyPath, 0o600);
      const env = { ...process.env, SSH_AUTH_SOCK: socketPath };
      await expect(connect(keyless({ agentSocketPath: socketPath }))).rejects.toMatchObject({
        code: "LOGIN_REFUSED",
      });
      execFileSync("ssh-add", ["-q", sshd.keyPath], { env });
      expect(await logInAndEcho(keyless({ agentSocketPath: socketPath }))).toBe("hello\n");
      process.env.SSH_AUTH_SOCK = socketPath;
      expect(await logInAndEcho(keyless({}))).toBe("hello\n");
    } finally {
      agent.kill("SIGTERM");
      if (before === undefined) delete process.env.SSH_AUTH_SOCK;
      else process.env.SSH_AUTH_SOCK = before;
    }
    await expect(connect(keyless({ agentSocketPath: join(sshd.dir, "none.sock") }))).rejects.toMatchObject({
      code: "BAD_CREDENTIALS",
      message: expect.stringContaining("connection.agentSocketPath"),
    });
  });
});

describe("jump hosts", () => {
  let first: LocalSshd;
  let second: LocalSshd;

  beforeAll(async () => {
    [first, second] = await Promise.all([makeLocalSshd(), makeLocalSshd()]);
    const lines = [sshd, first, second].map(({ knownHostsPath }) => readFileSync(knownHostsPath, "utf8"));
    writeFileSync(join(sshd.dir, "known_all"), lines.join(""));
  });
  afterAll(() => Promise.all([first.remove(), second.remove()]));

  const through = (overrides: Partial<ConnectionSpec> = {}): ConnectionSpec =>
    sshd.spec({
      proxies: [first.hop(), second.hop()],
      knownHosts: [join(sshd.dir, "known_all")],
      ...overrides,
    });

  it("reaches the host through two of them, each with its own key", async () => {
    const runner = await connect(through());
    const channel = await runner.open("sh -s");
    channel.write("yes | head -c 5000000; echo; echo MARK\n");
    expect(await channel.readUntilLine("MARK", 10_000)).toHaveLength(5_000_001);
    expect(runner.hostKey).toBe(sshd.hostKeys.ed25519);
    expect(first.listSessions()).toHaveLength(1);
    runner.close();
    await expect.poll(() => first.listSessions().length + second.listSessions().length).toBe(0);
  });

  it("checks the key of each", async () => {
    await expect(connect(through({ knownHosts: [first.knownHostsPath] }))).rejects.toMatchObject({
      code: "HOST_KEY_UNKNOWN",
      message: expect.stringContaining("connection.proxy[1].hostKey"),
    });
  });

  it("says who refused: the jump host, or the host behind it", async () => {
    const stranger = makeKey(join(sshd.dir, "stranger-2"));
    const proxies = [first.hop(), second.hop({ privateKeyPath: stranger })];
    await expect(connect(through({ proxies }))).rejects.toMatchObject({
      code: "LOGIN_REFUSED",
      message: expect.stringContaining(`:${second.port}`),
    });
    await expect(connect(through({ port: 1, dialErrorLimit: 1 }))).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
      message: expect.stringMatching(/cannot be reached from the jump host .*refused/i),
    });
  });

  it("loses the connection when a jump host goes", async () => {
    const runner = await connect(through());
    const channel = await runner.open("sleep 30");
    const read = channel.readUntilLine("MARK", 20_000);
    setTimeout(() => void first.stop(), 100);
    await expect(read).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(runner.isOpen).toBe(false);
  });
});
