# Shared by tests/run, tests/package and tests/demo. Sourced with the top of the tree as current folder.

say() { printf '\n==> %s\n' "$*"; }

need_root() {
  [ "$(id -u)" -eq 0 ] || { echo "$0 installs packages and boots hosts: run it with sudo" >&2; exit 2; }
}

# The programs of the distribution, whatever the caller's own PATH says first. LANG is what rpmbuild sets it to: ccache
# keeps what was compiled under another apart.
use_system_programs() {
  export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 LANG=C DEBIAN_FRONTEND=noninteractive
  unset PYTHONPATH PYTHONHOME
}

# The names in Build-Depends, without versions and profiles; the two that debhelper provides by their provider's name.
build_dependencies() {
  sed -n '/^Build-Depends:/,/^[^ ]/{s/^Build-Depends://;/^[^ ]/d;p}' debian/control |
    sed 's/([^)]*)//g; s/<[^>]*>//g; s/,//g; s/debhelper-compat/debhelper/; s/dh-sequence-installsysusers/debhelper/'
}

# Installs what is missing of the build dependencies and of the tools of the tests; asks apt nothing where all is there.
install_what_is_missing() {
  local name missing=()
  for name in $(build_dependencies; grep -v '^#' tests/lib/tools.list); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  apt-get update --quiet=2
  apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}" > /dev/null
}

# provide_program PACKAGE PROGRAM: a program out of a package that is not installed with it: that would start a server here.
provide_program() {
  local tools=$PWD/build/tools
  export PATH=$PATH:$tools/usr/bin
  command -v "$2" > /dev/null && return 0
  say "fetching $2"
  mkdir -p "$tools"
  (cd "$tools" && rm -f "$1"_*.deb &&
    { apt-get download --quiet=2 "$1" || { apt-get update --quiet=2 && apt-get download --quiet=2 "$1"; }; } &&
    dpkg-deb --fsys-tarfile "$1"_*.deb | tar --extract "./usr/bin/$2" && rm "$1"_*.deb)
}

# One set of flags for the tests and for the package: what the tests prove is what is shipped, and ccache compiles each
# file once for both. (Both build folders lie one level below their sources; paths are hashed relative to this tree.)
use_package_flags() {
  export DEB_BUILD_MAINT_OPTIONS=hardening=+all DEB_CXXFLAGS_MAINT_APPEND=-g1
  CXXFLAGS="$(dpkg-buildflags --get CXXFLAGS) $(dpkg-buildflags --get CPPFLAGS)"
  LDFLAGS="$(dpkg-buildflags --get LDFLAGS)"
  export CXXFLAGS LDFLAGS
}

use_ccache() {
  command -v ccache > /dev/null || return 0
  export CCACHE_DIR="${CCACHE_DIR:-$PWD/build/ccache}" CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros CMAKE_CXX_COMPILER_LAUNCHER=ccache
}
