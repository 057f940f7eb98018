#!/usr/bin/env bash
# Runs the browser tests inside a network of their own: run.sh [PLAYWRIGHT ARGUMENTS].
#
# The network is an unnamed namespace with a loopback and one veth address (Firefox never checks 127.0.0.1), the
# processes live in a PID namespace: both end with this script, however it ends, and nothing of them shows outside.
# Exit 77: the tests can't run on this machine; what is missing is said.
#
# PARLEY           the server (default: build/release/parley)
# PARLEY_SWITCHES  how often switch.spec lets the third person come and go
# PARLEY_FLIPS     how often paging.spec turns the page; says that the machine is quiet enough to be held to 400 ms
# PARLEY_LOOK=1    also take the screenshots of screenshots.spec
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
kSkip=77

skip() { echo "e2e: skipped: $*" >&2; exit $kSkip; }
die() { echo "e2e: $*" >&2; exit 1; }

inside() {
  mount --make-rprivate /sys 2>/dev/null || true
  mount -t sysfs sysfs /sys 2>/dev/null || true # show this network's interfaces, where the mount is allowed
  ip link set lo up
  ip link add wan0 type veth peer name wan1
  ip address add 10.77.0.1/24 dev wan0
  ip link set wan0 up
  ip link set wan1 up
  ip route add default via 10.77.0.2 # without one Firefox thinks it is offline and gathers no candidates
  export PARLEY_E2E_NETWORK=own
  start_sound
  cd "$here"
  local rc=0
  node node_modules/@playwright/test/cli.js test "$@" || rc=$?
  return $rc
}

# Without a sound server an AudioContext of Firefox never runs.
start_sound() {
  command -v pulseaudio >/dev/null || { echo "e2e: no pulseaudio; Firefox runs without sound output" >&2; return; }
  local home=$TMPDIR/sound
  mkdir -p "$home"
  HOME=$home XDG_RUNTIME_DIR=$home pulseaudio -n --exit-idle-time=-1 --daemonize=no --log-target=null \
    --load="module-null-sink sink_name=none" \
    --load="module-native-protocol-unix socket=$home/native auth-anonymous=1" >/dev/null 2>&1 &
  export PULSE_SERVER=unix:$home/native
}

if [ "${1:-}" = --inside ]; then
  shift
  inside "$@"
  exit
fi

PARLEY=${PARLEY:-$root/build/release/parley}
export PARLEY
[ -x "$PARLEY" ] || die "no server at $PARLEY; run ./dev build"
[ -d "$root/build/node/node_modules/node/bin" ] && PATH="$root/build/node/node_modules/node/bin:$PATH"
for program in node npm ip unshare setpriv flock /usr/bin/chromium /usr/bin/firefox-esr; do
  command -v "$program" >/dev/null || skip "$program is not installed"
done

# Unchanged propagation, as in a chroot the root directory is no mount point whose propagation could be changed.
isolate=(unshare --net --pid --fork --kill-child --propagation unchanged --mount-proc)
[ "$(id -u)" = 0 ] || isolate+=(--map-root-user)
"${isolate[@]}" sh -c 'ip link set lo up && ip link add a0 type veth peer name a1' 2>/dev/null ||
  skip "no network namespace can be made here (neither as root nor in a user namespace)"

# Two runs at once would share the machine and the folder of results, and both would fail for it.
mkdir -p "$root/build/e2e"
exec 9>"$root/build/e2e/lock"
flock --nonblock 9 || { echo "e2e: another run is under way; waiting for its end" >&2; flock 9; }

if ! cmp -s "$here/package-lock.json" "$here/node_modules/.parley-lock"; then
  (cd "$here" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --silent)
  cp "$here/package-lock.json" "$here/node_modules/.parley-lock"
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/parley-e2e.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
export TMPDIR=$scratch

# In the background and waited for, so that the traps run at once; whatever ends this shell ends all that is inside.
rc=0
setpriv --pdeathsig KILL "${isolate[@]}" bash "${BASH_SOURCE[0]}" --inside "$@" &
wait $! || rc=$?
exit $rc
