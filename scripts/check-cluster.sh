#!/usr/bin/env bash
# Installs Agora on a Kubernetes that may be broken, releases, fails, drains and scales it under load, and prints a table. Needs Node.js 20,
# kubectl and openssl; `npm ci` too for the end-to-end tests. Exits 1 when anything is not as it must be. --help says more.
set -euo pipefail
exec node "$(dirname "${BASH_SOURCE[0]}")/../deploy/k8s/check-cluster/main.mjs" "$@"
