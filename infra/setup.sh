#!/bin/sh
# Makes the environments that the Makefile asks for: `setup.sh venv`, `setup.sh tool NAME`. Quiet on stdout.
set -eu
exec 1>&2
log=.venv/setup.log

fail() {
    echo "setup: $*" >&2
    exit 1
}

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed; found: $(python3 --version 2>/dev/null || echo none)."
}

# uv reads no pip configuration; where only pip knows the package index, hand its address on.
install() {
    .venv/bin/uv pip sync "$@" >"$log" 2>&1 && return
    index=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}
    if [ -z "$index" ] || ! UV_DEFAULT_INDEX=$index .venv/bin/uv pip sync "$@" >>"$log" 2>&1; then
        fail "the packages could not be installed (is there a network? $log says more)."
    fi
}

make_venv() {
    if ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
        python=$(find_python)
        echo "setup: .venv with $("$python" --version)"
        "$python" -m venv .venv >/dev/null 2>&1 ||
            fail "$python has no venv module; on Debian or Ubuntu: apt-get install python3-venv."
    fi
    echo "setup: packages for the commands, the tests and the linters"
    .venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r requirements/uv.txt >"$log" 2>&1 ||
        fail "the installer could not be fetched (is there a network? $log says more)."
    install --python .venv requirements/dev.txt
}

make_tool() {
    echo "setup: .tools/$1"
    .venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python ".tools/$1"
    install --python ".tools/$1" "requirements/$1.txt"
}

case "$1" in
    venv) make_venv ;;
    tool) make_tool "$2" ;;
    *) fail "unknown step $1" ;;
esac
