#!/usr/bin/env bash
# Runs a command in a network of its own with two addresses: 127.0.0.1 and, since Janus never uses loopback's, 10.77.0.1 of
# a veth pair that leads nowhere. What is sent from one to itself goes over loopback in both cases, so both cost the same.
# Needs root, or user namespaces. Usage: bench/own_net.sh COMMAND...
set -euo pipefail
# shellcheck source=bench/network_of_its_own.sh
. "$(dirname "${BASH_SOURCE[0]}")/network_of_its_own.sh"
ip link add parley0 type veth peer name parley1
ip addr add 10.77.0.1/24 dev parley0
ip link set parley0 up
ip link set parley1 up
exec "$@"
