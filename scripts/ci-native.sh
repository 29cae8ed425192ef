#!/usr/bin/env bash
# scripts/ci-native.sh [RESULTS.json]: installs native TensorFlow where it is not, and runs its tests for real. Fails when a test fails and
# also when one is skipped: here nothing may be. The last line is `N passed, N failed`.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
started=$SECONDS
npm run -s native:install
echo "native:install took $((SECONDS - started)) s"
npm run -s build
results=${1:-$(mktemp)}
[[ -n ${1:-} ]] || trap 'rm -f "$results"' EXIT
status=0
npx vitest run test/ml/tensorflow --reporter=dot --reporter=json --outputFile.json="$results" || status=$?
node - "$results" "$status" <<'JS'
const { readFileSync } = require('node:fs');
const [path, status] = process.argv.slice(2);
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(path, 'utf8'));
if (numPendingTests > 0) console.log(`${numPendingTests} tests were skipped: native TensorFlow was not used.`);
const bad = numFailedTests + numPendingTests;
const failed = status === '0' ? bad : Math.max(1, bad);
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exit(failed === 0 && numPassedTests > 0 ? 0 : 1);
JS
