// The real OpenSSH server of a test host: its configuration, start and stop, and what its log tells.

import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostFile } from "./host-files";
import type { HostOptions } from "./host-record";
import type { Machine } from "./machine";
import type { KeyPair } from "./ssh-keys";
import type { SshCounters, SshServer } from "./ssh-server";

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 3;

/** Its files in the host's /etc/ssh. Limits stay at sshd's defaults, unless options say otherwise. */
function sshdFiles(options: HostOptions, users: readonly string[], hostKeys: readonly KeyPair[]): HostFile[] {
  const keyPath = (key: KeyPair) => `/etc/ssh/ssh_host_${key.type}_key`;
  const config = [
    ...(options.sshdOptions ?? []),
    `Port ${options.port ?? 22}`,
    ...hostKeys.map((key) => `HostKey ${keyPath(key)}`),
    `AllowUsers ${users.join(" ")}`,
    "PermitRootLogin yes",
    `PasswordAuthentication ${options.password === undefined ? "no" : "yes"}`,
    "KbdInteractiveAuthentication no",
    // PAM would bring in what the machine's own /etc/pam.d says about logins.
    "UsePAM no",
    "UseDNS no",
    // The counters read its log.
    "LogLevel VERBOSE",
    "PidFile none",
    "Subsystem sftp internal-sftp",
  ];
  return [
    { path: "/etc/ssh/sshd_config", text: `${config.join("\n")}\n` },
    ...hostKeys.flatMap((key) => [
      { path: keyPath(key), text: key.privateKey, mode: 0o600 },
      { path: `${keyPath(key)}.pub`, text: key.publicKey },
    ]),
  ];
}

/** Starts sshd, and resolves once it listens. */
async function startSshd(machine: Machine, logPath: string): Promise<void> {
  const before = readLog(logPath).length;
  const log = openSync(logPath, "a", 0o600);
  try {
    // setsid, and the shell between, which ends: the host's process 1 becomes its parent and reaps it.
    // Privilege separation wants /run/sshd.
    const script = `mkdir -p /run/sshd; /usr/sbin/sshd -t || exit
setsid /usr/sbin/sshd -D -e </dev/null >/dev/null 2>&3 3>&- &`;
    await machine.execOrThrow(["sh", "-c", script], { fd3: log });
  } finally {
    closeSync(log);
  }
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!readLog(logPath).slice(before).includes("Server listening on ::")) {
    if (Date.now() > deadline)
      throw new Error(`sshd doesn't start: ${readLog(logPath).slice(before).trim()}`);
    await sleep(POLL_MS);
  }
}

/** Ends the listening sshd; sessions go on. Resolves once the port is closed. */
async function stopSshd(machine: Machine): Promise<void> {
  await machine.execOrThrow(["sh", "-c", endSshd("listener")]);
}

/** Ends the sshd of every connection, without a word to the client. What runs in the sessions goes on. */
async function killSshSessions(machine: Machine): Promise<void> {
  await machine.execOrThrow(["sh", "-c", endSshd("session")]);
}

/**
 * Shell text that ends sshd's listeners or the processes of its connections and waits until they are gone.
 * A listener says so in its title. A connection's process is named sshd as well, or sshd-session or
 * sshd-auth from OpenSSH 9.8 on.
 */
function endSshd(which: "listener" | "session"): string {
  return `
ended=
for directory in /proc/[0-9]*; do
  read -r name 2>/dev/null <"$directory/comm" || continue
  case $name in sshd*) ;; *) continue ;; esac
  case $(tr '\\0' ' ' <"$directory/cmdline") in *'[listener]'*) kind=listener ;; *) kind=session ;; esac
  [ $kind = ${which} ] || continue
  kill -KILL "\${directory#/proc/}" && ended="$ended \${directory#/proc/}"
done
for pid in $ended; do while kill -0 "$pid" 2>/dev/null; do sleep 0.005; done; done
exit 0`;
}

/** Counts what the log says so far. */
function readCounters(logPath: string): SshCounters {
  const log = readLog(logPath);
  const count = (pattern: RegExp) => log.match(pattern)?.length ?? 0;
  return {
    attempts: count(/^Connection from /gm),
    // "Accepted key …" tells only that a key would do.
    connections: count(/^Accepted \S+ for /gm),
    sessions: count(/^Starting session: /gm),
  };
}

function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

export const openssh: SshServer = {
  makeFiles: async (options, users, hostKeys) => sshdFiles(options, users, hostKeys),
  start: startSshd,
  stop: stopSshd,
  killSessions: killSshSessions,
  readCounters: (_machine, logPath) => readCounters(logPath),
};
