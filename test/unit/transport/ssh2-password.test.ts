// Password logins against an SSH server in this process: what is sent when, and what is said when it is refused.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthContext, type Connection, Server } from "ssh2";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionSpec } from "../../../provider/connection/spec";
import { connectSsh2 } from "../../../provider/transport/ssh2";
import { makeKey } from "../../support/ssh-key";

const PASSWORD = "correct horse";
const closers: (() => void)[] = [];
let dir: string;
let hostKeyPath: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "anyip-password-"));
  hostKeyPath = makeKey(join(dir, "host"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(authenticate: (context: AuthContext) => void): Promise<ConnectionSpec> {
  const clients = new Set<Connection>();
  const server = new Server({ hostKeys: [readFileSync(hostKeyPath)] }, (client) => {
    clients.add(client);
    client.on("error", () => {});
    client.on("authentication", authenticate);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    for (const client of clients) client.end();
    server.close();
  });
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    user: "someone",
    password: PASSWORD,
    hostKey: readFileSync(`${hostKeyPath}.pub`, "utf8"),
    dialErrorLimit: 5,
    perDialTimeoutSeconds: 5,
    proxies: [],
    knownHosts: [],
    hostKeyPolicy: "strict",
    privilege: "auto",
    commandTimeoutSeconds: 5,
  };
}

async function logIn(spec: ConnectionSpec): Promise<void> {
  const runner = await connectSsh2(spec);
  closers.push(() => runner.close());
}

describe("password", () => {
  it("is sent where the host asks for it, after asking what it accepts", async () => {
    const seen: string[] = [];
    const spec = await serve((context) => {
      seen.push(context.method);
      if (context.method === "password" && context.password === PASSWORD) context.accept();
      else context.reject(["password", "keyboard-interactive"]);
    });
    await logIn(spec);
    expect(seen).toEqual(["none", "password"]);
  });

  it("is sent once and named without its text when it is wrong", async () => {
    const seen: string[] = [];
    const spec = await serve((context) => {
      seen.push(context.method);
      context.reject(["password", "keyboard-interactive"]);
    });
    const error = await logIn(spec).catch((reason) => reason);
    expect(error).toMatchObject({ code: "LOGIN_REFUSED", retryable: false });
    expect(error.message).toMatch(/login of someone: tried password \(connection\.password\)/);
    expect(JSON.stringify([error.message, error.facts, String(error.cause)])).not.toContain(PASSWORD);
    expect(seen).toEqual(["none", "password"]);
  });

  it("follows a key where both are asked for", async () => {
    const seen: string[] = [];
    const spec = await serve((context) => {
      if (context.method !== "publickey" || context.signature) seen.push(context.method);
      if (context.method === "publickey") {
        if (context.signature) context.reject(["password"], true);
        else context.accept();
      } else if (context.method === "password") context.accept();
      else context.reject(["publickey"]);
    });
    await logIn({ ...spec, privateKeyPath: makeKey(join(dir, "user")) });
    expect(seen).toEqual(["publickey", "password"]);
  });
});

describe("keyboard-interactive", () => {
  const ask =
    (prompts: { prompt: string; echo: boolean }[], expected: string[]) => (context: AuthContext) => {
      if (context.method !== "keyboard-interactive") context.reject(["keyboard-interactive"]);
      else {
        context.prompt(prompts, (answers) => {
          if (JSON.stringify(answers) === JSON.stringify(expected)) context.accept();
          else context.reject(["keyboard-interactive"]);
        });
      }
    };

  it("is answered with the password when a single hidden prompt asks for it", async () => {
    await logIn(await serve(ask([{ prompt: "Password: ", echo: false }], [PASSWORD])));
  });

  it.each([
    ["a prompt that shows what is typed", [{ prompt: "Name: ", echo: true }]],
    [
      "two prompts",
      [
        { prompt: "Password: ", echo: false },
        { prompt: "Code: ", echo: false },
      ],
    ],
  ])("is not answered for %s", async (_what, prompts) => {
    const received: string[][] = [];
    const spec = await serve((context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      context.prompt(prompts, (answers) => {
        received.push(answers);
        context.reject(["keyboard-interactive"]);
      });
    });
    await expect(logIn(spec)).rejects.toMatchObject({
      code: "LOGIN_REFUSED",
      message: expect.stringContaining("more than a password"),
    });
    expect(received.flat()).not.toContain(PASSWORD);
  });

  it("does not give the password to a second question", async () => {
    let second: string[] | undefined;
    const spec = await serve((context) => {
      if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
      context.prompt([{ prompt: "Password: ", echo: false }], () => {
        context.prompt([{ prompt: "Code: ", echo: false }], (answers) => {
          second = answers;
          context.reject(["keyboard-interactive"]);
        });
      });
    });
    await expect(logIn(spec)).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
    expect(second).toEqual([]);
  });
});

describe("a login that never ends", () => {
  it("is given up after perDialTimeout, and not begun again", async () => {
    let logins = 0;
    const spec = await serve(() => {
      logins++;
    });
    await expect(logIn({ ...spec, perDialTimeoutSeconds: 0.5 })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
      message: expect.stringContaining("did not finish the login within 0.5 s"),
    });
    expect(logins).toBe(1);
  });
});
