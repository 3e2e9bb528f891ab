// Reads along with the first bytes of a server: its banner, what it said instead of one, and what it offers.
// An SSH library reports none of these; they are the reason behind a dropped or failed handshake.

const MAX_BYTES = 16 * 1024;
const MSG_KEXINIT = 20;

/** The algorithms in a server's KEXINIT (RFC 4253, section 7.1), by what they are for. */
export interface ServerOffer {
  readonly keyExchange: string;
  readonly hostKey: string;
  readonly cipher: string;
  readonly mac: string;
}

export class ServerGreeting {
  private bytes: Buffer = Buffer.alloc(0);

  append(chunk: Buffer): void {
    if (this.bytes.length < MAX_BYTES) {
      this.bytes = Buffer.concat([this.bytes, chunk.subarray(0, MAX_BYTES - this.bytes.length)]);
    }
  }

  /** True once the server has introduced itself as an SSH server. */
  get hasBanner(): boolean {
    return this.findBanner() !== undefined;
  }

  /** What the server said that is no banner, shortened and printable; empty when it said nothing. */
  readChatter(): string {
    return this.bytes
      .toString("latin1", 0, 200)
      .replace(/[^\x20-\x7e]+/g, " ")
      .trim();
  }

  /** What the server offers; `undefined` until its KEXINIT has arrived whole. */
  readOffer(): ServerOffer | undefined {
    const packet = this.findBanner();
    if (packet === undefined || this.bytes.length < packet + 6) return undefined;
    if (this.bytes[packet + 5] !== MSG_KEXINIT) return undefined;
    const lists: string[] = [];
    let at = packet + 6 + 16;
    while (lists.length < 6) {
      if (at + 4 > this.bytes.length) return undefined;
      const length = this.bytes.readUInt32BE(at);
      if (at + 4 + length > this.bytes.length) return undefined;
      lists.push(this.bytes.toString("latin1", at + 4, at + 4 + length).replace(/[^\x21-\x7e]/g, "?"));
      at += 4 + length;
    }
    const [keyExchange, hostKey, cipher, , mac] = lists as [string, string, string, string, string];
    return { keyExchange, hostKey, cipher, mac };
  }

  /** Where the binary packets begin: after the line that starts with `SSH-`. */
  private findBanner(): number | undefined {
    let lineStart = 0;
    for (;;) {
      const lineEnd = this.bytes.indexOf(0x0a, lineStart);
      if (lineEnd < 0) return undefined;
      if (this.bytes.toString("latin1", lineStart, lineStart + 4) === "SSH-") return lineEnd + 1;
      lineStart = lineEnd + 1;
    }
  }
}
