// The commands that start a shell with root's rights, from any login shell: one line without `!` or a backslash, which
// sh, fish and csh take alike. Pure. What they run as root is `/bin/sh -s` and nothing else, so that a rule can name it.

/** How a login that is not root becomes root. `auto`: by sudo, or by doas where there is no sudo. */
export type Privilege = "auto" | "none" | "sudo" | "doas";

/** What `connection.privilege` says when it is `none` and the login is not root; explain-rights.ts knows it. */
export const noPrivilegeWanted = "connection.privilege is none";

const wayCommands: Readonly<Record<Privilege, string>> = {
  auto:
    "for way in sudo doas; do command -v $way >/dev/null 2>&1 && exec $way -n /bin/sh -s; done; " +
    "exec sudo -n /bin/sh -s",
  none: `echo "${noPrivilegeWanted}" >&2; exit 1`,
  sudo: "exec sudo -n /bin/sh -s",
  doas: "exec doas -n /bin/sh -s",
};

/** Before a shell is root it says where the login comes from: sudo takes SSH_CONNECTION out of the environment. */
const formatGreeting = (shellNonce: string) => `echo "${shellNonce} client $SSH_CONNECTION"`;

/** Starts a root shell, or fails without ever asking for a password. */
export function formatRootShellCommand(privilege: Privilege, shellNonce: string): string {
  return wrapCommand(
    `${formatGreeting(shellNonce)}; [ "$(id -u)" = 0 ] && exec /bin/sh -s; ${wayCommands[privilege]}`,
  );
}

/**
 * Finds out whether sudo needs the password, and whether it takes it: an empty root shell is started, whose input is the
 * password and then ends, so that a wrong one is tried once and nothing else can be taken for a second try.
 * Each answer ends in a line that is the nonce: before it a line `NONCE granted` (none is needed), `NONCE exit CODE`
 * (sudo has ended), or neither (sudo asks for a password).
 */
export function formatPasswordTrial(nonce: string): string {
  return wrapCommand(
    `say() { echo; echo "${nonce} $*"; echo ${nonce}; exit; }; ` +
      '[ "$(id -u)" = 0 ] && say granted; ' +
      "command -v sudo >/dev/null 2>&1 || say granted; " +
      "sudo -k -n /bin/sh -s </dev/null >/dev/null 2>&1 && say granted; " +
      `${formatSudoWithPassword(nonce)}; say exit $?`,
  );
}

/**
 * Starts a root shell by sudo, which asks for the password first: a line that is the nonce. What the shell says on
 * standard error comes with its output, because the prompt does.
 */
export function formatPasswordShellCommand(nonce: string, shellNonce: string): string {
  return wrapCommand(`${formatGreeting(shellNonce)}; exec ${formatSudoWithPassword(nonce)}`);
}

/** A line for a root shell, to which it answers as the trial does: `NONCE granted`, then the nonce. */
export function formatShellProbe(nonce: string): string {
  return `printf '\\n%s granted\\n%s\\n' ${nonce} ${nonce}\n`;
}

/** -k: neither a password that was given a while ago nor this one counts for another time, so that it always asks. */
function formatSudoWithPassword(nonce: string): string {
  return `sudo -k -S -p "$(echo; echo ${nonce}; echo :)" /bin/sh -s 2>&1`;
}

/** In the C locale, in which sudo's and doas's words are known. */
function wrapCommand(text: string): string {
  return `sh -c 'LC_ALL=C; export LC_ALL; ${text}'`;
}
