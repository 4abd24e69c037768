#!/bin/sh
# Installs what cost-ops needs, and only what is missing: Debian packages, and DuckDB's library and
# header into .cache/duckdb. A second run finds everything and ends at once.
#
# usage: scripts/bootstrap.sh [--dev]      --dev adds what tests, benchmarks and linters need
set -eu
cd "$(dirname "$0")/.."

product="cmake ninja-build g++ ca-certificates tzdata zlib1g-dev libzstd-dev libdeflate-dev
libsimdjson-dev nlohmann-json3-dev libtomlplusplus-dev libcli11-dev libfmt-dev libspdlog-dev
libexpected-dev libhowardhinnant-date-dev libre2-dev libxxhash-dev
libkainjow-mustache-dev libbrotli-dev libcurl4-openssl-dev
libssl-dev libsqlite3-dev libxlsxwriter-dev libcairo2-dev libpango1.0-dev fonts-dejavu-core"
developer="libgtest-dev libgmock-dev libbenchmark-dev python3
python3-jsonschema curl jq poppler-utils ccache git brotli zstd doxygen python3-openpyxl
clang-14 libclang-rt-14-dev clang-tidy-14 clang-format-14
clickhouse-server libzookeeper-java default-jre-headless"
# Of this one only the program is wanted: tests start servers of their own.
service=clickhouse-server

# DuckDB has no Debian package. Its makers publish the library with their Node.js bindings, and the
# C header with the sources in the older package; both are pinned by version and SHA-256. The C API
# is stable: a program compiled with an older header runs with a newer library.
duckdb_library="@duckdb/node-bindings-linux-x64@1.5.6-r.1"
duckdb_library_sha256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
duckdb_header="duckdb@1.4.4"
duckdb_header_sha256=5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed
# Arrow's reader of Parquet, a second one besides DuckDB, for the tests of exports. Debian has none.
pyarrow_pin="pyarrow==26.0.1"
pyarrow_sha256=39cb0f2418282c24bea6ceda77b03e5a8f0a5766b63a8bf194d4e2a2c423548c

duckdb_pin="library $duckdb_library, header $duckdb_header"

log=.cache/bootstrap.log

say() { echo "bootstrap: $*" >&2; }

stop() {
  say "$*"
  exit 1
}

missing_packages() { # PACKAGE... -> those that are not installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p') || true
  for package; do
    printf '%s\n' "$installed" | grep -qxF "$package" || printf '%s ' "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# A policy that was there stays; ours is for the time of the installation.
policy=/usr/sbin/policy-rc.d

has_service() { # PACKAGE...
  case " $* " in *" $service "*) return 0 ;; esac
  return 1
}

refuse_service() { # PACKAGE...
  has_service "$@" || return 0
  [ ! -e "$policy" ] || return 0
  trap allow_services EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' >.cache/policy-rc.d
  as_root install -m 755 .cache/policy-rc.d "$policy"
}

allow_services() {
  [ -e .cache/policy-rc.d ] || return 0
  as_root rm -f "$policy"
  rm -f .cache/policy-rc.d
  trap - EXIT INT TERM
}

disable_service() { # PACKAGE... -> not started with the machine, either
  [ -d /run/systemd/system ] && has_service "$@" || return 0
  as_root systemctl disable --quiet "$service" || say "could not disable $service"
}

install_packages() { # PACKAGE...
  command -v apt-get >/dev/null 2>&1 || stop "this script installs with apt-get (Debian 12)." \
    "On another system, install the equivalents of: $*"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
    stop "some packages are missing and neither root nor sudo is at hand. As root, run:" \
      "apt-get update && apt-get install --no-install-recommends $*"
  say "installing $*"
  refuse_service "$@"
  {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  } >"$log" 2>&1 </dev/null || {
    tail -n 15 "$log" >&2
    stop "apt-get failed; the whole log is in $log"
  }
  allow_services
  disable_service "$@"
}

