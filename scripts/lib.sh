# Sourced by the scripts beside it: where things are, and the environment they run in.
# Sourcing it writes nothing.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
self=$(basename -- "$0")

# With standard input closed, the next pipe takes its place, and a program that reads it waits for itself.
[ -e /dev/fd/0 ] || exec </dev/null

say() { printf '%s: %s\n' "$self" "$*"; }
die() { printf '%s: %s\n' "$self" "$*" >&2; exit 1; }

# Go, pip and Jupyter all need a home folder.
if [ -z "${HOME:-}" ]; then
	HOME=$(getent passwd "$(id -u)" | cut -d: -f6) || true
	[ -n "$HOME" ] || die "HOME is not set; set it to a folder that you may write to"
	export HOME
fi

# The user's cache, found as Go's os.UserCacheDir finds it. Go refuses a relative one.
case ${XDG_CACHE_HOME:-} in
/*) ;;
*) unset XDG_CACHE_HOME ;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/d2l-go

# Jupyter keeps everything inside the environment: its data (the kernels, the extensions, the
# signatures of trusted notebooks), its settings, and its run-time files. The user's own
# Jupyter is neither read nor written.
export JUPYTER_DATA_DIR=$venv/share/jupyter
export JUPYTER_CONFIG_DIR=$venv/etc/jupyter-user
export JUPYTER_RUNTIME_DIR=$venv/share/jupyter/runtime
export IPYTHONDIR=$venv/etc/ipython
unset JUPYTER_PATH JUPYTER_CONFIG_PATH JUPYTERLAB_DIR

# Only the environment's own Python packages.
export PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1 PIP_USER=no PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
unset PYTHONHOME PYTHONPATH

# scripts/setup installs the plugins; go-xla must not try to fetch others by itself.
export GOMLX_NO_AUTO_INSTALL=1

# A workspace in a folder above has no part in this one. (The kernel makes one of its own.)
export GOWORK=off

# What takes long to make is made once: a stamp, written last of all, holds what it was made from.
# stamped FILE VALUE...: whether FILE holds VALUE. stamp FILE VALUE...: writes it, last of all.
stamped() { [ -f "$1" ] && [ "$(<"$1")" = "${*:2}" ]; }
stamp() { printf '%s\n' "${*:2}" >"$1.$BASHPID" && mv -f "$1.$BASHPID" "$1"; }
hash_of() { cat -- "$@" | sha256sum | cut -c1-64; }

# lock FD FOLDER: one set-up at a time. The lock is the kernel's: it ends with the processes that hold it.
lock() {
	command -v flock >/dev/null || return 0
	eval "exec $1<\"\$2\""
	flock -n "$1" && return
	say "another set-up is at work in $2; waiting for it"
	flock "$1"
}

# The environment with PyTorch and JAX, in $bench_python.
pytorch_environment() {
	local want to=.venv-bench
	if [ -n "${PYTHON:-}" ]; then
		bench_python=$(command -v "$PYTHON") && "$bench_python" -c 'import torch, jax, safetensors, scipy' ||
			die "PYTHON=$PYTHON has no PyTorch, JAX, safetensors and SciPy; unset it, and they are installed"
		say "PYTHON is set: PyTorch and JAX are taken from $bench_python"
		return
	fi
	bench_python=$root/$to/bin/python
	want="$(hash_of scripts/requirements-bench.txt) $("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
	stamped $to/.stamp "$want" && "$bench_python" -c '' 2>/dev/null && return
	lock 9 "$root"
	if stamped $to/.stamp "$want" && "$bench_python" -c '' 2>/dev/null; then
		exec 9<&-
		return
	fi
	say "PyTorch and JAX into .venv-bench (about 3 GB to download, with NVIDIA's libraries, which come under NVIDIA's own licences)"
	rm -rf $to # one that was cut short, or is for other versions
	python3 -m venv $to
	"$bench_python" -m pip --quiet install --no-deps --require-hashes --only-binary :all: -r scripts/requirements-bench.txt ||
		die "PyTorch and JAX could not be installed (above)"
	stamp $to/.stamp "$want"
	exec 9<&- # the lock: others need not wait for the measurements
	say "PyTorch and JAX are in place"
}
