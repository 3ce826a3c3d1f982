# Part of build.sh, which sets: here guest modules network_modules kernel kernel_version kernel_deb busybox_version busybox_deb work made.
PATH=$PATH:/usr/sbin:/sbin

timestamps() { # folder
    find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

compile() { # output sources…
    output=$1
    shift
    # The kernel's headers come from linux-libc-dev, behind musl's own.
    musl-gcc -static -Os -std=gnu17 -Wall -Wextra -Werror -s -ffile-prefix-map="$guest"=. -Wl,--build-id=none \
        -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu -o "$output" "$@"
}

# Needs no library: what it calls is in the program that it is loaded into.
compile_tracker() { # output
    musl-gcc -shared -fPIC -nostdlib -Os -std=gnu17 -Wall -Wextra -Werror -s -ffile-prefix-map="$guest"=. -Wl,--build-id=none \
        -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu -o "$1" "$guest"/tracker/tracker.c
}

number() { # file offset bytes -> unsigned little-endian number
    od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# A bzImage holds the kernel proper, an ELF file that QEMU boots directly (PVH), compressed; the last four bytes are its size.
make_vmlinux() {
    dpkg-deb -x "$kernel_deb" "$work/kernel"
    image=$(echo "$work"/kernel/boot/vmlinuz-*)
    offset=$((($(number "$image" $((0x1f1)) 1) + 1) * 512 + $(number "$image" $((0x248)) 4)))
    length=$(($(number "$image" $((0x24c)) 4) - 4))
    tail -c "+$((offset + 1))" "$image" | head -c "$length" >"$work/vmlinux.packed"
    case $(od -An -v -t x1 -N 4 "$work/vmlinux.packed" | tr -d ' ') in
        02214c18) lz4 -q -d -c "$work/vmlinux.packed" >"$made/vmlinux" ;;
        fd377a58) xz -d -c "$work/vmlinux.packed" >"$made/vmlinux" ;;
        *) fail "$kernel $kernel_version is packed neither with lz4 nor with xz" ;;
    esac
    readelf -n "$made/vmlinux" 2>/dev/null | grep -q Xen || fail "$kernel $kernel_version has no PVH entry"
    rm -rf "$work/vmlinux.packed"
}

make_initrd() {
    mkdir -p "$work/initrd/modules"
    compile "$work/initrd/init" "$guest"/agent/*.c
    for module in $modules $network_modules; do
        list=order
        case " $network_modules " in *" $module "*) list=order.network ;; esac
        found=$(find "$work/kernel" -path "*/$module")
        [ -n "$found" ] || fail "$kernel $kernel_version has no module $module"
        # Without the signature, which costs a tenth of the boot to verify under emulation.
        strip --strip-debug -o "$work/initrd/modules/${module##*/}" "$found"
        basename "$module" >>"$work/initrd/modules/$list"
    done
    timestamps "$work/initrd"
    (cd "$work/initrd" && find . -mindepth 1 | sort | cpio --quiet --reproducible -R 0:0 -o -H newc) >"$made/initrd"
}

make_busybox_root() {
    dpkg-deb -x "$busybox_deb" "$work/busybox"
    root=$work/root
    mkdir -p "$root" && cd "$root"
    mkdir -p bin sbin usr/bin usr/sbin usr/lib usr/share lib dev proc sys run root tmp etc home mnt opt srv var/cache var/lib var/log var/spool var/tmp
    ln -s /run var/run
    chmod 1777 tmp var/tmp
    chmod 700 root
    cp "$work"/busybox/bin/busybox bin/busybox
    bin/busybox --list-full | while read -r applet; do
        mkdir -p "$(dirname "$applet")"
        [ -e "$applet" ] || ln -s /bin/busybox "$applet"
    done
    cat >etc/passwd <<-END
	root:x:0:0:root:/root:/bin/sh
	daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
	nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
	END
    cat >etc/group <<-END
	root:x:0:
	daemon:x:1:
	tty:x:5:
	nogroup:x:65534:
	END
    printf '127.0.0.1 localhost\n::1 localhost\n' >etc/hosts
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' >etc/nsswitch.conf
    printf '/bin/sh\n/bin/ash\n' >etc/shells
    cd "$here"
    timestamps "$root"
    tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -cf - . | tar2sqfs -q -f -c lz4 -X hc -j 1 "$made/busybox.sqfs"
}

