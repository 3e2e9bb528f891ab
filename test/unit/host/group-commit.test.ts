// Which items share a batch. Batches are held open by the test, so nothing here depends on how fast it runs.
import { describe, expect, it } from "vitest";
import { GroupCommit } from "../../../provider/host/group-commit";

// No test waits this long: a batch that goes out does so because it is full.
const never = { quietMs: 1e6, maxMs: 1e6 };
const atOnce = { quietMs: 0, maxMs: 0 };

interface OpenBatch {
  readonly items: readonly string[];
  answer(): void;
  fail(error: Error): void;
}

/** A group whose batches run until the test ends them. */
function holdBatches(times: { quietMs: number; maxMs: number }) {
  const started: OpenBatch[] = [];
  const waiting: ((batch: OpenBatch) => void)[] = [];
  const group = new GroupCommit<string, string>(
    (items) =>
      new Promise((resolve, reject) => {
        const batch = { items, answer: () => resolve(items.map((item) => `${item}!`)), fail: reject };
        started.push(batch);
        waiting.shift()?.(batch);
      }),
    times,
  );
  let taken = 0;
  const nextBatch = (): Promise<OpenBatch> => {
    const ready = started[taken++];
    return ready ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve));
  };
  return { group, started, nextBatch };
}

describe("GroupCommit", () => {
  it("puts what is submitted together into one batch, and answers each", async () => {
    const { group, nextBatch, started } = holdBatches(atOnce);
    const answers = ["a", "b", "c"].map((item) => group.submit(item));
    for (let done = 0; done < 3; ) {
      const batch = await nextBatch();
      done += batch.items.length;
      batch.answer();
    }
    expect(await Promise.all(answers)).toEqual(["a!", "b!", "c!"]);
    expect(started.flatMap(({ items }) => items)).toEqual(["a", "b", "c"]);
  });

  it("gathers the next batch while one runs", async () => {
    const { group, nextBatch } = holdBatches(atOnce);
    const first = group.submit("a");
    const firstBatch = await nextBatch();
    const later = ["b", "c", "d"].map((item) => group.submit(item));
    firstBatch.answer();
    const secondBatch = await nextBatch();
    expect(firstBatch.items).toEqual(["a"]);
    expect(secondBatch.items).toEqual(["b", "c", "d"]);
    secondBatch.answer();
    expect(await Promise.all([first, ...later])).toEqual(["a!", "b!", "c!", "d!"]);
  });

  it("runs one batch at a time", async () => {
    const { group, nextBatch, started } = holdBatches(atOnce);
    const answers = [group.submit("a")];
    const first = await nextBatch();
    answers.push(group.submit("b"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toHaveLength(1);
    first.answer();
    (await nextBatch()).answer();
    expect(await Promise.all(answers)).toEqual(["a!", "b!"]);
  });

  it("rejects only the items of the batch that failed", async () => {
    const { group, nextBatch } = holdBatches(atOnce);
    const lost = group.submit("lost");
    const firstBatch = await nextBatch();
    const kept = group.submit("kept");
    firstBatch.fail(new Error("gone"));
    await expect(lost).rejects.toThrow("gone");
    (await nextBatch()).answer();
    expect(await kept).toBe("kept!");
  });

  it("rejects every item of a batch that failed", async () => {
    const { group, nextBatch } = holdBatches(atOnce);
    const opener = group.submit("opener");
    const first = await nextBatch();
    const both = [group.submit("a"), group.submit("b")].map((answer) =>
      answer.catch((error) => error.message),
    );
    first.answer();
    await opener;
    (await nextBatch()).fail(new Error("gone"));
    expect(await Promise.all(both)).toEqual(["gone", "gone"]);
  });

  it("sends a full batch at once: as many as were ever under way", async () => {
    const { group, nextBatch } = holdBatches(never);
    const round = async (items: string[]) => {
      const answers = items.map((item) => group.submit(item));
      const batch = await nextBatch();
      batch.answer();
      expect(await Promise.all(answers)).toEqual(items.map((item) => `${item}!`));
      return batch.items;
    };
    // The first of all goes alone: nobody else has been seen. After it the most under way is what counts.
    expect(await round(["a"])).toEqual(["a"]);
    expect(await round(["b"])).toEqual(["b"]);
  });

  it("does not let a chain of single items wait for company that never comes", async () => {
    const { group, nextBatch, started } = holdBatches(never);
    for (const item of ["a", "b", "c", "d"]) {
      const answer = group.submit(item);
      (await nextBatch()).answer();
      expect(await answer).toBe(`${item}!`);
    }
    expect(started.map(({ items }) => items)).toEqual([["a"], ["b"], ["c"], ["d"]]);
  });

  it("fills the next batch up to saturation before it goes", async () => {
    const { group, nextBatch } = holdBatches(never);
    const opener = group.submit("a");
    const first = await nextBatch();
    const others = [group.submit("b"), group.submit("c")];
    first.answer();
    await opener;
    // Three were under way; the batch waits for its third.
    const third = group.submit("d");
    const second = await nextBatch();
    expect(second.items).toEqual(["b", "c", "d"]);
    second.answer();
    expect(await Promise.all([...others, third])).toEqual(["b!", "c!", "d!"]);
  });
});
