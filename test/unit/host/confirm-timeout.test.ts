// How long a host waits for a confirmation, and others for the lock that it holds meanwhile.
import { expect, it } from "vitest";
import {
  lockTimeoutSeconds,
  longestConfirmTimeoutSeconds,
  maxConfirmTimeoutSeconds,
} from "../../../provider/host/host";
import { ensurePresent, localRoute } from "../../support/route-operations";

const plain = ensurePresent(localRoute("192.0.2.0/24"));
const during = (confirmTimeoutSeconds: number) => ({ ...plain, confirmTimeoutSeconds });

it.each([
  ["one that says nothing", [plain], 10],
  ["one that is in a hurry", [during(1)], 1],
  ["some", [during(5), during(20), during(1)], 20],
  ["some, one of which says nothing", [during(5), plain], 10],
])("is the longest of %s", (_what, operations, seconds) => {
  expect(longestConfirmTimeoutSeconds(operations)).toBe(seconds);
});

it("is never as long as others wait for the lock", () => {
  expect(lockTimeoutSeconds).toBeGreaterThan(maxConfirmTimeoutSeconds + 10);
});
