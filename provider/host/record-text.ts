// An ownership record as the text of its file, and back. Strict: what was edited, cut or written by a newer version is
// refused, not guessed at. Pure.
import { formatRoute, parseFormattedRoute } from "./iproute2";
import { type OwnershipRecord, recordName } from "./record";

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
}: Omit<OwnershipRecord, "persists">): string {
  return [
    `pulumi-anyip ${version}`,
    `route ${formatRoute(route)}`,
    `owner ${owner}`,
    `origin ${origin}`,
    `token ${token}`,
    `machine ${machineId}`,
    "end",
  ].join("\n");
}

const grammar = new RegExp(
  [
    "^pulumi-anyip 1",
    "route (?<route>[^\\n]+)",
    "owner (?<owner>[^\\n]+)",
    "origin (?<origin>created|adopted)",
    "token (?<token>[A-Za-z0-9-]{1,100})",
    "machine (?<machineId>[0-9a-f]{32}|-)",
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
  const { owner = "", token = "", machineId = "" } = fields;
  return {
    route,
    owner,
    origin: fields.origin === "adopted" ? "adopted" : "created",
    token,
    machineId,
    persists,
  };
}
