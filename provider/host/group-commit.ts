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

/** Runs items in batches, one batch at a time. `run` answers for every item or throws for all of them. */
export class GroupCommit<Item, Answer> {
  private waiting: Entry<Item, Answer>[] = [];
  private running = false;
  private lastArrivalMs = 0;

  constructor(
    private readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly times: GatherTimes,
  ) {}

  submit(item: Item): Promise<Answer> {
    this.lastArrivalMs = performance.now();
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      await this.gather();
      const batch = this.waiting;
      this.waiting = [];
      try {
        const answers = await this.run(batch.map(({ item }) => item));
        batch.forEach((entry, index) => {
          entry.resolve(answers[index] as Answer);
        });
      } catch (error) {
        for (const entry of batch) entry.reject(error);
      }
    }
    this.running = false;
  }

  private async gather(): Promise<void> {
    const startMs = performance.now();
    for (;;) {
      const nowMs = performance.now();
      const waitMs = Math.min(this.lastArrivalMs + this.times.quietMs, startMs + this.times.maxMs) - nowMs;
      if (waitMs <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}
