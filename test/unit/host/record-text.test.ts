// Ownership records: the text of their files, and what is refused of what is found in their place.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Hold,
  isSameRecord,
  isUnreadable,
  type OwnershipRecord,
  recordDirectory,
  recordName,
  recordPath,
} from "../../../provider/host/record";
import { RecordListing } from "../../../provider/host/record-listing";
import { firstOfCommand } from "../../../provider/host/record-script";
import { formatRecord, maxRecordBytes, parseRecord } from "../../../provider/host/record-text";
import { quote } from "../../../provider/host/shell-quote";
import { localRoute } from "../../support/route-operations";
import { anyRoute } from "./any-route";

const route = localRoute("2001:db8:100::/64");
const record: OwnershipRecord = {
  route,
  owner: "shop/dev/web",
  origin: "created",
  token: "anyip-0123456789abcdef0123",
  machineId: "0123456789abcdef0123456789abcdef",
  persists: true,
  hold: { kind: "route" },
};
const name = "2001:db8:100::_64-table-255-metric-1024";

// As version 1 writes it. Never edit this: a host may have it for years.
const text = `pulumi-anyip 1
route local 2001:db8:100::/64 dev lo table 255 proto 177 metric 1024
owner shop/dev/web
origin created
token anyip-0123456789abcdef0123
machine 0123456789abcdef0123456789abcdef
end
`;

const anyLine = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 80 })
  .filter((line) => /^\P{Cc}+$/u.test(line));
const anyRecord: fc.Arbitrary<OwnershipRecord> = fc
  .record({
    route: anyRoute,
    owner: anyLine,
    origin: fc.constantFrom("created", "adopted"),
    token: fc.stringMatching(/^[A-Za-z0-9-]{1,40}$/),
    machineId: fc.oneof(fc.constant("-"), fc.stringMatching(/^[0-9a-f]{32}$/)),
    persists: fc.boolean(),
    hold: fc.oneof(
      fc.constantFrom<Hold>({ kind: "route" }, { kind: "covered" }),
      fc.nat().map((untilSeconds): Hold => ({ kind: "released", untilSeconds })),
    ),
    choice: fc.option(fc.record({ pool: anyRoute.map(({ prefix }) => prefix), key: anyLine }), {
      nil: undefined,
    }),
  })
  .map(({ choice, ...others }) => ({ ...others, ...(choice ? { choice } : {}) }));

