// What is managed on a host, as text for people and as JSON. Pure.

import type { ManagedListing } from "../provider/inspect/inspection";
import type { ManagedRoute } from "../provider/inspect/managed-routes";

const tableNames: Readonly<Record<number, string>> = { 253: "default", 254: "main", 255: "local" };

const headings = ["OWNER", "PREFIX", "TABLE", "METRIC", "DEVICE", "ORIGIN", "PERSISTS", "ROUTE"] as const;

/** An aligned table, and what cannot be read below it. */
export function formatManagedTable(host: string, { routes, unreadable }: ManagedListing): string {
  if (routes.length === 0 && unreadable.length === 0) return `Nothing is managed on ${host}.\n`;
  const rows = routes.map((managed) => {
    const { route, owner, origin, persists } = managed.record;
    const table = tableNames[route.table] ?? String(route.table);
    return [
      owner,
      route.prefix,
      table,
      String(route.metric),
      route.device,
      origin,
      persists ? "yes" : "no",
      describeStatus(managed),
    ];
  });
  const lines = rows.length === 0 ? [] : alignColumns([headings, ...rows]);
  const others = unreadable.map(({ path, problem }) => `  ${path} ${problem}`);
  if (others.length > 0) others.unshift(...(rows.length > 0 ? [""] : []), "Records that cannot be read:");
  return [...lines, ...others].map((line) => `${printable(line)}\n`).join("");
}

function describeStatus({ record, status, found, isOfOtherMachine }: ManagedRoute): string {
  const differences: string[] = [];
  if (found) {
    if (found.type !== 2) differences.push(`type ${found.type}`);
    // A protocol that the host does not say is no difference.
    const compared = { protocol: record.route.protocol, ...found };
    for (const name of ["device", "protocol", "source"] as const) {
      if (compared[name] !== record.route[name]) differences.push(`${name} ${compared[name] ?? "none"}`);
    }
  }
  const what = differences.length === 0 ? status : `${status}: ${differences.join(", ")}`;
  return isOfOtherMachine ? `${what} (record of another machine's disk)` : what;
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** A file on a host may have been written by anybody: what would steer a terminal is shown as `?`. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

/** The JSON shape of `ls --json`. */
export function describeManaged(host: string, { routes, unreadable }: ManagedListing) {
  return {
    host,
    routes: routes.map(({ record, status, found, isOfOtherMachine }) => ({
      ...record.route,
      owner: record.owner,
      origin: record.origin,
      persists: record.persists,
      status,
      ...(found ? { found } : {}),
      isOfOtherMachine,
    })),
    unreadable,
  };
}
