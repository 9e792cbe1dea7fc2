# For the "build" of every peer, which sources it: the folders, the tools, and the state of what was built.
#   here   the peer's folder     shared   this one     dir   where everything is built, never inside the sources
# shellcheck shell=sh disable=SC2034
here=$(cd "$(dirname "$0")" && pwd)
shared=$(cd "$here/../shared" && pwd)
peer=$(basename "$here")
mkdir -p "${1:?usage: build DIR}"
dir=$(cd "$1" && pwd)

# needs TOOL HINT: ends the build when the tool is not there.
needs() {
  command -v "$1" >/dev/null && return
  echo "$peer: needs $1: $2" >&2
  exit 1
}

# quietly SECONDS COMMAND...: shows what the command says only when it fails.
quietly() {
  limit=$1; shift
  timeout "$limit" "$@" >"$dir/build.log" 2>&1 </dev/null && return
  cat "$dir/build.log" >&2
  echo "$peer: failed or took more than $limit s: $*" >&2
  exit 1
}

# built SOURCE...: ends the build when it was done before with the same sources; done_building remembers them.
built() {
  sources=$(find "$here" "$@" -type f -exec cksum {} + | sort)
  [ ! -f "$dir/built" ] || [ "$(cat "$dir/built")" != "$sources" ] || exit 0
  rm -f "$dir/built"
}
done_building() { printf '%s\n' "$sources" >"$dir/built"; }
