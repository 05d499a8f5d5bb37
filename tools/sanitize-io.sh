#!/usr/bin/env bash
# sanitize-io: the tests of @crossbill/io with its addon built with AddressSanitizer and
# UndefinedBehaviorSanitizer, and a search for leaks over many operations. Needs gcc with its sanitizers
# and a build (npm run build). Node itself is not instrumented: only what the addon does is seen.
#
# Usage: tools/sanitize-io.sh [--long]
#   As the gate runs it: hostile arguments, what is forgotten, 20,000 operations. --long: a million
#   operations, and the whole of the package's tests besides.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
rounds=200
[ "${1:-}" = --long ] && rounds=10000

make -s sanitize
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# sanitized COMMAND...: runs it so that each Node in it loads the sanitized addon; the runtimes of the
# sanitizers must come before all else in a program that was not built with them.
# Node frees by delete what it took by malloc, and frees little at its end: both are its own affair. A
# SIGBUS that nobody handles ends the process as it would a user's.
sanitized() {
  LD_PRELOAD="$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)" \
    CROSSBILL_IO_NATIVE=$root/packages/native/build/sanitized/crossbill-io.node \
    ASAN_OPTIONS="alloc_dealloc_mismatch=0:handle_sigbus=0:detect_leaks=${leaks:-0}:exitcode=${leaks_status:-99}:log_path=$folder/report" \
    UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:log_path=$folder/report" \
    "$@"
}

# What a sanitizer wrote is a failure, whatever became of the process that it was about.
check_reports() {
  if compgen -G "$folder/report*" >/dev/null; then
    cat "$folder"/report*
    return 1
  fi
}

programs=$root/tests/kernel/programs
work() { (cd "$(mktemp -d -p "$folder")" && sanitized node --expose-gc "$@"); }
work "$programs/io-hostile-arguments.js" 1009 "$folder/result"
work "$programs/io-forgotten.js" 11
check_reports

# What the addon itself took (the frame above malloc's) and nobody can reach any more is a leak; what
# Node keeps for a value that is never collected is not.
leaks=1 leaks_status=0 work "$programs/io-many-operations.js" "$rounds"
find "$folder" -name 'report*' -exec cat {} + >"$folder/leaks"
awk '/leak of/ { leak = $0 } /^ *#1 .*(native\/src|crossbill-io)/ { print leak; print; found = 1 } END { exit found }' "$folder/leaks"
rm -f "$folder"/report*

if [ "${1:-}" = --long ]; then
  sanitized npx vitest run --project unit packages/io
  sanitized npx vitest run --project kernel io-file io-channel io-walk
  check_reports
fi
