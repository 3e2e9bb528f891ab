// The source of random bits for what is drawn by lot: node:crypto's.
import { randomBytes } from "node:crypto";
import type { RandomBits } from "../net/allocation/allocate";

export const randomBits: RandomBits = (count) => {
  const bytes = randomBytes(Math.ceil(count / 8));
  return BigInt.asUintN(count, BigInt(`0x${bytes.toString("hex")}`));
};
