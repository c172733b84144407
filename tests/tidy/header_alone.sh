#!/usr/bin/env bash
# header_alone.sh HEADER INCLUDE_FOLDER: a header compiles without anything before it.
set -euo pipefail
flags=$(sed -n 's/^CMAKE_CXX_FLAGS:STRING=//p' build/dev/CMakeCache.txt)
# shellcheck disable=SC2086
if ! out=$(echo "#include \"belfry/$1\"" | g++ -std=c++20 $flags -DBELFRY_VERSION='""' -I "$2" -fsyntax-only -x c++ - 2>&1); then
  printf '%s does not stand alone:\n%s\n' "$1" "$out" >&2
  exit 1
fi
