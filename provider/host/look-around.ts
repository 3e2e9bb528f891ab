// One look at a host's surroundings: the shell lines that print it, and what their answers say. iproute2's own words are
// in iproute2-surroundings.ts. Pure.
import { type Address, formatAddress, parseAddress } from "../../net/address";
import { AnyIPError } from "../errors";
import type { Dialect } from "./dialect";
import {
  defineLeadsElsewhere,
  isWhole,
  parseLinks,
  parseNeighbors,
  saysNothingThere,
} from "./iproute2-surroundings";
import type { LinkAddress, Surroundings } from "./surroundings";

/** The nameservers that are asked, and those that systemd-resolved's stub asks in its turn. */
const resolverFiles = "/etc/resolv.conf /run/systemd/resolve/resolv.conf";

// Only these lines, so that no other of a file can be taken for one of ours. A file may be missing.
const showResolvers = `grep -hs '^nameserver' ${resolverFiles} || [ $? -le 2 ]`;

type About = keyof Dialect["surroundingsCommands"] | "resolvers";

function commandsOf({ surroundingsCommands }: Dialect): Readonly<Record<About, string>> {
  return { ...surroundingsCommands, resolvers: showResolvers };
}

function isAboutRoutes(about: string): boolean {
  return about.endsWith(" routes");
}

/** Shell lines that print the surroundings, in the form {@link parseSurroundings} reads. */
export function formatLookAround(dialect: Dialect): string[] {
  return [
    ...defineLeadsElsewhere,
    ...(Object.keys(commandsOf(dialect)) as About[]).flatMap((about) => [
      `printf '@about ${about}\\n'`,
      ...formatAsk(dialect, about),
    ]),
  ];
}

function formatAsk(dialect: Dialect, about: About): string[] {
  const command = commandsOf(dialect)[about];
  if (about.endsWith(" rules")) {
    // Kept in a variable for the question about other routes, which comes next.
    return [`{ rules=$(${command}); } 2>&1 </dev/null`, `printf '%s\\n@exit %s\\n' "$rules" "$?"`];
  }
  if (!isAboutRoutes(about)) return [`{ ${command}; } 2>&1 </dev/null`, `printf '@exit %s\\n' "$?"`];
  // The exit code of the first of a pipe goes round it, to be printed after what comes out of it.
  const ask = [
    `{ code=$({ { ${command}; echo $? >&3; } 2>&1 </dev/null | { ${dialect.routesFilter}; } >&4; } 3>&1); } 4>&1`,
    `printf '@exit %s\\n' "$code"`,
  ];
  if (!about.endsWith(" other routes")) return ask;
  return ['if leads_elsewhere "$rules"; then', ...ask, "else", "printf 'whole\\n@exit 0\\n'", "fi"];
}

/**
 * Reads what {@link formatLookAround} printed.
 *
 * @throws AnyIPError UNEXPECTED_OUTPUT when an answer is missing or an error: nobody may take that for "nothing there".
 */
export function parseSurroundings(
  label: string,
  text: string,
  sshPeer: Address | undefined,
  dialect: Dialect,
): Surroundings {
  const read = (about: About) => readAnswer({ label, text, dialect }, about);
  const links = parseLinks(read("links"));
  if (links.size === 0) throw unreadable({ label, dialect }, "links", "no link, not even lo");
  const ipv4 = dialect.parseReach(read("ipv4 routes"), "ipv4", links);
  const ipv6 = dialect.parseReach(read("ipv6 routes"), "ipv6", links);
  return {
    ...(sshPeer === undefined ? {} : { sshPeer }),
    gateways: withoutRepeats([
      ...[...ipv4.gateways, ...ipv6.gateways],
      ...dialect.parseReach(read("ipv4 other routes"), "ipv4", links).gateways,
      ...dialect.parseReach(read("ipv6 other routes"), "ipv6", links).gateways,
    ]),
    resolvers: parseResolvers(read("resolvers")),
    neighbors: parseNeighbors(read("neighbors"), links),
    onLink: [...ipv4.onLink, ...ipv6.onLink],
    extraTables: [
      ...dialect.parseCatchAllTables(read("ipv4 rules"), "ipv4"),
      ...dialect.parseCatchAllTables(read("ipv6 rules"), "ipv6"),
    ],
  };
}

function withoutRepeats(found: readonly LinkAddress[]): LinkAddress[] {
  const byText = found.map((each) => [`${formatAddress(each.address)} ${each.device}`, each] as const);
  return [...new Map(byText).values()];
}

interface Source {
  readonly label: string;
  readonly dialect: Dialect;
}

function readAnswer({ text, ...source }: Source & { readonly text: string }, about: About): string {
  const [, answer, exitCode] = new RegExp(`^@about ${about}\\n([^]*?)^@exit ([0-9]+)$`, "m").exec(text) ?? [];
  if (answer === undefined) throw unreadable(source, about, "nothing");
  if (isAboutRoutes(about) && !isWhole(answer))
    throw unreadable(source, about, "half an answer, through sed and sort");
  if (exitCode === "0") return answer;
  if (saysNothingThere(answer)) return "";
  throw unreadable(source, about, answer.trim().slice(0, 500) || `nothing, with exit code ${exitCode}`);
}

function unreadable({ label, dialect }: Source, about: About, output: string): AnyIPError {
  const command = commandsOf(dialect)[about];
  return new AnyIPError(
    "UNEXPECTED_OUTPUT",
    `${label}: cannot tell what the host must go on reaching, so nothing is changed: \`${command}\` ` +
      `printed ${output}`,
    { facts: { host: label, command, output } },
  );
}

/** The servers of `nameserver ADDRESS` lines (resolv.conf(5)), without those on the host itself. */
export function parseResolvers(text: string): Address[] {
  return text.split("\n").flatMap((line) => {
    const address = readAddress(/^nameserver\s+(\S+)/.exec(line)?.[1]);
    return address && !isLoopback(address) ? [address] : [];
  });
}

function isLoopback(address: Address): boolean {
  return address.family === "ipv4" ? address.value >> 24n === 127n : address.value === 1n;
}

/**
 * The client in what the login's command printed before the shell was ready: `NONCE client ADDRESS PORT ADDRESS PORT`,
 * SSH_CONNECTION as sshd(8) sets it. undefined where there is none: then the confirmation alone guards the connection.
 */
export function parseSshPeer(greeting: string, nonce: string): Address | undefined {
  const at = greeting.indexOf(`${nonce} client `);
  if (at < 0) return undefined;
  const [, word] = /^\S+ client (\S+)/.exec(greeting.slice(at, at + 300)) ?? [];
  return readAddress(word);
}

/** An address as daemons write it: with a zone, or IPv4 in an IPv6 socket's form. */
function readAddress(word: string | undefined): Address | undefined {
  const address = parseAddress(word?.replace(/%.*$/, "") ?? "");
  if (address?.family !== "ipv6" || address.value >> 32n !== 0xffffn) return address;
  return { family: "ipv4", value: address.value & 0xffffffffn };
}
