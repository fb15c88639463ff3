# Sourced after common.sh: a folder with another architecture's libraries, for a cross compiler to build against and
# for qemu-user to run in. The packages come from the mirrors this machine uses anyway, through an apt of their own
# (its lists, its cache, an empty status), so that neither this machine's architectures nor its packages change.
# shellcheck shell=bash

# apt_of ARCH FOLDER ARGUMENT...: apt-get for that architecture, with all it keeps in FOLDER.
apt_of() {
    local arch=$1 folder=$2
    shift 2
    apt-get -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User= \
        -o Dir::State="$folder/state" -o Dir::State::status="$folder/status" -o Dir::Cache="$folder/cache" \
        -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=- -o Acquire::Languages=none \
        -o APT::Get::List-Cleanup=0 "$@"
}

# The repositories of Debian that this machine's own apt knows, as lines for another architecture.
debian_sources() {
    local arch=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # shellcheck disable=SC2016  # apt expands these
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v arch="$arch" -v keyring="$keyring" \
            '$1 == "Debian" { print "deb [arch=" arch " signed-by=" keyring "] " $2, $3, $4 }' | sort -u
}

# unpack_packages ARCH APT-FOLDER ROOT PACKAGE...: those and all that they depend on, unpacked into ROOT. Nothing of
# them is run. Done before with the same list, it does nothing.
unpack_packages() {
    local arch=$1 folder=$2 root=$3 deb
    shift 3
    if [ "$(cat "$root.packages" 2>/dev/null)" = "$*" ]; then return; fi
    mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial"
    : >"$folder/status"
    debian_sources "$arch" >"$folder/sources.list"
    if [ ! -s "$folder/sources.list" ]; then
        complain "this machine's apt knows no Debian repository; run apt-get update first"
        return 1
    fi
    say "fetching what $arch needs: $*"
    # A mirror may lack one suite for an architecture; whether that matters, the download tells.
    apt_of "$arch" "$folder" update >"$folder/log" 2>&1 || say "some lists of $arch could not be had, going on"
    rm -f "$folder"/cache/archives/*.deb
    apt_of "$arch" "$folder" --download-only -y --no-install-recommends install "$@" >>"$folder/log" 2>&1 || {
        tail -n 5 "$folder/log" >&2
        complain "apt can't fetch packages for $arch; the whole output is in $folder/log"
        return 1
    }
    rm -rf "$root" "$root.packages"
    mkdir -p "$root"
    # As base-files has it, and as nothing creates it here.
    for deb in bin sbin lib; do
        mkdir -p "$root/usr/$deb"
        ln -s "usr/$deb" "$root/$deb"
    done
    for deb in "$folder"/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner
    done
    relative_links "$root"
    echo "$*" >"$root.packages"
}

# Links to /absolute/places would lead out of the folder.
relative_links() {
    local root=$1 link target
    find "$root" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
        target=$(readlink "$link")
        ln -sfnr "$root$target" "$link"
    done
}
