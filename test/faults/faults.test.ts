// A tenth of `npm run test:faults`: random histories with faults, after each of which one quiet run puts everything right.
import { randomInt } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { kinds } from "./history";
import { describeTally, hasMissed, playAll, type Tally } from "./suite";

const histories = 10;
const seed = randomInt(2 ** 31);

describe(`histories from seed ${seed} on`, () => {
  let tallies: Tally[];
  const reports: string[] = [];
  beforeAll(async () => {
    tallies = await playAll({ kinds, histories, seed }, (text) => reports.push(text));
  });

  it.each(kinds)("%s: nobody is locked out, nothing is lost or leaked", (kind) => {
    const tally = tallies.find((each) => each.kind === kind);
    if (!tally) throw new Error("it was not played");
    const failures = reports.filter((text) => text.includes(`--kind ${kind} `));
    expect(tally, failures.join("\n")).toMatchObject({ histories, lockouts: 0, lost: 0, leaked: 0 });
    expect(hasMissed(tally), describeTally(tally)).toBe(false);
  });
});
