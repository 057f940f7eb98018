# Sourced, with the arguments of the script that does it, at its beginning: from here on the script runs in a network of its
# own, whose loopback is up. Needs root, or user namespaces.
if [ "${PARLEY_NETWORK_OF:-}" != "$0" ]; then
  export PARLEY_NETWORK_OF=$0
  [ "$(id -u)" = 0 ] && exec unshare --net --kill-child "$0" "$@"
  exec unshare --user --map-root-user --net --kill-child "$0" "$@"
fi
ip link set lo up
