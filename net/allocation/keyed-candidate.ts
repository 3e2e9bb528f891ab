// Where a key would like to be in a pool: a hash of both. The only file of net/ that uses node:crypto.
import { createHash, createHmac } from "node:crypto";
import { addressBits } from "../address";
import type { Prefix } from "../prefix";

/** What a key's place depends on; nothing else does. */
export interface KeyedInput {
  readonly pool: Prefix;
  /** Of the block; that of an address for single addresses. */
  readonly length: number;
  readonly key: string;
  /** Counts the places that were not free. */
  readonly counter: number;
  /** Without it everybody who knows pool and key can compute the place. */
  readonly secret: string | undefined;
}

const domain = "pulumi-anyip keyed allocation 1";

/**
 * A block of the pool after the construction of RFC 7943 §3 (RFC 7217 §5): F(prefix, key, counter, secret).
 *
 * F is SHA-256 of a message or, with a secret, HMAC-SHA-256 (RFC 2104) of the same message whose key is the secret in UTF-8.
 * The message is these five fields, each behind its length in bytes as four bytes, big-endian:
 *
 * 1. `pulumi-anyip keyed allocation 1` in ASCII: 31 bytes
 * 2. the pool's network, 4 or 16 bytes as on the wire, and its length, one byte
 * 3. the block's length, one byte
 * 4. the key in UTF-8
 * 5. the counter, four bytes, big-endian; the first candidate has 0
 *
 * The block's bits behind the pool's are the first bits of the digest. This never changes: a change would be version 2.
 */
export function keyedCandidate({ pool, length, key, counter, secret }: KeyedInput): Prefix {
  const bits = addressBits(pool.family);
  const network = Buffer.from(pool.network.toString(16).padStart(bits / 4, "0"), "hex");
  const message = encodeFields([
    Buffer.from(domain, "ascii"),
    Buffer.concat([network, Buffer.of(pool.length)]),
    Buffer.of(length),
    Buffer.from(key, "utf8"),
    encodeNumber(counter),
  ]);
  const hash =
    secret === undefined ? createHash("sha256") : createHmac("sha256", Buffer.from(secret, "utf8"));
  const digest = BigInt(`0x${hash.update(message).digest("hex")}`);
  const number = digest >> BigInt(256 - (length - pool.length));
  return { family: pool.family, network: pool.network + (number << BigInt(bits - length)), length };
}

function encodeFields(fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => [encodeNumber(field.length), field]));
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
