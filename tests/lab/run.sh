#!/usr/bin/env bash
# Runs the laboratory's meetings: run.sh [PLAYWRIGHT ARGUMENTS]. The isolation is that of the browser tests: their network is
# the servers' side here, and the receivers' side is a second namespace behind the wire (support/laboratory.ts).
#
# PARLEY       the server (default: build/release/parley)
# PARLEY_WIRE  the wire (default: build/release/lab_wire)
# PARLEY_SEED  of the wire's losses and jitter (default: 1)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PARLEY_WIRE=${PARLEY_WIRE:-$here/../../build/release/lab_wire}

[ -x "$PARLEY_WIRE" ] || { echo "lab: no wire at $PARLEY_WIRE; run ./dev build" >&2; exit 1; }
if ! [ -r /dev/net/tun ] || ! [ -w /dev/net/tun ]; then
  echo "lab: skipped: no /dev/net/tun to make interfaces with" >&2
  exit 77
fi
command -v nsenter >/dev/null || { echo "lab: skipped: nsenter is not installed" >&2; exit 77; }
exec "$here/../e2e/run.sh" --config "$here/playwright.config.ts" "$@"
