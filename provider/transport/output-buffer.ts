// Gathers a command's output and cuts it at marker lines, in time linear in its size. Bytes in, text out.

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Output not yet taken. Every byte is copied and searched a bounded number of times, whatever the chunks. */
export class OutputBuffer {
  private bytes = Buffer.allocUnsafe(4096);
  private start = 0;
  private end = 0;
  /** Where the search goes on, and for what: nothing before it needs to be looked at again. */
  private searchFrom = 0;
  private searchFor = "";

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.end - this.start;
  }

  append(chunk: Buffer): void {
    if (this.end + chunk.length > this.bytes.length) this.makeRoom(chunk.length);
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }

  /** Takes all up to the line that equals `marker`, and drops that line; `undefined` while it has not come. */
  takeUntilLine(marker: string): string | undefined {
    if (marker !== this.searchFor) {
      this.searchFor = marker;
      this.searchFrom = this.start;
    }
    const needle = Buffer.from(marker);
    const held = this.bytes.subarray(0, this.end);
    for (;;) {
      const at = held.indexOf(needle, this.searchFrom);
      if (at < 0) {
        // The marker may be cut in two by the chunk's end.
        this.searchFrom = Math.max(this.searchFrom, this.end - needle.length + 1);
        return undefined;
      }
      this.searchFrom = at;
      const lineEnd = this.findLineEnd(at + needle.length);
      if (lineEnd === "unknown") return undefined;
      const startsLine = at === this.start || held[at - 1] === NEWLINE;
      if (startsLine && lineEnd !== "none") {
        const text = held.toString("utf8", this.start, at);
        this.start = lineEnd;
        this.searchFrom = lineEnd;
        return text;
      }
      this.searchFrom = at + 1;
    }
  }

  /** Drops what waits, so that a command which nobody listens to can end. */
  clear(): void {
    this.start = this.end = this.searchFrom = 0;
  }

  /** The last bytes of what waits, as text for a message. */
  readTail(maxBytes: number): string {
    return this.bytes.toString("utf8", Math.max(this.start, this.end - maxBytes), this.end);
  }

  /** Where the line goes on after its newline, which must come next, after a carriage return if any. */
  private findLineEnd(at: number): number | "none" | "unknown" {
    const newline = this.bytes[at] === CARRIAGE_RETURN && at < this.end ? at + 1 : at;
    if (newline >= this.end) return "unknown";
    return this.bytes[newline] === NEWLINE ? newline + 1 : "none";
  }

  private makeRoom(needed: number): void {
    const length = this.length;
    // Twice what is held keeps the copying linear; moving in place only pays once half of it has been taken.
    const target =
      length + needed <= this.bytes.length / 2 ? this.bytes : Buffer.allocUnsafe((length + needed) * 2);
    this.bytes.copy(target, 0, this.start, this.end);
    this.bytes = target;
    this.searchFrom = Math.max(0, this.searchFrom - this.start);
    this.start = 0;
    this.end = length;
  }
}

/** The last bytes of a stream that is read for messages only. */
export class ByteTail {
  private chunks: Buffer[] = [];
  private length = 0;

  constructor(private readonly maxBytes: number) {}

  append(chunk: Buffer): void {
    // A view would keep the whole packet alive.
    this.chunks.push(Buffer.from(chunk.subarray(Math.max(0, chunk.length - this.maxBytes))));
    this.length += Math.min(chunk.length, this.maxBytes);
    if (this.length > 4 * this.maxBytes) {
      this.chunks = [this.joined()];
      this.length = this.chunks[0]?.length ?? 0;
    }
  }

  toString(): string {
    return this.joined().toString("utf8");
  }

  private joined(): Buffer {
    const all = Buffer.concat(this.chunks);
    return Buffer.from(all.subarray(Math.max(0, all.length - this.maxBytes)));
  }
}
