# Root folders of other Debian releases: enter one, and remove those that nothing uses. Sourced, never run.

# Run a command in a root folder in place of this shell, with mount and process namespaces of its own: all that it
# starts ends with it.
#   enter ROOT WORKING_FOLDER [--bind FROM TO]... -- COMMAND...
# FROM is this machine's, TO the path in the root folder. Name resolution, pip's and npm's settings and
# certificates are this machine's; `/tmp` and `/run` are empty and in memory.
enter() {
  exec unshare --mount --pid --fork --kill-child bash -euc '
    exec 8>&- 9>&-  # `unshare` outside holds the lock on the root folder
    root=$1 working_folder=$2
    shift 2
    bind() {
      if [ -d "$1" ]; then mkdir -p "$root$2"; else touch "$root$2"; fi
      mount --rbind "$1" "$root$2"
    }
    mount --bind "$root" "$root"  # programs that change its mounts expect `/` to be one
    mkdir -p "$root/dev" "$root/sys" "$root/proc"
    bind /sys /sys
    bind /dev /dev
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    for path in /etc/ssl/certs /etc/resolv.conf /etc/hosts /etc/pip.conf "$HOME/.npmrc"; do
      [ ! -e "$path" ] || { mkdir -p "$root${path%/*}"; bind "$path" "$path"; }
    done
    while [ "$1" != -- ]; do
      bind "$2" "$3"
      shift 3
    done
    shift
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec chroot "$root" bash -c "cd \"\$1\" && shift && exec \"\$@\"" in-root "$working_folder" "$@"
  ' enter "$@"
}

# Hold the root folder $1 for as long as this process runs: `remove_unused` leaves it alone. Also notes its last use.
# The caller has the lock of all root folders.
hold() {
  exec 8>>"$1.used"
  flock --shared 8
  touch "$1.used"
}

# Whether a process has the folder $1 as its root, or something is mounted in it.
in_use() {
  local root process
  root=$(realpath "$1")
  while read -r _ _ _ _ mounted _; do
    mounted=$(printf '%b' "${mounted//\\/\\0}")  # mountinfo writes a space as \040
    [[ $mounted == "$root" || $mounted == "$root"/* ]] && return 0
  done </proc/self/mountinfo
  for process in /proc/[0-9]*/root; do
    [ "$process" -ef "$root" ] && return 0
  done
  return 1
}

# Remove the root folders $1/debian-13-* but the $2 that were used last, and those in use. A mount that is
# in one is never followed. The caller has the lock of all root folders.
remove_unused() {
  local root kept=0
  for root in "$1"/debian-13-????????????/; do
    root=${root%/}
    [ ! -d "$root" ] || [ -e "$root.used" ] || touch -r "$root" "$root.used"
  done
  while read -r root; do
    kept=$((kept + 1))
    [ "$kept" -le "$2" ] || remove_unless_used "${root%.used}"
  done < <(find "$1" -maxdepth 1 -name 'debian-13-????????????.used' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
}

remove_unless_used() (
  exec 7>>"$1.used"
  flock --exclusive --nonblock 7 || exit 0
  for each in "$1" "$1.half"; do
    if [ -e "$each" ]; then
      in_use "$each" && exit 0
      rm -rf --one-file-system "$each"
    fi
  done
  rm -f "$1.used"
)