# Everything mkfs can do is done here, so that the guest's kernel writes nothing on its own after mounting it. The file system can grow to 1 TiB
# (in blocks of 4 KiB): room for the descriptors of more would have to be touched in one transaction that its small journal can't hold.
make_blank_disk() {
    truncate -s 4G "$work/blank"
    E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mkfs.ext4 -q -F -m 0 -J size=8 -L stasis -U 5ba51500-0000-4000-8000-000000000001 \
        -E "lazy_itable_init=0,lazy_journal_init=0,nodiscard,resize=268435456,hash_seed=5ba51500-0000-4000-8000-000000000002" "$work/blank"
    qemu-img convert -f raw -O qcow2 "$work/blank" "$made/blank.qcow2"
    rm "$work/blank"
}

make_payload() {
    as -o "$work/payload.o" "$guest/payload/payload.S"
    ld -Ttext 0 --oformat binary -e 0 -o "$made/payload.rom" "$work/payload.o"
}

field() { # deb field
    dpkg-deb -f "$1" "$2"
}

source_of() { # deb -> "name version" of the source package
    name=$(field "$1" Source)
    version=$(echo "$name" | sed -n 's/.*(\(.*\)).*/\1/p')
    echo "$(echo "${name:-$(field "$1" Package)}" | cut -d' ' -f1) ${version:-$(field "$1" Version)}"
}

built_from() { # deb -> the other sources that its program was made from, "name version, …"
    { field "$1" Built-Using; field "$1" Static-Built-Using; } | sed 's/ (= \([^)]*\))/ \1/g' | grep -v '^$' | sort -u | paste -s -d, | sed 's/,/, /g'
}

make_licences() {
    mkdir "$made/LICENSES"
    cp /usr/share/common-licenses/GPL-2 "$made/LICENSES/GPL-2"
    cp /usr/share/common-licenses/LGPL-2.1 "$made/LICENSES/LGPL-2.1"
    cp "$work"/kernel/usr/share/doc/linux-image-*/copyright "$made/LICENSES/linux.copyright"
    cp "$work/busybox/usr/share/doc/busybox-static/copyright" "$made/LICENSES/busybox.copyright"
    cp /usr/share/doc/musl-dev/copyright "$made/LICENSES/musl.copyright"
    kernel_source=$(built_from "$kernel_deb")
    busybox_source=$(source_of "$busybox_deb")
    musl_source=$(dpkg-query -W -f '${source:Package} ${source:Version}' musl-dev)
    cat >"$made/SOURCES.md" <<END
# Where the sources are

| file here | Debian package | source packages | licence |
|---|---|---|---|
| vmlinux, the modules in initrd | $kernel $kernel_version | $kernel_source; signatures: $(source_of "$kernel_deb") | GPL-2.0: LICENSES/GPL-2, LICENSES/linux.copyright |
| busybox.sqfs | busybox-static $busybox_version | $busybox_source | GPL-2.0: LICENSES/GPL-2, LICENSES/busybox.copyright |
| (linked into busybox) | | $(built_from "$busybox_deb") | LGPL-2.1: LICENSES/LGPL-2.1 |
| (linked into launcher, and into the agent in initrd) | musl-dev | $musl_source | MIT: LICENSES/musl.copyright |

The agent (/init in initrd), the launcher, tracker.so and payload.rom are part of Stasis itself, under its licence.

Debian publishes the source packages with its distribution (\`apt-get source NAME=VERSION\`) and keeps every version at
https://snapshot.debian.org/package/NAME/VERSION/ . vmlinux is the kernel package's vmlinuz unpacked; its modules are without their
signatures, and busybox is unchanged.
END
}

make_properties() {
    cd "$made"
    {
        for file in vmlinux initrd busybox.sqfs blank.qcow2 launcher tracker.so payload.rom; do
            echo "sha256.$file=$(sha256sum "$file" | cut -d' ' -f1)"
            echo "size.$file=$(stat -c %s "$file")"
        done
        echo "kernel.package=$kernel"
        echo "kernel.version=$kernel_version"
        echo "busybox.version=$busybox_version"
    } >resources.properties
    echo "digest=$(sha256sum resources.properties | cut -d' ' -f1)" >>resources.properties
    cd "$here"
}

make_vmlinux
make_initrd
make_busybox_root
make_blank_disk
compile "$made/launcher" "$guest"/launcher/*.c "$guest"/agent/frames.c
compile_tracker "$made/tracker.so"
make_payload
make_licences
make_properties
