#!/usr/bin/env bash
# A STUN client that we did not write (coturn's) asks our media port for its address: stun_client.sh PARLEY.
set -euo pipefail
command -v turnutils_stunclient >/dev/null || { echo "skipped: turnutils_stunclient (Debian's coturn) is not installed"; exit 77; }
parley=$1
folder=$(mktemp -d)
coproc server { exec "$parley" serve --data "$folder" --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --media-port 0 2>"$folder/log"; }
pid=$server_PID
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -rf "$folder"' EXIT
ready=""
while read -r -t 20 line <&"${server[0]}"; do
  case $line in ready*) ready=$line; break ;; esac
done
[ -n "$ready" ] || { echo "the server did not get ready:"; cat "$folder/log"; exit 1; }
port=${ready##*media=}
answer=$(turnutils_stunclient -p "$port" 127.0.0.1 2>&1) || { echo "no answer: $answer"; exit 1; }
echo "$answer"
grep -q 'UDP reflexive addr: 127.0.0.1:' <<<"$answer"
