// The `connection` argument: how Pulumi reaches a host over SSH.
import * as pulumi from "@pulumi/pulumi";

/** One sshd and how to log in to it: the host itself, or a jump host on the way. */
export interface HopArgs {
  /** Host name or IP address, without port, user or brackets. Changing it replaces the route. */
  host: pulumi.Input<string>;
  /** 1–65535, default 22. */
  port?: pulumi.Input<number>;
  /** Login name, default `root`. On the host itself any other needs a way to root's rights ({@link ConnectionArgs.privilege}). */
  user?: pulumi.Input<string>;
  /** Stored as a secret. */
  password?: pulumi.Input<string>;
  /** Key text, OpenSSH or PEM. Stored as a secret; {@link privateKeyPath} keeps it out of the state altogether. */
  privateKey?: pulumi.Input<string>;
  /** Key file, read where Pulumi runs; `~/` is the home directory. Excludes privateKey. */
  privateKeyPath?: pulumi.Input<string>;
  /** Passphrase of the key. Stored as a secret. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Socket of an ssh-agent. Default: SSH_AUTH_SOCK, when no other way to log in is given. */
  agentSocketPath?: pulumi.Input<string>;
  /** The only host key to accept: `ssh-ed25519 AAAA…` or `SHA256:…`. Takes precedence over known_hosts. */
  hostKey?: pulumi.Input<string>;
  /** Dials before an unreachable host is given up, 1–1000, default 10. Refused logins are never repeated. */
  dialErrorLimit?: pulumi.Input<number>;
  /** Seconds for one dial, to the end of the login, 1–3600, default 15. */
  perDialTimeout?: pulumi.Input<number>;
}

/**
 * How to reach a host. Every property of `@pulumi/command`'s remote connection is here under the same name and
 * with the same meaning, so that one object serves both, with one difference: host keys are checked.
 *
 * A change of `host` replaces the route; a change of anything else never touches it.
 */
export interface ConnectionArgs extends HopArgs {
  /** A jump host, or several in the order they are passed. */
  proxy?: pulumi.Input<HopArgs | pulumi.Input<HopArgs>[]>;
  /** known_hosts files; default `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`. */
  knownHosts?: pulumi.Input<string | pulumi.Input<string>[]>;
  /**
   * `strict` (default): the key must be pinned or in known_hosts. `acceptNew`: an unknown host's key is accepted
   * once and pinned in the state. `insecure`: any key is accepted.
   */
  hostKeyPolicy?: pulumi.Input<"strict" | "acceptNew" | "insecure">;
  /**
   * How a user that is not root gets root's rights on the host. `auto` (default): by `sudo`, or by `doas` where there is
   * no sudo. `sudo`, `doas`: by this one. `none`: not at all, so that the user must be root. For root it changes nothing.
   * What is run is `/bin/sh -s`. NO_PRIVILEGE says why it was refused.
   */
  privilege?: pulumi.Input<"auto" | "none" | "sudo" | "doas">;
  /**
   * What sudo asks the user for, up to 255 characters; {@link HopArgs.password | password} is never taken for it. It is
   * tried once in a run, and only if sudo asks. Not for doas, which reads from a terminal only. Stored as a secret.
   */
  privilegePassword?: pulumi.Input<string>;
  /** Seconds that a command may go without an answer, 1–86400, default 60. */
  commandTimeout?: pulumi.Input<number>;
}

const secretNames = ["password", "privateKey", "privateKeyPassword", "privilegePassword"] as const;

/**
 * A connection as it is registered. One whose values are all plain and not secret goes as a single JSON text: the engine
 * handles, and its log notes, each property of each resource several times a run, a nested one like any other. With a
 * secret or an output in it, it stays an object, in which the engine tells apart what is secret and what is unknown.
 */
export function registerConnection(
  connection: pulumi.Input<ConnectionArgs>,
): pulumi.Input<ConnectionArgs> | string {
  // A program in JavaScript may give anything; the provider's check says what is wrong with it.
  if (typeof connection !== "object") return connection;
  const known = registeredConnections.get(connection);
  if (known !== undefined) return known;
  const registered = isPublic(connection) ? JSON.stringify(connection) : protectConnection(connection);
  registeredConnections.set(connection, registered);
  return registered;
}

/** The connection again, from what was registered. */
export function readRegisteredConnection(
  registered: pulumi.Unwrap<ConnectionArgs> | string,
): pulumi.Unwrap<ConnectionArgs> {
  return typeof registered === "string" ? JSON.parse(registered) : registered;
}

// Programs hand the same object to hundreds of resources; it is looked through once.
const registeredConnections = new WeakMap<object, pulumi.Input<ConnectionArgs> | string>();

/** True for what JSON can hold without a loss, and holds no secret. */
function isPublic(value: unknown): boolean {
  if (typeof value === "object" && value !== null) {
    if (Array.isArray(value)) return value.every(isPublic);
    if (Object.getPrototypeOf(value) !== Object.prototype) return false;
    return Object.entries(value).every(
      ([name, entry]) => !secretNames.some((secret) => secret === name) && isPublic(entry),
    );
  }
  return typeof value !== "number" || Number.isFinite(value);
}

/** Marks what is secret in a connection as secret, whether the program did or not. */
function protectConnection(connection: pulumi.Input<ConnectionArgs>): pulumi.Input<ConnectionArgs> {
  return isPlain(connection)
    ? protectArgs(connection)
    : protectLater<ConnectionArgs>(connection, protectArgs);
}

function protectArgs<Args extends HopArgs & Pick<ConnectionArgs, "proxy" | "privilegePassword">>(
  args: Args,
): Args {
  const secrets = secretNames.flatMap((name) =>
    args[name] === undefined ? [] : [[name, pulumi.secret(args[name])]],
  );
  const proxy = args.proxy === undefined ? {} : { proxy: protectProxy(args.proxy) };
  return { ...args, ...Object.fromEntries(secrets), ...proxy };
}

function protectProxy(proxy: NonNullable<ConnectionArgs["proxy"]>): NonNullable<ConnectionArgs["proxy"]> {
  if (!isPlain(proxy)) return protectLater<HopArgs | pulumi.Input<HopArgs>[]>(proxy, protectProxyValue);
  return protectProxyValue(proxy);
}

function protectProxyValue(proxy: HopArgs | pulumi.Input<HopArgs>[]): HopArgs | pulumi.Input<HopArgs>[] {
  if (!Array.isArray(proxy)) return protectArgs(proxy);
  return proxy.map((hop) => (isPlain(hop) ? protectArgs(hop) : protectLater<HopArgs>(hop, protectArgs)));
}

function isPlain<T>(input: pulumi.Input<T>): input is T {
  return !pulumi.Output.isInstance(input) && !(input instanceof Promise);
}

/** For a value that only the engine knows: inside `apply` it is plain, and may hold inputs again when it leaves. */
function protectLater<T>(input: pulumi.Input<T>, protect: (value: T) => T): pulumi.Output<T> {
  return pulumi.output(input).apply((value) => pulumi.output(protect(value as T))) as pulumi.Output<T>;
}
