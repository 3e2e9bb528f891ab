// Says what a key text is before anything tries to parse it, so that a wrong one gets an error that teaches.
// Knows no SSH library; turns PKCS#8, which ssh2 can't read, into what it can.

import { createPrivateKey, type KeyObject } from "node:crypto";

/** What a text turned out to be. `reason` ends the sentence "PROPERTY …". */
export type KeyText =
  | { readonly kind: "private"; readonly text: string; readonly encrypted: boolean }
  | { readonly kind: "unusable"; readonly reason: string };

const unusable = (reason: string): KeyText => ({ kind: "unusable", reason });

/** Classifies a key text and brings it into a form that ssh2 parses. The passphrase is needed for PKCS#8 only. */
export function readKeyText(given: string, passphrase: string | undefined): KeyText {
  const text = given.replace(/\r\n?/g, "\n").trim();
  if (text === "") return unusable("is empty; give the private key's text");
  if (/^(ssh-|ecdsa-|sk-)\S*-cert-v0\d@openssh\.com /.test(text)) {
    return unusable(
      "holds an OpenSSH certificate, which is not supported; give the private key, authorised by itself",
    );
  }
  if (/^(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) || /^-+ ?BEGIN (SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return unusable("holds a public key; give the private one (the file without .pub)");
  }
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
  if (label !== undefined && !text.includes("\n")) {
    return unusable(
      "holds a key on a single line; its line breaks were lost, keep them as they are in the file",
    );
  }
  switch (label) {
    case "OPENSSH PRIVATE KEY":
      return readOpenSshKey(text);
    case "RSA PRIVATE KEY":
    case "EC PRIVATE KEY":
      return { kind: "private", text, encrypted: /^Proc-Type: *4,ENCRYPTED/m.test(text) };
    case "PRIVATE KEY":
    case "ENCRYPTED PRIVATE KEY":
      return readPkcs8Key(text, passphrase);
    case "DSA PRIVATE KEY":
      return unusable("holds a DSA key, which no current sshd accepts; make one with ssh-keygen -t ed25519");
    case "CERTIFICATE":
      return unusable("holds an X.509 certificate; give an SSH private key");
  }
  if (text.startsWith("PuTTY-User-Key-File-")) {
    return unusable("holds a PuTTY key; convert it with: puttygen KEY.ppk -O private-openssh -o KEY");
  }
  return unusable(
    "holds no private key; it should begin with -----BEGIN OPENSSH PRIVATE KEY----- or a PEM header",
  );
}

/** The type of an OpenSSH key, and whether it is encrypted, stand in the open part of the file (PROTOCOL.key). */
function readOpenSshKey(text: string): KeyText {
  const body = text.replace(/-----[^-]+-----/g, "");
  const data = Buffer.from(body, "base64");
  const fields: Buffer[] = [];
  let at = "openssh-key-v1\0".length;
  // cipher, kdf, kdf options, then the number of keys, then the public key
  for (let index = 0; index < 4; index++) {
    if (index === 3) at += 4;
    if (at + 4 > data.length) return unusable("holds a key that is cut off; give the whole file");
    const length = data.readUInt32BE(at);
    if (at + 4 + length > data.length) return unusable("holds a key that is cut off; give the whole file");
    fields.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  const [cipher, , , publicKey] = fields as [Buffer, Buffer, Buffer, Buffer];
  const typeLength = publicKey.length > 4 ? publicKey.readUInt32BE(0) : 0;
  const type = publicKey.toString("latin1", 4, 4 + typeLength);
  if (type.startsWith("sk-")) {
    return unusable("holds a FIDO security key, which is not supported; give a key without hardware");
  }
  return { kind: "private", text, encrypted: cipher.toString("latin1") !== "none" };
}

function readPkcs8Key(text: string, passphrase: string | undefined): KeyText {
  const encrypted = text.startsWith("-----BEGIN ENCRYPTED");
  if (encrypted && passphrase === undefined) return { kind: "private", text, encrypted };
  try {
    const key = createPrivateKey({ key: text, format: "pem", passphrase: passphrase ?? "" });
    const converted = convertKey(key);
    if (converted !== undefined) return { kind: "private", text: converted, encrypted: false };
    return unusable(`holds a ${key.asymmetricKeyType} key; SSH needs an Ed25519, ECDSA or RSA key`);
  } catch {
    return unusable(
      encrypted
        ? "cannot be decrypted with the passphrase given; correct privateKeyPassword"
        : "holds a damaged key; give the whole file",
    );
  }
}

function convertKey(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return key.export({ type: "pkcs1", format: "pem" }).toString();
    case "ec":
      return key.export({ type: "sec1", format: "pem" }).toString();
    case "ed25519":
      return formatEd25519Key(key);
    default:
      return undefined;
  }
}

/** Ed25519 has no older PEM form, so this writes OpenSSH's own, unencrypted, in memory. */
function formatEd25519Key(key: KeyObject): string {
  const jwk = key.export({ format: "jwk" });
  const publicPart = Buffer.from(jwk.x ?? "", "base64url");
  const secretPart = Buffer.concat([Buffer.from(jwk.d ?? "", "base64url"), publicPart]);
  const type = Buffer.from("ssh-ed25519");
  const check = Buffer.from([1, 2, 3, 4, 1, 2, 3, 4]);
  const secret = Buffer.concat([
    check,
    field(type),
    field(publicPart),
    field(secretPart),
    field(Buffer.alloc(0)),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const none = field(Buffer.from("none"));
  const data = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    none,
    none,
    field(Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    field(Buffer.concat([field(type), field(publicPart)])),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = data.toString("base64").replace(/.{1,70}/g, "$&\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}-----END OPENSSH PRIVATE KEY-----`;
}

function field(data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
}
