// Says why a handshake failed, from what the SSH library reported, how far it got and what the server said. Pure.

import { describeHop, type HopSpec } from "../connection/spec";
import { AnyIPError } from "../errors";
import { DialError } from "./dial-error";
import type { ServerGreeting, ServerOffer } from "./server-greeting";

/** How far a handshake got: `banner` until the server introduced itself, `login` once its key was accepted. */
export type HandshakePhase = "banner" | "key exchange" | "login";

export interface HandshakeFailure {
  readonly hop: HopSpec;
  readonly phase: HandshakePhase;
  readonly greeting: ServerGreeting;
  /** What the library reported; `undefined` when the connection just closed. */
  readonly error: Error | undefined;
  readonly timedOut: boolean;
}

/** What sshd says while it drops connections on purpose; a later dial gets through. */
const DROPPED_FOR_NOW = /MaxStartups|Not allowed at this time|too many connections/i;

/** Explains a failure before the login was refused or granted. */
export function explainHandshakeFailure(failure: HandshakeFailure): AnyIPError | DialError {
  switch (failure.phase) {
    case "banner":
      return explainMissingBanner(failure);
    case "key exchange":
      return explainKeyExchange(failure);
    case "login":
      return explainBrokenLogin(failure);
  }
}

function explainMissingBanner({ hop, greeting, timedOut, error }: HandshakeFailure): DialError {
  const chatter = greeting.readChatter();
  const said = chatter === "" ? "" : `, it said "${chatter}"`;
  const again = chatter === "" || DROPPED_FOR_NOW.test(chatter);
  if (timedOut) {
    return new DialError(
      "HOST_UNREACHABLE",
      `accepted the connection but sent no SSH banner within ${hop.perDialTimeoutSeconds} s${said}`,
      "Check that sshd listens on that port, and that the host is not overloaded.",
      again,
    );
  }
  if (again) {
    return new DialError(
      "HOST_UNREACHABLE",
      `closed the connection before its SSH banner${said}`,
      "sshd does so when too many logins are under way (MaxStartups) or it bans this machine.",
      true,
      error,
    );
  }
  return new DialError(
    "HOST_UNREACHABLE",
    `does not speak SSH${said}`,
    "Check the port: another service seems to listen there.",
    false,
    error,
  );
}

function explainKeyExchange({ hop, greeting, error, timedOut }: HandshakeFailure): AnyIPError | DialError {
  if (timedOut) {
    return new DialError(
      "HOST_UNREACHABLE",
      `did not finish the key exchange within ${hop.perDialTimeoutSeconds} s`,
      "Check that the host is not overloaded, and the path's MTU.",
      true,
    );
  }
  const host = describeHop(hop);
  const message = error?.message ?? "";
  if (/no matching|no mutual/i.test(message)) {
    return new AnyIPError(
      "ALGORITHM_MISMATCH",
      `${host} and this side share no ${nameAlgorithm(message)}${describeOffer(message, greeting.readOffer())}. ` +
        "Allow a current one in the host's sshd_config; SHA-1 and post-quantum-only set-ups are not supported.",
      { facts: { host }, cause: error },
    );
  }
  return new AnyIPError(
    "CONNECTION_LOST",
    `${host} ended the connection during the key exchange (${message || "no reason given"}). ` +
      "Try again; the host's sshd log says more.",
    { retryable: true, facts: { host }, cause: error },
  );
}

function explainBrokenLogin({ hop, error, timedOut }: HandshakeFailure): AnyIPError {
  const host = describeHop(hop);
  // Never dialled again: sshd counts an unfinished login as a failed one.
  if (timedOut) {
    return new AnyIPError(
      "HOST_UNREACHABLE",
      `${host} did not finish the login within ${hop.perDialTimeoutSeconds} s. ` +
        "Check the host's load and its name lookups (UseDNS), or raise perDialTimeout.",
      { retryable: true, facts: { host } },
    );
  }
  return new AnyIPError(
    "CONNECTION_LOST",
    `${host} ended the connection during the login (${error?.message || "no reason given"}). ` +
      "The host's sshd log says why.",
    { retryable: true, facts: { host }, cause: error },
  );
}

function nameAlgorithm(message: string): string {
  if (/key exchange/i.test(message)) return "key exchange algorithm";
  if (/host key/i.test(message)) return "host key algorithm";
  if (/cipher/i.test(message)) return "cipher";
  if (/MAC/i.test(message)) return "MAC algorithm";
  return "algorithm";
}

function describeOffer(message: string, offer: ServerOffer | undefined): string {
  if (offer === undefined) return "";
  const list = /key exchange/i.test(message)
    ? offer.keyExchange
    : /host key/i.test(message)
      ? offer.hostKey
      : /cipher/i.test(message)
        ? offer.cipher
        : offer.mac;
  return `; it offers ${list.length > 300 ? `${list.slice(0, 300)}…` : list}`;
}

/** A login that the host turned down. */
export interface LoginRefusal {
  readonly hop: HopSpec;
  readonly property: string;
  readonly tried: readonly string[];
  readonly offered: readonly string[];
  /** What else is known, such as an agent that did not answer. */
  readonly notes: readonly string[];
  readonly agentFailed: boolean;
}

/** Explains a refused login: which ways were tried as whom, and which the host would take. */
export function explainLoginRefusal(refusal: LoginRefusal): AnyIPError {
  const { hop, property, tried, offered, notes } = refusal;
  const host = describeHop(hop);
  const attempted = tried.length > 0 ? `tried ${tried.join(", ")}` : "nothing given fits what it accepts";
  const accepted = offered.length > 0 ? ` The host accepts ${offered.join(", ")}.` : "";
  const extra = notes.map((note) => ` ${note}.`).join("");
  // With nothing tried but an agent that does not work, it was not the host that refused.
  const code = refusal.agentFailed && tried.length === 1 ? "BAD_CREDENTIALS" : "LOGIN_REFUSED";
  const wantsPassword =
    hop.password === undefined && (offered.includes("password") || offered.includes("keyboard-interactive"));
  return new AnyIPError(
    code,
    `${host} refused the login of ${hop.user}: ${attempted}.${accepted}${extra} ` +
      `Check ${property}.user and that the host knows the key or password.`,
    { facts: { host, ...(wantsPassword ? { missing: `${property}.password` } : {}) } },
  );
}
