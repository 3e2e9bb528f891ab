// What the flavours share in which one logs in as a plain user, `operator`.

import type { Account } from "../accounts";
import type { HostFile } from "../host-files";

/** Root accepts the key too: a test can look at things without the rights that it tests. */
export const operatorAccounts: readonly Account[] = [
  { name: "root", uid: 0 },
  { name: "operator", uid: 5001 },
];

/** The whole of /etc/sudoers, as Debian has it: what the machine itself grants to whom is not the test host's. */
export function sudoersFile(...entries: readonly string[]): HostFile {
  const lines = [
    "Defaults env_reset",
    'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    "Defaults use_pty",
    "root ALL=(ALL:ALL) ALL",
    ...entries,
  ];
  return { path: "/etc/sudoers", mode: 0o440, text: `${lines.join("\n")}\n` };
}
