// Decides whether a host's key is accepted: pin before known_hosts before policy. Pure: it reads nothing.

import { describeHop, type HopSpec, type HostKeyPolicy } from "../connection/spec";
import { AnyIPError } from "../errors";
import { equalsHostKey, fingerprintHostKey, formatHostKey, type HostKey, parseHostKey } from "./host-key";
import type { KnownHostLookup, KnownKey } from "./known-hosts";

/** A `hostKey` property, read. */
export type HostKeyPin =
  | { readonly kind: "key"; readonly key: HostKey }
  | { readonly kind: "fingerprint"; readonly fingerprint: string };

/** Reads `TYPE BASE64 [comment]` or `SHA256:…`; `undefined` when it is neither. */
export function parseHostKeyPin(text: string): HostKeyPin | undefined {
  const trimmed = text.trim();
  const fingerprint = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(trimmed);
  if (fingerprint) return { kind: "fingerprint", fingerprint: `SHA256:${fingerprint[1]}` };
  if (trimmed.includes("\n")) return undefined;
  const [type, base64] = trimmed.split(/[ \t]+/, 2);
  const key = type === undefined || base64 === undefined ? undefined : parseHostKey(type, base64);
  return key && { kind: "key", key };
}

/** What a decision rests on. */
export interface HostKeyRules {
  readonly hop: HopSpec;
  /** The property that describes the hop, such as `connection` or `connection.proxy`. */
  readonly property: string;
  readonly policy: HostKeyPolicy;
  readonly pin: HostKeyPin | undefined;
  /** `undefined` when known_hosts has no say: there is a pin, or the policy is `insecure`. */
  readonly known: KnownHostLookup | undefined;
}

/** Types of the keys that would be accepted, for the order in which algorithms are offered. */
export function listAcceptableTypes(rules: HostKeyRules): Set<string> {
  if (rules.pin !== undefined) return new Set(rules.pin.kind === "key" ? [rules.pin.key.type] : []);
  return new Set(rules.known?.accepted.map(({ key }) => key.type));
}

/** Returns the reason to reject the presented key, or `undefined` to accept it. */
export function judgeHostKey(rules: HostKeyRules, presented: HostKey): AnyIPError | undefined {
  if (rules.pin !== undefined) return judgeByPin(rules, rules.pin, presented);
  if (rules.policy === "insecure" || rules.known === undefined) return undefined;
  return judgeByKnownHosts(rules, rules.known, presented);
}

function judgeByPin(rules: HostKeyRules, pin: HostKeyPin, presented: HostKey): AnyIPError | undefined {
  const presentedPrint = fingerprintHostKey(presented);
  const pinnedPrint = pin.kind === "key" ? fingerprintHostKey(pin.key) : pin.fingerprint;
  if (presentedPrint === pinnedPrint) return undefined;
  const hint =
    pin.kind === "fingerprint"
      ? " A host has a key of each type: a fingerprint must be that of the type it presents; `TYPE BASE64` has no such doubt."
      : "";
  return fail(
    rules,
    "HOST_KEY_MISMATCH",
    `presented the ${presented.type} key ${presentedPrint}, but ${rules.property}.hostKey pins ${pinnedPrint}. ` +
      `If the host was reinstalled, set ${rules.property}.hostKey to its new key; ` +
      `if not, somebody may be in between.${hint}`,
  );
}

function judgeByKnownHosts(
  rules: HostKeyRules,
  known: KnownHostLookup,
  presented: HostKey,
): AnyIPError | undefined {
  const print = fingerprintHostKey(presented);
  const matches = ({ key }: KnownKey): boolean => equalsHostKey(key, presented);
  const revoked = known.revoked.find(matches);
  if (revoked) {
    return fail(
      rules,
      "HOST_KEY_MISMATCH",
      `presented the ${presented.type} key ${print}, which ${revoked.location} marks @revoked. ` +
        "Give the host a new key; a revoked one is never accepted.",
    );
  }
  if (known.accepted.some(matches)) return undefined;
  if (known.accepted.length > 0) {
    const listed = known.accepted
      .slice(0, 4)
      .map(({ key, location }) => `${key.type} ${fingerprintHostKey(key)} (${location})`)
      .join(", ");
    return fail(
      rules,
      "HOST_KEY_MISMATCH",
      `presented the ${presented.type} key ${print}, but known are ${listed}. ` +
        "If the host was reinstalled, replace that line with its new key; if not, somebody may be in between.",
    );
  }
  const authority = known.authorities[0];
  if (authority) {
    return fail(
      rules,
      "HOST_KEY_UNKNOWN",
      `is known only through the @cert-authority line ${authority.location}, and host certificates are not ` +
        `supported here. ${describeWaysOut(rules, presented)}`,
    );
  }
  if (rules.policy === "acceptNew") return undefined;
  const files = known.paths.length > 0 ? known.paths.join(", ") : "no file at all";
  const malformed =
    known.malformed.length > 0 ? `; not understood: ${known.malformed.slice(0, 4).join(", ")}` : "";
  return fail(
    rules,
    "HOST_KEY_UNKNOWN",
    `presented the ${presented.type} key ${print}, which is not known (looked in ${files}${malformed}). ` +
      describeWaysOut(rules, presented),
  );
}

function describeWaysOut(rules: HostKeyRules, presented: HostKey): string {
  return (
    `Compare the fingerprint on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then set ` +
    `${rules.property}.hostKey to "${formatHostKey(presented)}", or log in once with ssh to add it to known_hosts, ` +
    `or set connection.hostKeyPolicy to "acceptNew" to trust the first key that a new host presents.`
  );
}

function fail(rules: HostKeyRules, code: "HOST_KEY_MISMATCH" | "HOST_KEY_UNKNOWN", text: string): AnyIPError {
  const host = describeHop(rules.hop);
  return new AnyIPError(code, `${host} ${text}`, { facts: { host } });
}
