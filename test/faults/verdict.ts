// What came of a history, and what of it nobody should ever see. It judges what was found; it looks at nothing itself.
import type { Kind, Refusals } from "./history";
import { compareWorlds, type Differences, type World } from "./model";
import type { Failure } from "./stack";

/** How a run may end that a fault has struck: it was not done, and says so by the right word. */
const faultCodes = ["CONNECTION_LOST", "COMMAND_TIMEOUT", "HOST_UNREACHABLE", "CHANGE_REVERTED", "GONE"];
const furtherCodes: Partial<Record<Kind, string>> = {
  "disk-full": "HOST_UNSUPPORTED",
  "two-stacks": "ROUTE_CONFLICT",
};

export class Verdict {
  readonly lockouts: string[] = [];
  readonly lost: string[] = [];
  readonly leaked: string[] = [];
  /** What struck or was done by hand, in words. */
  readonly struck: string[] = [];
  /** How many of those came while a create, update or delete was under way. */
  amidChanges = 0;
  /** What each step came to. */
  readonly log: string[] = [];

  constructor(private readonly kind: Kind) {}

  get hasFailed(): boolean {
    return this.lockouts.length + this.lost.length + this.leaked.length > 0;
  }

  addDifferences({ lost, leaked }: Differences): void {
    this.lost.push(...lost);
    this.leaked.push(...leaked);
  }

  /** Amid faults a run may fail, but not by a word that blames somebody who has nothing to do with it. */
  judgeStruckRun(failures: readonly Failure[]): void {
    for (const { name, code, message } of failures) {
      const isFit = code !== undefined && [...faultCodes, furtherCodes[this.kind]].includes(code);
      if (!isFit) this.lost.push(`${name}: fails by the wrong word: ${message}`);
    }
  }

  /** A quiet run fails exactly as it should. */
  judgeQuietRun(failures: readonly Failure[], refusals: Refusals): void {
    for (const { name, code, message } of failures) {
      if (code !== undefined && refusals[name] === code) continue;
      if (code === "HOST_UNREACHABLE") this.lockouts.push(message);
      else this.lost.push(`${name}: refused without a reason: ${message}`);
    }
    for (const [name, code] of Object.entries(refusals)) {
      if (!failures.some((failure) => failure.name === name)) this.lost.push(`${name}: no ${code}`);
    }
  }

  /** What was refused must be as it was. */
  judgeRefused(prefixes: readonly string[], before: World, after: World): void {
    const isAbout = (text: string) =>
      prefixes.some(
        (prefix) => text.includes(` ${prefix} `) || text.includes(`/${prefix.replace("/", "_")}-`),
      );
    const about = ({ routes, records }: World): World => ({
      routes: routes.filter(isAbout),
      records: new Map([...records].filter(([path]) => isAbout(path))),
      service: [],
      leftovers: [],
    });
    this.addDifferences(compareWorlds(about(before), about(after)));
  }
}
