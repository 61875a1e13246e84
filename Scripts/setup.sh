# Shared by ./lacuna and ./test: what a machine needs, and how the binary is built.
# Everything is told on standard error, so that results on standard output stay clean.

# Headers and libraries for the build, then the engine with its datasets.
LACUNA_PACKAGES=(
  libsymspg-dev liblapacke-dev libssl-dev libsqlite3-dev pkg-config
  gpaw gpaw-data openmpi-bin libopenblas0-serial
  libkim-api-dev openkim-models
  gnuplot-nox fonts-liberation python3-pip
)
# A browser for the tests of the page.
LACUNA_TEST_PACKAGES=(chromium chromium-driver python3-selenium)

# The three-dimensional view of the page: one file of chemiscope's Python wheel.
LACUNA_VIEWER_VERSION=1.1.0
LACUNA_VIEWER_SHA256=0e0ead7bcdb25bb32424f28f152b81ca98d22deba8f263de83ea1569b3377bc0

lacuna_say() { printf 'lacuna: %s\n' "$*" >&2; }

# Installs what is missing of the packages that a build and a run need, and of those named besides.
lacuna_install_packages() {
  local package missing=() packages=("${LACUNA_PACKAGES[@]}" "$@")
  command -v dpkg-query >/dev/null || {
    lacuna_say "this machine has no dpkg: install ${packages[*]} by hand"
    return 0
  }
  for package in "${packages[@]}"; do
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

# Fetches the viewer once. Without it pages have everything but the atoms in three dimensions, so that a machine with
# no network goes on, and asks again a day later.
lacuna_install_viewer() {
  local folder file failed download
  folder="${XDG_DATA_HOME:-$HOME/.local/share}/lacuna"
  file="$folder/chemiscope-$LACUNA_VIEWER_VERSION.min.js"
  failed="$folder/viewer-not-fetched"
  [ ! -s "$file" ] || return 0
  [ -z "$(find "$failed" -mmin -1440 2>/dev/null)" ] || return 0
  mkdir -p "$folder" || return 0
  download="$(mktemp -d)"
  lacuna_say "fetching the viewer of the page, chemiscope $LACUNA_VIEWER_VERSION"
  if python3 -m pip download --quiet --disable-pip-version-check --no-deps --retries 1 --timeout 15 \
      -d "$download" "chemiscope==$LACUNA_VIEWER_VERSION" >"$download/log" 2>&1 \
    && python3 -m zipfile -e "$download"/chemiscope-*.whl "$download/wheel" \
    && printf '%s  %s\n' "$LACUNA_VIEWER_SHA256" "$download/wheel/chemiscope/sphinx/static/chemiscope.min.js" \
      | sha256sum --check --status; then
    cp "$download"/wheel/chemiscope-*.dist-info/licenses/LICENSE "$folder/chemiscope-LICENSE"
    # Renamed into place: a run beside this one never reads half a file.
    cp "$download/wheel/chemiscope/sphinx/static/chemiscope.min.js" "$file.part.$$"
    mv "$file.part.$$" "$file"
    rm -f "$failed"
  else
    lacuna_say "it could not be fetched: pages will lack the view of the atoms"
    touch "$failed"
  fi
  rm -rf "$download"
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
