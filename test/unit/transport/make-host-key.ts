// Made-up host keys: well-formed on the wire, and known by their fill byte.

import { type HostKey, readHostKey } from "../../../provider/transport/host-key";

export function makeHostKey(type: string, fill: number): HostKey {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  const key = readHostKey(Buffer.concat([length, Buffer.from(type), Buffer.alloc(36, fill)]));
  if (key === undefined) throw new Error(`${type} is no key type`);
  return key;
}
