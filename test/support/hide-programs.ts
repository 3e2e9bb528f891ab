// Takes programs away from a test host, whose /usr is the machine's own.

/** Shell text that makes programs of the host vanish: their directories are read only, so others lie over them. */
export function hidePrograms(...names: readonly string[]): string {
  return `for directory in /usr/sbin /usr/bin /sbin /bin; do
  [ ! -L $directory ] || continue
  for name in ${names.join(" ")}; do
    [ -e $directory/$name ] || continue
    layers=/tmp/hidden$directory
    [ -d $layers ] || {
      mkdir -p $layers/upper $layers/work
      mount -n -t overlay -o lowerdir=$directory,upperdir=$layers/upper,workdir=$layers/work overlay $directory
    }
    rm $directory/$name
  done
done
for name in ${names.join(" ")}; do command -v $name && exit 1; done; true`;
}
