# For the "build" of every peer, and of our bindings, which source it: the folders, the tools, and the state of what was
# built.
#   here   the driver's folder     shared   this one     root   the tree     dir   where everything is built, never
#   inside the sources
# shellcheck shell=sh disable=SC2034
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
shared=$root/benchmarks/peers/shared
peer=${here#"$root"/}
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

# built_of_bindings FOLDER...: the same for folders of bindings/, which stand on the library that pkg-config finds.
built_of_bindings() {
  pkg-config --exists rediscluster || { echo "$peer: pkg-config does not find the library" >&2; exit 1; }
  headers=$(pkg-config --variable=includedir rediscluster)/rediscluster
  for folder; do
    shift
    set -- "$@" "$root/bindings/$folder"
  done
  built "$shared" "$headers" "$@"
}

# copy_sources FOLDER...: copies folders of the tree into dir/sources, for tools that write beside what they read.
copy_sources() {
  rm -rf "$dir/sources"
  for folder; do
    mkdir -p "$dir/sources/$(dirname "$folder")"
    cp -R "$root/$folder" "$dir/sources/$folder"
  done
}
