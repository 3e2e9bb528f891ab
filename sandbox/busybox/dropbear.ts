// The dropbear server of a test host: its start and stop, and what its log tells. It has no configuration file.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostFile } from "../host-files";
import type { HostOptions } from "../host-record";
import type { Machine } from "../machine";
import { runOrThrow } from "../run-command";
import type { KeyPair } from "../ssh-keys";
import type { SshCounters, SshServer } from "../ssh-server";

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 3;

/** On the host. All may append to it: every session does. */
const LOG = "/var/log/dropbear.log";
const PID_FILE = "/run/dropbear.pid";
const START = "/etc/dropbear/start";
const SESSION = "/etc/dropbear/session";

/** The server runs it in place of every command, because dropbear's own log has no word about sessions. */
const SESSION_SCRIPT = `#!/bin/sh
echo "Starting session" >>${LOG}
exec "$SHELL" \${SSH_ORIGINAL_COMMAND+-c "$SSH_ORIGINAL_COMMAND"}
`;

async function makeFiles(
  options: HostOptions,
  _users: readonly string[],
  hostKeys: readonly KeyPair[],
): Promise<HostFile[]> {
  if (options.sshdOptions !== undefined && options.sshdOptions.length > 0)
    throw new Error("a host with dropbear can't have sshdOptions");
  if (options.password !== undefined) throw new Error("a host with dropbear can't have a password here");
  const keys = await Promise.all(hostKeys.map(convertKey));
  const keyOptions = keys.map(({ path }) => `-r ${path}`).join(" ");
  const start = `dropbear -F -E -s -m -p ${options.port ?? 22} -P ${PID_FILE} ${keyOptions} -c ${SESSION}`;
  return [
    ...keys,
    { path: LOG, text: "", mode: 0o666 },
    { path: SESSION, text: SESSION_SCRIPT, mode: 0o755 },
    { path: START, text: `#!/bin/sh\nexec ${start}\n`, mode: 0o755 },
  ];
}

async function convertKey({ type, path }: KeyPair): Promise<HostFile> {
  const converted = `${path}.dropbear`;
  await runOrThrow("dropbearconvert", ["openssh", "dropbear", path, converted]);
  return { path: `/etc/dropbear/dropbear_${type}_host_key`, text: readFileSync(converted), mode: 0o600 };
}

async function start(machine: Machine): Promise<void> {
  const log = machine.path(LOG);
  const before = readFileSync(log, "utf8").length;
  // setsid, and the shell between, which ends: the host's process 1 becomes its parent and reaps it.
  await machine.execOrThrow(["sh", "-c", `setsid ${START} </dev/null >/dev/null 2>>${LOG} &`]);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const said = readFileSync(log, "utf8").slice(before);
    // Its last word before it accepts.
    if (said.includes("Not backgrounding")) return;
    if (Date.now() > deadline) throw new Error(`dropbear doesn't start: ${said.trim()}`);
    await sleep(POLL_MS);
  }
}

/** Shell text that ends what listens, or the processes of connections, and waits until they are gone. */
function endDropbear(which: "listener" | "session"): string {
  return `
listener=; ended=
read -r listener 2>/dev/null <${PID_FILE}
for directory in /proc/[0-9]*; do
  read -r name 2>/dev/null <"$directory/comm" || continue
  [ "$name" = dropbear ] || continue
  pid=\${directory#/proc/}
  [ "$pid" = "$listener" ] && kind=listener || kind=session
  [ $kind = ${which} ] || continue
  kill -KILL "$pid" && ended="$ended $pid"
done
for pid in $ended; do while kill -0 "$pid" 2>/dev/null; do sleep 0.005; done; done
[ ${which} = session ] || rm -f ${PID_FILE}
exit 0`;
}

function readCounters(machine: Machine): SshCounters {
  const log = readFileSync(machine.path(LOG), "utf8");
  const count = (pattern: RegExp) => log.match(pattern)?.length ?? 0;
  return {
    attempts: count(/ Child connection from /g),
    connections: count(/ auth succeeded for /g),
    sessions: count(/^Starting session$/gm),
  };
}

export const dropbear: SshServer = {
  makeFiles,
  start,
  stop: async (machine) => void (await machine.execOrThrow(["sh", "-c", endDropbear("listener")])),
  killSessions: async (machine) => void (await machine.execOrThrow(["sh", "-c", endDropbear("session")])),
  readCounters,
};
