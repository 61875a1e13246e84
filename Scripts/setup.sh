# Shared by ./lacuna and ./test: what a machine needs, and how the binary is built.
# Everything is told on standard error, so that results on standard output stay clean.

# Headers and libraries for the build, then the engine with its datasets.
LACUNA_PACKAGES=(
  libsymspg-dev liblapacke-dev libssl-dev libsqlite3-dev pkg-config
  gpaw gpaw-data openmpi-bin
  libkim-api-dev openkim-models
)

lacuna_say() { printf 'lacuna: %s\n' "$*" >&2; }

lacuna_install_packages() {
  command -v dpkg-query >/dev/null || {
    lacuna_say "this machine has no dpkg: install ${LACUNA_PACKAGES[*]} by hand"
    return 0
  }
  local package missing=()
  for package in "${LACUNA_PACKAGES[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] \
      || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  lacuna_say "installing ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      lacuna_say "not root and no sudo; ask for: apt-get install ${missing[*]}"
      exit 69
    }
    as_root=(sudo)
  fi
  local log
  log="$(mktemp)"
  if ! { "${as_root[@]}" apt-get update \
      && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    lacuna_say "the installation failed; its last lines:"
    tail -n 15 "$log" >&2
    rm -f "$log"
    exit 69
  fi
  rm -f "$log"
}

lacuna_need_swift() {
  command -v swift >/dev/null || {
    lacuna_say "Swift is not installed: get 6.2 or newer from https://www.swift.org/install"
    exit 69
  }
}

lacuna_build_release() {
  lacuna_need_swift
  local folder="$root/.build"
  LACUNA_BINARY="$folder/release/lacuna"
  # A source that is newer than the binary, or a source that went, asks for a build.
  local list stamp="$folder/lacuna-sources"
  list="$(cd "$root" && find Package.swift Sources -type f | LC_ALL=C sort)"
  if [ -x "$LACUNA_BINARY" ] && [ "$list" = "$(cat "$stamp" 2>/dev/null)" ] \
    && [ -z "$(cd "$root" && find Package.swift Sources -type f -newer "$LACUNA_BINARY" -print -quit)" ]
  then
    return 0
  fi
  lacuna_say "building (some minutes the first time)"
  local log
  log="$(mktemp)"
  if ! swift build -c release --package-path "$root" --product lacuna >"$log" 2>&1; then
    lacuna_say "the build failed:"
    grep -E 'error:' "$log" >&2 || tail -n 20 "$log" >&2
    rm -f "$log"
    exit 70
  fi
  rm -f "$log"
  # SwiftPM leaves a binary alone that needs no change; the stamp is what counts then.
  touch "$LACUNA_BINARY"
  printf '%s\n' "$list" >"$stamp"
}
