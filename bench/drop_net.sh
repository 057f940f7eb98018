#!/usr/bin/env bash
# Runs a command in a network of its own, whose loopback drops what is larger than 1,000 bytes and sent to 127.1.0.0/16:
# behind the sender's stack, before a driver and before anything is segmented. That is what sending through a network
# card with UDP segmentation offload costs before its driver. Smaller packets pass, so that handshakes can be done.
# PARLEY_DROP: another nftables match than "ip daddr 127.1.0.0/16".
# Needs root, or user namespaces. Usage: bench/drop_net.sh COMMAND...
set -euo pipefail
# shellcheck source=bench/network_of_its_own.sh
. "$(dirname "${BASH_SOURCE[0]}")/network_of_its_own.sh"
nft -f - <<RULES
table netdev drop_net {
  chain leaving {
    type filter hook egress device lo priority 0;
    ${PARLEY_DROP:-ip daddr 127.1.0.0/16} meta length > 1000 drop
  }
}
RULES
exec "$@"
