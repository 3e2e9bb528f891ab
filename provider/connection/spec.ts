// A connection as the provider works with it: validated, defaults filled in, secrets in plain text.
// It lives in memory only and is never written to the state or a message as a whole.

/** How to reach one sshd: the host itself, or a jump host on the way to it. */
export interface HopSpec {
  readonly host: string;
  /** 1–65535, default 22. */
  readonly port: number;
  /** Default `root`. */
  readonly user: string;
  readonly password?: string;
  /** Key text (OpenSSH or PEM). */
  readonly privateKey?: string;
  /** A file where Pulumi runs; `~/` is the home directory. */
  readonly privateKeyPath?: string;
  /** Passphrase of whichever key is given. */
  readonly privateKeyPassword?: string;
  /** Unix socket of an ssh-agent; `undefined` means SSH_AUTH_SOCK when no other way to log in is given. */
  readonly agentSocketPath?: string;
  /** The only key accepted: `TYPE BASE64 [comment]` or `SHA256:…`. Takes precedence over known_hosts. */
  readonly hostKey?: string;
  /** How many times to dial before giving up; default 10. Only unreachable hosts are dialled again. */
  readonly dialErrorLimit: number;
  /** Seconds for one dial, from TCP connect to the end of the login; default 15. */
  readonly perDialTimeoutSeconds: number;
}

/** How a user that is not root gets root's rights. `auto`: by sudo, or by doas where there is no sudo. */
export type Privilege = "auto" | "none" | "sudo" | "doas";

export type HostKeyPolicy = "strict" | "acceptNew" | "insecure";

export interface ConnectionSpec extends HopSpec {
  /** Jump hosts in the order they are passed, the first one is dialled from here. */
  readonly proxies: readonly HopSpec[];
  /** known_hosts files, first match wins; default `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`. */
  readonly knownHosts: readonly string[];
  /** `strict` (default): a key must be known. `acceptNew`: an unknown host's key is accepted. `insecure`: any. */
  readonly hostKeyPolicy: HostKeyPolicy;
  /** Default `auto`. Of the host itself: a jump host needs no rights. */
  readonly privilege: Privilege;
  /** What sudo asks for; never taken from `password`. */
  readonly privilegePassword?: string;
  /** Seconds a command may take between two answers; default 60. */
  readonly commandTimeoutSeconds: number;
}

/** `user@host:port`, the way every message names a hop. */
export function describeHop(hop: HopSpec): string {
  const host = hop.host.includes(":") ? `[${hop.host}]` : hop.host;
  return `${hop.user}@${host}:${hop.port}`;
}