describe("a record", () => {
  it("has this text, under this name", () => {
    expect(`${formatRecord(record)}\n`).toBe(text);
    expect(recordName(route)).toBe(name);
    expect(parseRecord(name, text, true)).toEqual(record);
  });

  it.each<[string, Partial<OwnershipRecord>]>([
    [
      text.replace("route", "covered").replace("end\n", "for 2001:db8::/32 a shop's end\nend\n"),
      { hold: { kind: "covered" }, choice: { pool: "2001:db8::/32", key: "a shop's end" } },
    ],
    [
      text.replace("route", "released").replace("end\n", "for 2001:db8::/32 x\nuntil 1764100000\nend\n"),
      {
        hold: { kind: "released", untilSeconds: 1_764_100_000 },
        choice: { pool: "2001:db8::/32", key: "x" },
      },
    ],
  ])("of what was allocated has this text: %s", (allocated, change) => {
    expect(`${formatRecord({ ...record, ...change })}\n`).toBe(allocated);
    expect(parseRecord(name, allocated, true)).toEqual({ ...record, ...change });
  });

  it("is read as it was written, and its name is one word to a shell", () => {
    fc.assert(
      fc.property(anyRecord, (any) => {
        const written = recordName(any.route);
        expect(written).toMatch(/^[0-9a-f:._a-z-]+$/);
        expect(written.length).toBeLessThan(256);
        expect(parseRecord(written, `${formatRecord(any)}\n`, any.persists)).toEqual(any);
      }),
      { numRuns: 3000 },
    );
  });

  it.each<[string, string, RegExp]>([
    ["of a newer version", text.replace("anyip 1", "anyip 2"), /is of version 2, and .* reads version 1/],
    ["of version 0", text.replace("anyip 1", "anyip 0"), /no record/],
    ["that is empty", "", /cut short/],
    ["without its last byte", text.slice(0, -1), /cut short/],
    ["with something after its end", `${text}\n`, /no record/],
    ["of another route", text.replace("/64", "/65"), /under the wrong name/],
    ["with host bits", text.replace("100::/64", "100::1/64"), /no record/],
    ["with a step in place of a route", text.replace("route local", "route del local"), /no record/],
    ["with a source that is none", text.replace("metric 1024", "metric 1024 src ::g"), /no record/],
    ["with an origin that is none", text.replace("created", "stolen"), /no record/],
    ["released without a time", text.replace("route", "released"), /no record/],
    ["with a time and not released", text.replace("end\n", "until 5\nend\n"), /no record/],
    [
      "with a time that is none",
      text.replace("route", "released").replace("end\n", "until x\nend\n"),
      /no record/,
    ],
    ["with a line too much", text.replace("owner", "owner x\nowner"), /no record/],
  ])("%s is refused with a word", (_what, given, problem) => {
    expect(parseRecord(name, given, true)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it("that was cut or edited anywhere is refused or still says the same, and never throws", () => {
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(3), fc.string({ maxLength: 3 }), (at, gone, put) => {
        const found = parseRecord(name, text.slice(0, at) + put + text.slice(at + gone), true);
        if (!("problem" in found)) expect(found.route).toMatchObject({ prefix: route.prefix, table: 255 });
      }),
      { numRuns: 10_000 },
    );
  });
});

describe("a listing", () => {
  const other = name.replace("100", "200");
  const [stored, inMemory] = [true, false].map((persists) => `${recordDirectory(persists)}/${name}`);
  const printed = `==> ${stored} <==\n${text}\n`;
  const printedFromMemory = `==> ${inMemory} <==\n${text}\n`;

  it("knows what was printed, and that the rest of what was asked for is not there", () => {
    const listing = RecordListing.parse(printed, [name, other]);
    expect(listing.find(route)).toEqual(record);
    expect(listing.find({ ...route, prefix: "2001:db8:200::/64" })).toBeUndefined();
    expect(listing.knows(other)).toBe(true);
    expect(listing.knows(name.replace("100", "300"))).toBe(false);
  });

  it("knows everything when everything was asked for", () => {
    const listing = RecordListing.parse(printed.replace("routes/", "routes/./"), "all");
    expect(listing.find(route)).toEqual(record);
    expect(listing.knows(other)).toBe(true);
  });

  it("reads what several commands have printed one after the other", () => {
    const others = [other, name.replace("100", "300")];
    const [second, third] = others.map((each) => {
      const prefix = each.replace(/_64-.*/, "/64");
      return `==> ${recordDirectory(false)}/${each} <==\n${text.replace("2001:db8:100::/64", prefix)}`;
    });
    const first = `==> ${firstOfCommand} <==\n\n==> ${stored} <==\n${text}\n${second}`;
    const listing = RecordListing.parse(`${first}==> ${firstOfCommand} <==\n\n${third}\n`, "all");
    expect(listing.entries().map(([found]) => found)).toEqual([...others, name]);
    expect(listing.entries().filter(([, found]) => isUnreadable(found))).toEqual([]);
  });

  it("tells what persists by where it is, and believes the disk first", () => {
    const find = (text: string) => RecordListing.parse(text, [name]).find(route);
    expect(find(printedFromMemory)).toEqual({ ...record, persists: false });
    expect(find(printedFromMemory.replace("shop", "blog") + printed)).toEqual(record);
    expect(find(printed + printedFromMemory.replace("shop", "blog"))).toEqual(record);
  });

  it("leaves out what is printed from memory and yet gone", () => {
    const find = (text: string) => RecordListing.parse(text, "all").find(route);
    const gone = `@gone ${name}\n@gone ${other}\n`;
    expect(find(gone + printedFromMemory)).toBeUndefined();
    expect(find(gone + printed + printedFromMemory)).toEqual(record);
  });

  it.each<[string, string, RegExp]>([
    ["a link or a folder", `@odd ${stored}\n`, /no plain file/],
    [
      "a file of a hundred megabytes",
      `==> ${stored} <==\n${"x".repeat(maxRecordBytes + 1)}\n`,
      /is larger than/,
    ],
    ["a file without a last line end", printed.replace("end\n\n", "end\n"), /cut short/],
  ])("says what is wrong with %s", (_what, given, problem) => {
    const listing = RecordListing.parse(given, [name]);
    expect(listing.find(route)).toEqual({ path: stored, problem: expect.stringMatching(problem) });
  });

  it("tells a record from every other, parsed or not", () => {
    const parts = ["owner", "origin", "token", "machineId", "persists", "hold", "choice"] as const;
    fc.assert(
      fc.property(
        anyRecord,
        anyRecord,
        fc.subarray([...parts]),
        fc.boolean(),
        (one, other, differing, isParsed) => {
          const asked = { ...one, ...Object.fromEntries(differing.map((part) => [part, other[part]])) };
          const listing = RecordListing.parse(`==> ${recordPath(one)} <==\n${formatRecord(one)}\n\n`, "all");
          if (isParsed) listing.find(one.route);
          expect(listing.has(asked)).toBe(isSameRecord(one, asked));
          expect(listing.has({ ...one, route: other.route })).toBe(
            isSameRecord(one, { ...one, route: other.route }),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("goes with the changes that are kept, and with newer looks", () => {
    const listing = RecordListing.parse(printed, [name]);
    listing.apply({ kind: "remove", key: route });
    expect(listing.find(route)).toBeUndefined();
    listing.apply({ kind: "write", record: { ...record, owner: "shop/dev/second" } });
    expect(listing.find(route)).toMatchObject({ owner: "shop/dev/second" });
    listing.add(RecordListing.parse(printed, [name]));
    expect(listing.find(route)).toEqual(record);
  });

  it("never throws", () => {
    const piece = fc.oneof(
      fc.constantFrom("==> ", " <==\n", "@odd ", "@gone ", stored ?? "", name, text, "\n", "./"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = RecordListing.parse(pieces.join(""), "all").find(route);
        if (found && !isUnreadable(found)) expect(found.route).toEqual(route);
      }),
      { numRuns: 10_000 },
    );
  });
});

it("quote makes one word of any text", () => {
  expect(quote('it\'s $(x) `y` \\ "z"\n')).toBe(`'it'\\''s $(x) \`y\` \\ "z"\n'`);
});
