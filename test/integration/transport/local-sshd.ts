// A real OpenSSH sshd on 127.0.0.1 with keys of its own, for transport tests; removed without a trace.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { ConnectionSpec, HopSpec } from "../../../provider/connection/spec";
import { makeKey } from "../../support/ssh-key";

export interface LocalSshd {
  readonly dir: string;
  readonly port: number;
  readonly pid: number;
  /** `TYPE BASE64` of the host's keys, by their short type. */
  readonly hostKeys: { readonly ed25519: string; readonly rsa: string };
  /** Private key file that may log in. */
  readonly keyPath: string;
  /** A line of known_hosts for this sshd. */
  readonly knownHostsPath: string;
  spec(overrides?: Partial<ConnectionSpec>): ConnectionSpec;
  hop(overrides?: Partial<HopSpec>): HopSpec;
  /** Process ids of the sshd processes that serve connections now. */
  listSessions(): number[];
  start(): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Makes an sshd; `config` lines come first and so win. */
export async function makeLocalSshd(config: readonly string[] = [], started = true): Promise<LocalSshd> {
  const dir = mkdtempSync(join(tmpdir(), "anyip-sshd-"));
  const port = await findFreePort();
  const keyPath = makeKey(join(dir, "id_ed25519"));
  makeKey(join(dir, "host_ed25519"));
  makeKey(join(dir, "host_rsa"), "rsa", "", "-b", "2048");
  const readKey = (name: string): string =>
    readFileSync(join(dir, `${name}.pub`), "utf8")
      .split(" ")
      .slice(0, 2)
      .join(" ");
  const hostKeys = { ed25519: readKey("host_ed25519"), rsa: readKey("host_rsa") };
  const knownHostsPath = join(dir, "known_hosts");
  writeFileSync(knownHostsPath, `[127.0.0.1]:${port} ${hostKeys.ed25519}\n`);
  writeFileSync(join(dir, "authorized_keys"), `${readKey("id_ed25519")}\n`);
  const lines = [
    ...config,
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(dir, "host_ed25519")}`,
    `HostKey ${join(dir, "host_rsa")}`,
    `AuthorizedKeysFile ${join(dir, "authorized_keys")}`,
    `PidFile ${join(dir, "pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
  ];
  writeFileSync(join(dir, "sshd_config"), `${lines.join("\n")}\n`);

  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    // sshd insists on this directory, whatever its configuration says.
    execFileSync("mkdir", ["-p", "/run/sshd"]);
    child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(dir, "sshd_config")], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    await waitForPort(port);
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const sessions = listChildren(running.pid as number);
    await new Promise((resolve) => {
      running.once("exit", resolve);
      running.kill("SIGTERM");
    });
    for (const pid of sessions) killQuietly(pid);
  };
  const hop = (overrides: Partial<HopSpec> = {}): HopSpec => ({
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    privateKeyPath: keyPath,
    dialErrorLimit: 1,
    perDialTimeoutSeconds: 10,
    ...overrides,
  });
  const sshd: LocalSshd = {
    dir,
    port,
    hostKeys,
    keyPath,
    knownHostsPath,
    get pid() {
      return child?.pid ?? 0;
    },
    hop,
    spec: (overrides = {}) => ({
      ...hop(),
      proxies: [],
      knownHosts: [knownHostsPath],
      hostKeyPolicy: "strict",
      privilege: "auto",
      commandTimeoutSeconds: 10,
      ...overrides,
    }),
    listSessions: () => listChildren(child?.pid ?? 0),
    start,
    stop,
    remove: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  if (started) await start();
  return sshd;
}

function listChildren(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It had ended already.
  }
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`sshd did not come up on port ${port}`);
}