need_packages() { # PACKAGE...
  if ! command -v dpkg-query >/dev/null 2>&1; then
    say "no dpkg here: taking for granted that these are installed: $*"
    return
  fi
  missing=$(missing_packages "$@")
  # shellcheck disable=SC2086  # a list of words
  [ -z "$missing" ] || install_packages $missing
}

system_has_duckdb() {
  for prefix in /usr/local /usr; do
    [ -e "$prefix/include/duckdb.h" ] || continue
    for library in "$prefix"/lib/libduckdb.so "$prefix"/lib/*/libduckdb.so; do
      [ -e "$library" ] && return 0
    done
  done
  return 1
}

duckdb_is_here() {
  [ -e .cache/duckdb/libduckdb.so ] && [ -e .cache/duckdb/duckdb.h ] || return 1
  [ ! -e .cache/duckdb/VERSION ] || [ "$(cat .cache/duckdb/VERSION)" = "$duckdb_pin" ]
}

fetch() { # PACKAGE SHA256 FOLDER -> FOLDER/package.tgz, verified
  mkdir -p "$3"
  tarball=$(npm pack --silent --ignore-scripts --pack-destination "$3" "$1" 2>>"$log" </dev/null) ||
    stop "could not fetch $1 from the npm registry; see $log." \
      "Without network, put libduckdb.so and duckdb.h (1.4 or newer) into .cache/duckdb yourself."
  mv "$3/$tarball" "$3/package.tgz"
  found=$(sha256sum "$3/package.tgz" | cut -d ' ' -f 1)
  [ "$found" = "$2" ] || stop "$1 has SHA-256 $found, expected $2; nothing was unpacked"
}

need_duckdb() {
  if duckdb_is_here || system_has_duckdb; then return; fi
  [ "$(uname -sm)" = "Linux x86_64" ] || stop "no pinned DuckDB for $(uname -sm)." \
    "Put libduckdb.so and duckdb.h (1.4 or newer) into .cache/duckdb, or DuckDB into the system."
  command -v npm >/dev/null 2>&1 || need_packages npm
  say "fetching DuckDB (35 MB)"
  work=$(mktemp -d .cache/fetch.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  export npm_config_cache="$PWD/$work/npm" npm_config_update_notifier=false
  fetch "$duckdb_library" "$duckdb_library_sha256" "$work/library"
  fetch "$duckdb_header" "$duckdb_header_sha256" "$work/header"
  mkdir "$work/duckdb"
  tar -xzf "$work/library/package.tgz" -C "$work/duckdb" --strip-components=1 \
    package/libduckdb.so package/LICENSE
  tar -xzf "$work/header/package.tgz" -C "$work/duckdb" --strip-components=5 \
    package/src/duckdb/src/include/duckdb.h
  echo "$duckdb_pin" >"$work/duckdb/VERSION"
  rm -rf .cache/duckdb
  mv "$work/duckdb" .cache/duckdb
}

need_pyarrow() {
  [ "$(cat .cache/pyarrow/PIN 2>/dev/null)" != "$pyarrow_pin" ] || return 0
  # The pinned file is for Debian 12's Python, 3.11; the test looks for that one.
  python=/usr/bin/python3
  "$python" -m pip --version >/dev/null 2>&1 || need_packages python3-pip
  say "fetching $pyarrow_pin (50 MB)"
  rm -rf .cache/pyarrow
  echo "$pyarrow_pin --hash=sha256:$pyarrow_sha256" >.cache/pyarrow.txt
  "$python" -m pip install --quiet --no-deps --require-hashes --target .cache/pyarrow \
    -r .cache/pyarrow.txt >>"$log" 2>&1 </dev/null || {
    say "could not fetch $pyarrow_pin, see $log; the tests that read Parquet with it will skip that"
    return 0
  }
  echo "$pyarrow_pin" >.cache/pyarrow/PIN
}

case "${1:-}" in
  "") packages="$product" ;;
  --dev) packages="$product $developer" ;;
  *) echo "usage: scripts/bootstrap.sh [--dev]" >&2; exit 2 ;;
esac
mkdir -p .cache
# shellcheck disable=SC2086  # a list of words
need_packages $packages
need_duckdb
[ "${1:-}" != --dev ] || need_pyarrow
