// What the host's `ip` is asked with and what it answers, by whose it is: iproute2's or busybox's. Steps are the same
// words to both (step-script.ts). Pure.
import type { Family } from "../../net/address";
import {
  busyboxRoutesFilter,
  busyboxSurroundingsCommands,
  formatBusyboxShowCommand,
  parseBusyboxCatchAllTables,
  parseBusyboxReach,
  parseBusyboxTable,
} from "./busybox";
import type { ObservedTable, TableName } from "./host";
import { formatShowCommand, parseTable } from "./iproute2";
import {
  type Link,
  parseCatchAllTables,
  parseReach,
  type Reach,
  routesFilter,
  surroundingsCommands,
} from "./iproute2-surroundings";

export interface Dialect {
  /** How the host's shell calls it. */
  readonly name: "iproute2" | "busybox";
  /** The command that prints a table. */
  formatShowCommand(name: TableName): string;
  /** Reads what it printed. */
  parseTable(text: string, name: TableName): ObservedTable;
  /** The commands that print what is around, by what their answers are about. */
  readonly surroundingsCommands: Readonly<Record<keyof typeof surroundingsCommands, string>>;
  /** Shortens the answers about routes; see iproute2-surroundings.ts. */
  readonly routesFilter: string;
  parseReach(text: string, family: Family, links: ReadonlyMap<string, Link>): Reach;
  parseCatchAllTables(text: string, family: Family): TableName[];
}

export const iproute2: Dialect = {
  name: "iproute2",
  formatShowCommand,
  parseTable,
  surroundingsCommands,
  routesFilter,
  parseReach,
  parseCatchAllTables,
};

export const busybox: Dialect = {
  name: "busybox",
  formatShowCommand: formatBusyboxShowCommand,
  parseTable: parseBusyboxTable,
  surroundingsCommands: busyboxSurroundingsCommands,
  routesFilter: busyboxRoutesFilter,
  parseReach: parseBusyboxReach,
  parseCatchAllTables: parseBusyboxCatchAllTables,
};
