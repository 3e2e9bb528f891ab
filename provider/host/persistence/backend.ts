// What every way to make routes outlast a reboot has in common: its interface, and how its files come to a host and go.
// Pure; POSIX sh.
import { type BackendName, restorePath, storeDirectory, versionLine, watcherPidFile } from "./paths";
import { formatRestoreScript, watcherDescriptor } from "./restore-script";

/** One way in which a host restores routes at boot. The shell text runs as root, while the run has the host's lock. */
export interface PersistenceBackend {
  readonly name: BackendName;
  /** A condition of builtins: the host runs what this needs. */
  readonly detect: string;
  /**
   * Installs and starts it; may be run again. Ends with another code than 0, and the reason in its output, if it fails:
   * then nothing of it is there, or what was there before.
   */
  readonly install: readonly string[];
  /**
   * Stops it and removes all of it; may be run again. Records are not its business, but where there are none, their
   * directories go, too. Ends with another code than 0 if something stays.
   */
  readonly uninstall: readonly string[];
  /** The same, to be removed together with others. */
  readonly removal: Removal;
  /** A condition of builtins: it is installed, in this version, and runs. */
  readonly isInstalled: string;
}

/** What differs between backends, besides the restore program that all of them run. */
export interface BackendParts {
  readonly name: BackendName;
  readonly detect: string;
  /** What the host's own init or network scripts read. */
  readonly file: InstalledFile;
  /** What makes it start at boot, if the file alone does not: one of these links, which `start` makes and `stop` removes. */
  readonly links?: readonly string[];
  /** A condition of builtins: what watches links runs. */
  readonly isRunning: string;
  /** Commands that make it known and start it, once more if it runs. Each must succeed. */
  readonly start: readonly string[];
  /** What `start` makes for a link, where it is missing, and `forget` removes when it is empty. */
  readonly linkDirectory?: string;
  /** Commands that stop it, when the file is still there. */
  readonly stop: readonly string[];
  /** Commands that make it forgotten, when the files have gone. */
  readonly forget?: readonly string[];
}

export interface InstalledFile {
  readonly path: string;
  readonly mode: "644" | "700" | "755";
  readonly text: string;
}

export function defineBackend(parts: BackendParts): PersistenceBackend {
  const { name, detect, file, links = [], linkDirectory, isRunning } = parts;
  const removal = defineRemoval(parts);
  const uninstall = formatUninstall([removal]);
  const restoreFile: InstalledFile = {
    path: restorePath,
    mode: "700",
    text: formatRestoreScript(removal.files, linkDirectory),
  };
  return {
    name,
    detect,
    install: [
      ...putFileLines,
      `was_there=; [ ! -f ${file.path} ] || was_there=1`,
      "{",
      `{ [ -d ${storeDirectory} ] || mkdir ${storeDirectory}; } && chmod 700 ${storeDirectory} &&`,
      ...putFile(restoreFile),
      ...putFile(file),
      ...parts.start.map((command) => `${command} &&`),
      `{ sync ${storeDirectory} ${directoryOf(file.path)} 2>/dev/null || sync; }`,
      // What it starts must not inherit the host's lock.
      '} </dev/null 9<&- || { [ -n "$was_there" ] || {',
      ...uninstall,
      "}; false; }",
    ],
    uninstall,
    removal,
    isInstalled:
      `{ IFS= read -r line && IFS= read -r line; } 2>/dev/null <${restorePath} && [ "$line" = '${versionLine}' ] && ` +
      `[ -f ${file.path} ]${links.length === 0 ? "" : ` && { ${anyLink(links)}; }`} && ${isRunning}`,
  };
}

/**
 * A condition of builtins, for a watcher that nobody starts again: the process that its file names is there, and has the
 * restore program open, as it is now.
 */
export const isWatching =
  `{ IFS= read -r pid <${watcherPidFile}; } 2>/dev/null && ` +
  `[ "/proc/$pid/fd/${watcherDescriptor}" -ef ${restorePath} ]`;

function anyLink(links: readonly string[]): string {
  return links.map((link) => `[ -L ${link} ]`).join(" || ");
}

/** How one backend's part of a host is removed. The lines may be run again. */
interface Removal {
  readonly stop: readonly string[];
  /** What starts it first, so that nothing is ever started that is not there. */
  readonly files: readonly string[];
  readonly forget: readonly string[];
}

function defineRemoval({ name, file, links = [], stop, forget = [] }: BackendParts): Removal {
  const isThere = [`[ -f ${file.path} ]`, ...(links.length === 0 ? [] : [anyLink(links)])].join(" || ");
  return {
    stop: [`had_${name}=`, `if ${isThere}; then`, `had_${name}=1`, ...stop, "fi </dev/null 9<&-"],
    files: [...links, file.path, temporaryOf(file.path)],
    forget: forget.length === 0 ? [] : [`if [ -n "$had_${name}" ]; then`, ...forget, "fi </dev/null 9<&-"],
  };
}

/**
 * Shell lines that remove all that any of these is. What is on the disk goes at once, when all is stopped: a power cut before
 * has the host remove it at its next boot, where it finds no record.
 */
export function formatUninstall(removals: readonly Removal[]): string[] {
  const files = removals.flatMap((removal) => removal.files);
  return [
    ...removals.flatMap(({ stop }) => stop),
    `rm -f ${[...files, restorePath, temporaryOf(restorePath)].join(" ")}`,
    `rmdir ${storeDirectory}/new ${storeDirectory}/routes ${storeDirectory} 2>/dev/null`,
    ...removals.flatMap(({ forget }) => forget),
    [...files, restorePath].map((path) => `[ ! -e ${path} ]`).join(" && "),
  ];
}

// A file is on the disk before it has its name, so that after a power cut there is all of it or none. Old versions of
// sync know no operands.
const putFileLines = [
  "put_file() {",
  '[ ! -d "$1" ] && cat >"$2" && chmod "$3" "$2" && { sync "$2" 2>/dev/null || sync; } && mv -f "$2" "$1"',
  "}",
];

const endOfFile = "PULUMI_ANYIP_END";

function putFile({ path, mode, text }: InstalledFile): string[] {
  return [`put_file ${path} ${temporaryOf(path)} ${mode} <<'${endOfFile}' &&`, `${text}${endOfFile}`];
}

/** Init and network scripts pass over a name like this. */
function temporaryOf(path: string): string {
  return path.replace(/[^/]*$/, ".$&.new");
}

function directoryOf(path: string): string {
  return path.replace(/\/[^/]*$/, "");
}
