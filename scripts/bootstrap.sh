#!/usr/bin/env bash
# Brings a fresh Debian or Ubuntu to the point where RiskMap can run (or be checked): system packages that are
# missing, a virtual environment from the locked requirements, and the project itself in it. What is there is skipped.
#
# usage: scripts/bootstrap.sh run|dev
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
  echo "bootstrap: $1. To recover: $2" >&2
  exit 1
}

kind=${1:-run}
[[ $kind == run || $kind == dev ]] || die "unknown kind '$kind'" "use run or dev"
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_PROGRESS=1
venv=.venv
lock=requirements/$kind.txt
stamp=$venv/.riskmap-$kind

# --- system packages ------------------------------------------------------------------------------------------------

missing="" # what is about to be installed, for the sentence that is due if it can't be

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    die "$missing is missing, and neither root nor sudo is at hand" "have it installed and run this again"
  fi
}

apt_install() {
  echo "installing system packages: $*"
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -o DPkg::Lock::Timeout=300 -qq \
    install --no-install-recommends -y "$@" > /dev/null ||
    die "apt-get could not install $*" "run 'apt-get install $*', read what it says and run this again"
}

refresh_package_lists() {
  command -v apt-get > /dev/null || die "$missing is missing, and this is no Debian or Ubuntu" "install it and run this again"
  [[ -n ${refreshed:-} ]] || as_root apt-get -o DPkg::Lock::Timeout=300 -qq update ||
    die "apt-get could not update its package lists" "check /etc/apt and the network, then run this again"
  refreshed=yes
}

have_postgis() {
  local version
  for version in /usr/lib/postgresql/*; do
    version=${version##*/}
    [[ $version =~ ^[0-9]+$ ]] && ((version >= 15)) && [[ -x /usr/lib/postgresql/$version/bin/initdb ]] &&
      [[ -e /usr/share/postgresql/$version/extension/postgis.control ]] && return 0
  done
  return 1
}

install_postgis() {
  missing="PostgreSQL 15 or later with PostGIS (packages postgresql-NN, postgresql-NN-postgis-3)"
  refresh_package_lists
  local version switch=/etc/postgresql-common/createcluster.d/riskmap.conf
  version=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | sed -E 's/^postgresql-([0-9]+)-.*/\1/' | sort -n | tail -1)
  ((${version:-0} >= 15)) ||
    die "this system's package lists hold no PostgreSQL 15 or later with PostGIS" "add PostgreSQL's own package source and run this again"
  # RiskMap starts a cluster of its own; the packages need not create and start the machine's.
  as_root mkdir -p "${switch%/*}"
  echo 'create_main_cluster = false' | as_root tee "$switch" > /dev/null
  apt_install "postgresql-$version" "postgresql-$version-postgis-3"
  as_root rm -f "$switch"
}

have_mosquitto() {
  PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v mosquitto > /dev/null
}

install_mosquitto() {
  missing="mosquitto, the MQTT broker of the synthetic sources,"
  refresh_package_lists
  # The simulator starts a broker of its own on loopback: the package is to start none for the machine.
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    apt_install mosquitto
  else
    trap "as_root rm -f $policy" EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
    as_root chmod 755 "$policy"
    apt_install mosquitto
    as_root rm -f "$policy"
    trap - EXIT
  fi
}

have_compose() {
  command -v docker-compose > /dev/null || docker compose version > /dev/null 2>&1
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2> /dev/null; then
      command -v "$candidate"
      return
    fi
  done
  die "no Python 3.11, 3.12 or 3.13 was found" "install one (or name it: PYTHON=/path/to/python3.12) and run this again"
}

have_postgis || install_postgis
have_mosquitto || install_mosquitto
if [[ $kind == dev ]] && ! have_compose; then
  missing="docker-compose, with which the compose file is checked,"
  refresh_package_lists
  apt_install docker-compose
fi

# --- virtual environment --------------------------------------------------------------------------------------------

if [[ ! -x $venv/bin/pip && ! -x $venv/bin/uv ]]; then
  python=$(find_python)
  if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
    missing="Python's venv module (package python3-venv)"
    refresh_package_lists
    apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi

# --- packages -------------------------------------------------------------------------------------------------------

print_key() {
  cat "$lock" requirements/bootstrap.txt pyproject.toml | sha256sum
  pwd # the environment knows where it lies
}

if [[ $(cat "$stamp" 2> /dev/null) != "$(print_key)" ]]; then
  rm -f "$stamp"
  echo "installing Python packages from $lock"
  [[ -x $venv/bin/uv ]] || "$venv/bin/python" -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
  # A mirror that pip was told about holds for uv as well.
  index=${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index-url 2> /dev/null || true)}
  [[ -z $index ]] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
  "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode \
    -r requirements/bootstrap.txt -r "$lock"
  # The project itself: editable, so that the checkout is what runs; built with what the lock holds, without downloads.
  "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --offline --editable .
  print_key > "$stamp"
fi

# Ours too: without it every first process compiles for itself. Unchanged files are skipped.
"$venv/bin/python" -m compileall -q connectors dags expectations feeds riskmap simulator warehouse
