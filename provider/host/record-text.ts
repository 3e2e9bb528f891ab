// An ownership record as the text of its file, and back. Strict: what was edited, cut or written by a newer version is
// refused, not guessed at. Pure.
import { formatRoute, parseFormattedRoute } from "./iproute2";
import { type Hold, type OwnershipRecord, recordName } from "./record";

/** The version of the format that this package writes, and the only one it reads. */
const version = 1;

/** No record is longer: an owner has at most 1024 characters, of up to four bytes. */
export const maxRecordBytes = 8192;

/** A line a field, the version first and `end` last, so that a person can read it and a cut one shows. */
export function formatRecord({
  route,
  owner,
  origin,
  token,
  machineId,
  hold,
  choice,
}: Omit<OwnershipRecord, "persists">): string {
  return [
    `pulumi-anyip ${version}`,
    `${hold.kind} ${formatRoute(route)}`,
    `owner ${owner}`,
    `origin ${origin}`,
    `token ${token}`,
    `machine ${machineId}`,
    ...(choice ? [`for ${choice.pool} ${choice.key}`] : []),
    ...(hold.kind === "released" ? [`until ${hold.untilSeconds}`] : []),
    "end",
  ].join("\n");
}

const grammar = new RegExp(
  [
    "^pulumi-anyip 1",
    "(?<hold>route|covered|released) (?<route>[^\\n]+)",
    "owner (?<owner>[^\\n]+)",
    "origin (?<origin>created|adopted)",
    "token (?<token>[A-Za-z0-9-]{1,100})",
    "machine (?<machineId>[0-9a-f]{32}|-)(?:\\nfor (?<pool>[0-9a-f:./]+) (?<key>[^\\n]+))?(?:\\nuntil (?<until>[0-9]{1,15}))?",
    "end\\n$",
  ].join("\\n"),
);

/** Reads the text of the file of that name, which is where the records are of routes that persist, or do not. */
export function parseRecord(
  name: string,
  text: string,
  persists: boolean,
): OwnershipRecord | { readonly problem: string } {
  const written = /^pulumi-anyip ([0-9]{1,9})\n/.exec(text)?.[1];
  if (written !== undefined && Number(written) > version) {
    return {
      problem: `is of version ${written}, and this pulumi-anyip reads version ${version}; use a newer one`,
    };
  }
  const fields = grammar.exec(text)?.groups;
  const route = parseFormattedRoute(fields?.route ?? "");
  if (!fields || !route) return { problem: "is cut short, or was edited into something that is no record" };
  if (recordName(route) !== name) return { problem: "is the record of another route, under the wrong name" };
  const { owner = "", token = "", machineId = "", pool, key, until } = fields;
  const hold = readHold(fields.hold, until);
  if (!hold) return { problem: "was edited into something that is no record" };
  return {
    route,
    owner,
    origin: fields.origin === "adopted" ? "adopted" : "created",
    token,
    machineId,
    persists,
    hold,
    ...(pool === undefined || key === undefined ? {} : { choice: { pool, key } }),
  };
}

/** Only what is released has a time, and it must have one. */
function readHold(kind: string | undefined, until: string | undefined): Hold | undefined {
  if (kind === "released") return until === undefined ? undefined : { kind, untilSeconds: Number(until) };
  return until === undefined ? { kind: kind === "covered" ? "covered" : "route" } : undefined;
}
