// Group commit: while one batch is on the wire the next one gathers. Knows nothing of what is batched.

/** How long a batch waits for company: until nothing new has come for `quietMs`, at most `maxMs`. */
export interface GatherTimes {
  readonly quietMs: number;
  readonly maxMs: number;
}

interface Entry<Item, Answer> {
  readonly item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Runs items in batches, one batch at a time. A caller that keeps at most N items under way, as the engine does,
 * sends nothing more once N wait: the most that were ever under way is taken for N, and a batch of N goes at once.
 */
export class GroupCommit<Item, Answer> {
  private waiting: Entry<Item, Answer>[] = [];
  private isRunning = false;
  private underWay = 0;
  private mostUnderWay = 0;
  private lastArrivalMs = 0;
  private onArrival: () => void = () => {};

  /** `run` answers for every item, in order, or throws for all of them. */
  constructor(
    private readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly times: GatherTimes,
  ) {}

  submit(item: Item): Promise<Answer> {
    this.lastArrivalMs = performance.now();
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.isRunning) this.onArrival();
      else void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      await this.gather();
      const batch = this.waiting;
      this.waiting = [];
      const settle = await this.runBatch(batch);
      this.underWay -= batch.length;
      settle();
      // Those who were answered may have more to send: let them, before looking whether anybody waits.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.isRunning = false;
  }

  private async runBatch(batch: readonly Entry<Item, Answer>[]): Promise<() => void> {
    try {
      const answers = await this.run(batch.map(({ item }) => item));
      return () => {
        for (const [index, entry] of batch.entries()) entry.resolve(answers[index] as Answer);
      };
    } catch (error) {
      return () => {
        for (const entry of batch) entry.reject(error);
      };
    }
  }

  private async gather(): Promise<void> {
    const startMs = performance.now();
    while (this.waiting.length < this.mostUnderWay) {
      const nowMs = performance.now();
      const waitMs = Math.min(this.lastArrivalMs + this.times.quietMs, startMs + this.times.maxMs) - nowMs;
      if (waitMs <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.onArrival = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.onArrival = () => {};
    }
  }
}
