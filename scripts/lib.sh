# shellcheck shell=bash disable=SC2034
# Sourced by the scripts beside it: where things are, and the environment they run in.
# Sourcing it writes nothing.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
self=$(basename -- "$0")

# The chapter's notebooks, and those of later chapters.
shopt -s nullglob
all_notebooks=("$root"/notebooks/{,later/}*.ipynb)
shopt -u nullglob

# Go code is compiled as the kernel compiles that of cells (kernel/register.py), so that each package is compiled once.
build_flags=(-buildvcs=false -gcflags=all=-dwarf=false)

# With standard input closed, the next pipe takes its place, and a program that reads it waits for itself.
[ -e /dev/fd/0 ] || exec </dev/null

say() { printf '%s: %s\n' "$self" "$*"; }
die() { printf '%s: %s\n' "$self" "$*" >&2; exit 1; }

# Go, pip and Jupyter all need a home folder.
if [ -z "${HOME:-}" ]; then
	HOME=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6) || true
	[ -n "$HOME" ] || die "HOME is not set; set it to a folder that you may write to"
	export HOME
fi

# The user's cache, found as Go's os.UserCacheDir finds it. Go refuses a relative one.
case ${XDG_CACHE_HOME:-} in
/*) ;;
*) unset XDG_CACHE_HOME ;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/d2l-go
case $OSTYPE in darwin*) cache=$HOME/Library/Caches/d2l-go ;; esac

# Jupyter keeps everything inside the environment: its data (the kernels, the extensions, the
# signatures of trusted notebooks), its settings, and its run-time files. The user's own
# Jupyter is neither read nor written, but for the kernel that scripts/setup --user-kernel puts there.
case ${JUPYTER_DATA_DIR:-} in
"$venv/share/jupyter") ;; # from a script that calls this one
*) export D2L_USER_JUPYTER=${JUPYTER_DATA_DIR:-} ;;
esac
export JUPYTER_DATA_DIR=$venv/share/jupyter
export JUPYTER_CONFIG_DIR=$venv/etc/jupyter-user
export JUPYTER_RUNTIME_DIR=$venv/share/jupyter/runtime
export IPYTHONDIR=$venv/etc/ipython
unset JUPYTER_PATH JUPYTER_CONFIG_PATH JUPYTERLAB_DIR

# Only the environment's own Python packages, for the Python that is on PATH.
python=$(command -v python3) || true
export PYTHONNOUSERSITE=1 UV_PYTHON_DOWNLOADS=never
# Images for containers often set this. Jupyter would then be compiled anew at each start, for two seconds. With PYTHON,
# of bench and pytorch, an environment is used that is not ours.
[ -n "${PYTHON:-}" ] || unset PYTHONDONTWRITEBYTECODE

# uv trusts what lies unpacked in its cache: no environment shares a file with it. Certificates are the system's, as for
# Go and pip; uv's own do not hold behind a company's proxy.
export UV_CACHE_DIR=${UV_CACHE_DIR:-$cache/uv-cache} UV_LINK_MODE=${UV_LINK_MODE:-copy}
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
unset PYTHONHOME PYTHONPATH UV_NO_VERIFY_HASHES UV_SYSTEM_PYTHON UV_TARGET UV_PREFIX

# scripts/setup installs the plugins; go-xla must not try to download others.
export GOMLX_NO_AUTO_INSTALL=1

# A workspace in a folder above has no part in this one. (The kernel makes one of its own.)
export GOWORK=off

# What takes long to make is made once: a stamp, written last of all, holds what it was made from.
# stamped FILE VALUE...: whether FILE holds VALUE. stamp FILE VALUE...: writes it, last of all.
stamped() { [ -f "$1" ] && [ "$(<"$1")" = "${*:2}" ]; }
stamp() { printf '%s\n' "${*:2}" >"$1.$$" && mv -f "$1.$$" "$1"; }
hash_of() { cat -- "$@" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-64; }

# lock FD FOLDER: one set-up at a time. The lock is the kernel's: it ends with the processes that hold it.
lock() {
	eval "exec $1<\"\$2\""
	flocked -n "$1" && return
	say "another set-up is at work in $2; waiting for it"
	flocked "$1"
}
# macOS has no flock: Python locks the open file that it inherits, which stays locked when it ends.
flocked() {
	if command -v flock >/dev/null; then
		flock "$@"
	else
		"$python" -c 'import fcntl, sys
fcntl.flock(int(sys.argv[-1]), fcntl.LOCK_EX | ("-n" in sys.argv and fcntl.LOCK_NB))' "$@" 2>/dev/null
	fi
}

# Python packages come by uv, which setup puts into the cache: pinned wheels alone, by their hashes.
again="then run scripts/${D2L_COMMAND:-$self} again: it goes on where it stopped" # Or what has called setup.
uv_home=$cache/uv/$(hash_of "$root/scripts/requirements-uv.txt")
exact=(--require-hashes --only-binary :all:)
uv() (
	{ mkdir -p "$UV_CACHE_DIR" && [ -w "$UV_CACHE_DIR" ]; } 2>/dev/null || export UV_NO_CACHE=1
	exec "$uv_home/bin/uv" --quiet "$@"
)
# From uv's cache alone, if that has everything; else with the network.
uv_pip() (
	pip_settings
	uv pip "$1" --offline "${exact[@]}" ${options[@]+"${options[@]}"} "${@:2}" 2>/dev/null ||
		uv pip "$1" "${exact[@]}" ${options[@]+"${options[@]}"} "${@:2}"
)
# What the user has set for pip holds for uv too: variables, and $options.
pip_settings() {
	local settings setting
	options=()
	settings=$("$python" "$root/scripts/pip_settings.py") || exit
	while read -r setting; do
		case $setting in
		-*) options+=("$setting") ;;
		?*) export "${setting?}" ;;
		esac
	done <<<"$settings"
}

# environment FOLDER REQUIREMENTS WHAT: a Python environment with exactly those packages. Another one that is there, or
# one cut short, is made again, which takes seconds with uv's cache. Python compiles of it what is used, when it is.
environment() {
	local want
	want="$(hash_of "$2") $("$python" -c 'import sys; print(sys.version_info[:2])')"
	stamped "$1/.packages" "$want" && [ -x "$1/bin/python" ] && return
	say "$3 into $1"
	rm -rf "$1"
	uv venv --python "$python" "$1" && uv_pip sync --python "$1/bin/python" "$2" ||
		die "$1 could not be made (above): see to the network, the disk and its permissions, $again." \
			"If a hash does not match although $2 is unchanged, the package index sends something else," \
			"which must not be used"
	stamp "$1/.packages" "$want"
}

# The environment with PyTorch and JAX; its Python in $bench_python.
pytorch_environment() {
	if [ -n "${PYTHON:-}" ]; then
		bench_python=$(command -v "$PYTHON") && "$bench_python" -c 'import torch, jax, safetensors, scipy, psutil' ||
			die "PYTHON=$PYTHON has no PyTorch, JAX, safetensors, SciPy and psutil; unset it, and they are installed"
		say "PYTHON is set: PyTorch and JAX are taken from $bench_python"
		return
	fi
	bench_python=$root/.venv-bench/bin/python
	lock 9 "$root"
	UV_COMPILE_BYTECODE=1 environment .venv-bench scripts/requirements-bench.txt \
		"PyTorch, JAX and NVIDIA's libraries, which come under NVIDIA's own licences (about 3 GB to download),"
	exec 9<&- # the lock: others need not wait for the measurements
}
