// The tracker: loaded into QEMU ahead of its libraries, it opens a userfaultfd and does nothing else. Whoever may trace the process finds
// that descriptor, fetches a copy of it, and has the kernel note which pages of the guest's RAM are written (linux's WriteTracking): only
// the process itself can open it, and a QEMU of a distribution does not.
//
// Where the kernel refuses, captures compare instead. Faults in the kernel are left out, which is what lets every user open it.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

__attribute__((constructor)) static void open_for_others(void) {
    syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
}
