// Matches a host's name against the first field of a known_hosts line (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

import { createHmac } from "node:crypto";

/** The name under which known_hosts lists a host: lower case, with the port only when it is not 22. */
export function formatKnownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Matches one pattern with `*` and `?`. Greedy with a single way back: at worst pattern × name, never more. */
export function matchWildcard(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (n < name.length) {
    if (pattern[p] === "*") {
      starAt = p++;
      resumeAt = n;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      n = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** Matches a comma list; a negated pattern (`!…`) that matches rules the line out, wherever it stands. */
export function matchPatternList(list: string, name: string): boolean {
  let matched = false;
  for (const item of list.toLowerCase().split(",")) {
    if (item.startsWith("!")) {
      if (item.length > 1 && matchWildcard(item.slice(1), name)) return false;
    } else if (!matched && item !== "" && matchWildcard(item, name)) {
      matched = true;
    }
  }
  return matched;
}

/** A name that `HashKnownHosts` hid: `|1|salt|HMAC-SHA1`. */
export interface HashedName {
  readonly salt: Buffer;
  readonly digest: Buffer;
}

/** Reads a hashed name; `undefined` when the field is none, or malformed. */
export function parseHashedName(field: string): HashedName | undefined {
  const [empty, magic, salt, digest, ...rest] = field.split("|", 6);
  if (empty !== "" || magic !== "1" || !salt || !digest || rest.length > 0) return undefined;
  const parsed = { salt: Buffer.from(salt, "base64"), digest: Buffer.from(digest, "base64") };
  return parsed.salt.length === 20 && parsed.digest.length === 20 ? parsed : undefined;
}

/** True when the hash is that of `name`. */
export function matchHashedName(hashed: HashedName, name: string): boolean {
  return createHmac("sha1", hashed.salt).update(name).digest().equals(hashed.digest);
}
