// The candidates of a key from the bytes that keyedCandidate's docstring says, written down a second time.
import { createHash, createHmac } from "node:crypto";
import { addressBits } from "../../../../net/address";
import type { KeyedInput } from "../../../../net/allocation/keyed-candidate";
import type { Prefix } from "../../../../net/prefix";

export function documentedCandidate({ pool, length, key, counter, secret }: KeyedInput): Prefix {
  const bits = addressBits(pool.family);
  const keyHex = Buffer.from(key, "utf8").toString("hex");
  const poolHex = hex(pool.network, bits / 8) + hex(BigInt(pool.length), 1);
  const domainHex = Buffer.from("pulumi-anyip keyed allocation 1", "ascii").toString("hex");
  const message = [domainHex, poolHex, hex(BigInt(length), 1), keyHex, hex(BigInt(counter), 4)]
    .map((field) => hex(BigInt(field.length / 2), 4) + field)
    .join("");
  const hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  const digest = hash.update(Buffer.from(message, "hex")).digest();
  const digits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const number = BigInt(`0b0${digits.slice(0, length - pool.length)}`);
  return { family: pool.family, network: pool.network + (number << BigInt(bits - length)), length };
}

function hex(value: bigint, bytes: number): string {
  return value.toString(16).padStart(bytes * 2, "0");
}
