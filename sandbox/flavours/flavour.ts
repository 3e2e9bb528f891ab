// What tells one kind of test host from another. A new kind is a further file here and a line in all.ts.

import type { Account } from "../accounts";
import type { BootTree } from "../boot/trees";
import type { HostFile } from "../host-files";
import type { LoginShell } from "../host-record";
import type { SshServer } from "../ssh-server";

/** What a booted host configures its network card with, by its own means. */
export interface HostNetwork {
  readonly address: string;
  readonly address6: string;
  /** The gateways. */
  readonly peer4: string;
  readonly peer6: string;
}

export interface Flavour {
  /** Whom a program should log in as. */
  readonly user: string;
  /** What a program's `connection.privilege` must be, where it is not the default. */
  readonly privilege?: "doas";
  /** Whether a program must give the user's password as `connection.privilegePassword`. */
  readonly privilegeNeedsPassword?: true;
  /** All accounts that accept the client's key, besides the one without rights. */
  readonly accounts: readonly Account[];
  /** The login shell unless a caller asks for another. Default `bash`. */
  readonly shell?: LoginShell;
  /** The shell text that makes its inside, with arguments beyond those of HOST_SCRIPT, which is the default. */
  readonly inside?: { readonly script: string; readonly args: readonly string[] };
  /** Default: OpenSSH's. */
  readonly sshServer?: SshServer;
  /** What it needs in the host's file system. */
  readonly files: readonly HostFile[];
  /** For a host that a real init boots: its disk, and the network's configuration on it. */
  readonly boot?: {
    readonly tree: BootTree;
    readonly networkFiles: (network: HostNetwork) => readonly HostFile[];
  };
}
