// The one error class of the provider: a closed set of codes, and the facts a person needs to act.
// It must not format secrets: callers pass only what may be printed.

/** Every way an operation can fail. Branch on these, never on messages. */
export type ErrorCode =
  /** The name did not resolve, or nothing answered at host:port within the dial limits. */
  | "HOST_UNREACHABLE"
  /** No known_hosts entry (or pin) vouches for the host's key. */
  | "HOST_KEY_UNKNOWN"
  /** The host presented another key than the pinned, recorded or known one, or a revoked one. */
  | "HOST_KEY_MISMATCH"
  /** A known_hosts file, key file or key text could not be read or parsed. */
  | "BAD_CREDENTIALS"
  /** The host refused the login. */
  | "LOGIN_REFUSED"
  /** The two sides share no algorithm. */
  | "ALGORITHM_MISMATCH"
  /** The connection or the channel ended, or went silent, before the outcome was known. */
  | "CONNECTION_LOST"
  /** A command did not answer within commandTimeout. */
  | "COMMAND_TIMEOUT"
  /** What came back is not what the script prints: a chatty or restricted login shell, output without end. */
  | "UNEXPECTED_OUTPUT"
  /** The host lacks something that is needed, such as `ip`. */
  | "HOST_UNSUPPORTED"
  /** The login may not change routes there: not root, and neither sudo nor doas makes it root. */
  | "NO_PRIVILEGE"
  /** Another run holds the lock on the host. */
  | "HOST_BUSY"
  /** A different route, or somebody else's, is where this one should be. */
  | "ROUTE_CONFLICT"
  /** The prefix holds an address that the host must go on reaching; nothing was changed. */
  | "LOCKOUT_RISK"
  /** An IPv6 prefix lies in a subnet of one of the host's links, where a local route alone is not answered for. */
  | "PREFIX_ON_LINK"
  /** The kernel refused the change. */
  | "ROUTE_REJECTED"
  /** The change was made and then undone by the host, because its confirmation did not arrive. */
  | "CHANGE_REVERTED"
  /** After the change the route was not as it should be. */
  | "VERIFY_FAILED"
  /** The ownership record of a route, on the host, is none or is of a newer version. */
  | "RECORD_UNREADABLE"
  /** The pool has no free block of the wanted length. */
  | "POOL_EXHAUSTED"
  /** A certain block of a pool is not to be had: somebody has it, or it is kept out of the pool. */
  | "BLOCK_TAKEN"
  /** The recorded state cannot be understood by this version. */
  | "STATE_UNREADABLE";

/** What is known about a failure beyond its message. */
export interface ErrorFacts {
  /** `user@host:port`, as the program named it. */
  readonly host?: string;
  /** What was run there. */
  readonly command?: string;
  readonly exitCode?: number;
  /** What it printed, shortened. */
  readonly output?: string;
  /** The secret that was not given and would have helped, by the path of its property: `connection.password`. */
  readonly missing?: string;
}

/** Any failure that the provider reports. Its message says what failed, where, what was found and what to do. */
export class AnyIPError extends Error {
  override readonly name = "AnyIPError";
  /** True when the same call may succeed later without anything being changed by a person. */
  readonly retryable: boolean;
  readonly facts: ErrorFacts;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { retryable?: boolean; facts?: ErrorFacts; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable ?? false;
    this.facts = options.facts ?? {};
  }
}
