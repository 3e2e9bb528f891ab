// Reads known_hosts text and says which keys it vouches for, and which it revokes. Pure: no files, no decisions.

import { formatHostKey, type HostKey, parseHostKey } from "./host-key";
import {
  formatKnownHostName,
  type HashedName,
  matchHashedName,
  matchPatternList,
  parseHashedName,
} from "./host-pattern";

/** Larger files are refused by whoever reads them. */
export const MAX_KNOWN_HOSTS_BYTES = 16 * 1024 * 1024;

/** One usable line. */
export interface KnownHostsLine {
  readonly lineNumber: number;
  readonly marker: "revoked" | "cert-authority" | undefined;
  /** The first field: a hash, or a comma list of patterns. */
  readonly names: HashedName | string;
  readonly key: HostKey;
}

/** A parsed file. Lines that are not understood are left out, as OpenSSH does; their numbers are kept. */
export interface KnownHostsFile {
  readonly path: string;
  readonly lines: readonly KnownHostsLine[];
  /** The first few malformed lines, for messages. */
  readonly malformedLines: readonly number[];
}

/** A key and where it was found, as `file:line`. */
export interface KnownKey {
  readonly key: HostKey;
  readonly location: string;
}

/** All that the files say about one host. */
export interface KnownHostLookup {
  readonly accepted: readonly KnownKey[];
  readonly revoked: readonly KnownKey[];
  /** `@cert-authority` lines: recognised so that their effect can be explained, never used. */
  readonly authorities: readonly KnownKey[];
  /** The files looked at, whether they were there or not. */
  readonly paths: readonly string[];
  /** Lines that are not understood, as `file:line`: a mangled one may be why a host is not known. */
  readonly malformed: readonly string[];
}

const MAX_REPORTED_LINES = 10;
const MAX_NAMES_LENGTH = 8_192;

/** Parses known_hosts text in linear time. Never throws. */
export function parseKnownHosts(path: string, text: string): KnownHostsFile {
  const lines: KnownHostsLine[] = [];
  const malformedLines: number[] = [];
  let lineNumber = 0;
  for (const raw of text.split("\n")) {
    lineNumber++;
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    const line = parseLine(content, lineNumber);
    if (line !== undefined) lines.push(line);
    else if (malformedLines.length < MAX_REPORTED_LINES) malformedLines.push(lineNumber);
  }
  return { path, lines, malformedLines };
}

function parseLine(content: string, lineNumber: number): KnownHostsLine | undefined {
  // A key of 16,384 bits and a long list of names fit well into this.
  if (content.length > 4 * MAX_NAMES_LENGTH) return undefined;
  const fields = content.split(/[ \t]+/, 4);
  const marker = content.startsWith("@") ? fields.shift() : undefined;
  if (marker !== undefined && marker !== "@revoked" && marker !== "@cert-authority") return undefined;
  const [namesField, type, base64] = fields;
  if (namesField === undefined || type === undefined || base64 === undefined) return undefined;
  if (namesField.length > MAX_NAMES_LENGTH) return undefined;
  const names = namesField.startsWith("|") ? parseHashedName(namesField) : namesField;
  const key = parseHostKey(type, base64);
  if (names === undefined || key === undefined) return undefined;
  return { lineNumber, marker: marker?.slice(1) as KnownHostsLine["marker"], names, key };
}

/** Collects what the files say about `host` at `port`. The host is looked up as it was given, in lower case. */
export function lookUpKnownHost(
  files: readonly KnownHostsFile[],
  host: string,
  port: number,
  paths: readonly string[] = files.map((file) => file.path),
): KnownHostLookup {
  const name = formatKnownHostName(host, port);
  const accepted: KnownKey[] = [];
  const revoked: KnownKey[] = [];
  const authorities: KnownKey[] = [];
  for (const file of files) {
    for (const line of file.lines) {
      if (!matchNames(line.names, name)) continue;
      const found = { key: line.key, location: `${file.path}:${line.lineNumber}` };
      if (line.marker === "revoked") revoked.push(found);
      else if (line.marker === "cert-authority") authorities.push(found);
      else accepted.push(found);
    }
  }
  const revokedKeys = new Set(revoked.map(({ key }) => formatHostKey(key)));
  return {
    accepted: accepted.filter(({ key }) => !revokedKeys.has(formatHostKey(key))),
    revoked,
    authorities,
    paths,
    malformed: files.flatMap((file) => file.malformedLines.map((line) => `${file.path}:${line}`)),
  };
}

function matchNames(names: HashedName | string, name: string): boolean {
  return typeof names === "string" ? matchPatternList(names, name) : matchHashedName(names, name);
}
