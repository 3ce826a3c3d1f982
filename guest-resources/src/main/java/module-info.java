/// What a guest boots from: kernel, initramfs, root file system, blank disk; and the launcher and
/// the KVM payload. Only resources, in a module of their own because Linux and BusyBox are under
/// the GPL: see `LICENSES` and `SOURCES.md` among them.
module dev.stasis.guest.resources {
    opens dev.stasis.guest.resources;
}
