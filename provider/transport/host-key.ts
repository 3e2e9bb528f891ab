// SSH public keys as host keys: reads `TYPE BASE64`, names a key by its fingerprint. Pure.

import { createHash } from "node:crypto";

/** A public key as it stands in a known_hosts line, a `.pub` file or a pin. */
export interface HostKey {
  /** Such as `ssh-ed25519`; always the type that the blob itself carries. */
  readonly type: string;
  /** The key's wire form (RFC 4253, section 6.6). */
  readonly blob: Buffer;
}

/** RSA at 16,384 bits is 2 kB; anything longer is not a key. */
const MAX_BLOB_BYTES = 16_384;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Reads a key in wire form; `undefined` when it is none. */
export function readHostKey(blob: Buffer): HostKey | undefined {
  if (blob.length < 5 || blob.length > MAX_BLOB_BYTES) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length <= 4 + length) return undefined;
  const type = blob.toString("latin1", 4, 4 + length);
  return /^[\x21-\x7e]+$/.test(type) ? { type, blob } : undefined;
}

/** Parses the two fields `TYPE` and `BASE64`; `undefined` when they are no key or contradict each other. */
export function parseHostKey(type: string, base64: string): HostKey | undefined {
  if (base64.length > MAX_BLOB_BYTES * 2 || !BASE64.test(base64)) return undefined;
  const key = readHostKey(Buffer.from(base64, "base64"));
  return key !== undefined && key.type === type ? key : undefined;
}

/** `TYPE BASE64`, the form of `CommandRunner.hostKey` and of a pin. */
export function formatHostKey(key: HostKey): string {
  return `${key.type} ${key.blob.toString("base64")}`;
}

/** `SHA256:…` without padding, as ssh-keygen -l prints it. */
export function fingerprintHostKey(key: HostKey): string {
  return `SHA256:${createHash("sha256").update(key.blob).digest("base64").replace(/=+$/, "")}`;
}

/** True when both are the same key. */
export function equalsHostKey(a: HostKey, b: HostKey): boolean {
  return a.blob.equals(b.blob);
}

/** What is offered to the host, in order of preference. SHA-1 signatures (`ssh-rsa`) are never offered. */
const SIGNATURE_ALGORITHMS: readonly (readonly [algorithm: string, keyType: string])[] = [
  ["ssh-ed25519", "ssh-ed25519"],
  ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"],
  ["ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"],
  ["ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"],
  ["rsa-sha2-512", "ssh-rsa"],
  ["rsa-sha2-256", "ssh-rsa"],
];

/**
 * Host key algorithms in the order to offer: those of the known types first, so that a host with several keys
 * shows the one that can be checked. The others stay on offer: a changed key should be reported as such.
 */
export function orderHostKeyAlgorithms(knownTypes: ReadonlySet<string>): string[] {
  const known = SIGNATURE_ALGORITHMS.filter(([, type]) => knownTypes.has(type));
  const others = SIGNATURE_ALGORITHMS.filter(([, type]) => !knownTypes.has(type));
  return [...known, ...others].map(([algorithm]) => algorithm);
}
