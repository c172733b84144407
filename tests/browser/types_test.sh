#!/usr/bin/env bash
# The types of web/belfry.js hold, and web/belfry.d.ts is what they make: types_test.sh OUT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
node_modules/.bin/tsc -p . --outDir "$1"
diff -u ../../web/belfry.d.ts "$1/belfry.d.ts"
