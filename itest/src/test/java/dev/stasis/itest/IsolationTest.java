package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What a source and its forks write stays with each of them.
class IsolationTest {
    private static final String DROP_CACHES = "sync; echo 3 > /proc/sys/vm/drop_caches";

    @RegisterExtension static final Machines MACHINES = new Machines();

    @Test
    void writesToMemoryAndDiskAreNeverSeenByTheOthers() {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            Guest.of(base)
                    .sh(
                            "head -c 8388608 /dev/urandom > /root/big; cp /root/big /dev/shm/big; echo base > /root/who; echo base > /dev/shm/who");
            String digest = Guest.of(base).sh("md5sum < /root/big");
            var snapshot = base.snapshot();
            try (var a = snapshot.restore("a");
                    var b = snapshot.restore("b")) {
                base.resume();
                var all = List.of(base, a, b);
                for (var each : all) {
                    Guest.of(each)
                            .sh(
                                    "echo %s > /root/who; echo %s > /dev/shm/who; echo x > /root/only-%s; dd if=/dev/urandom of=/root/big bs=1M count=2 seek=%d conv=notrunc 2>/dev/null"
                                            .formatted(
                                                    each.name(),
                                                    each.name(),
                                                    each.name(),
                                                    2 * all.indexOf(each)));
                }
                var digests = new ArrayList<String>();
                for (var each : all) {
                    var guest = Guest.of(each);
                    guest.sh(DROP_CACHES);
                    assertThat(guest.sh("cat /root/who /dev/shm/who"))
                            .isEqualTo(each.name() + "\n" + each.name());
                    assertThat(guest.sh("ls /root | grep only-")).isEqualTo("only-" + each.name());
                    assertThat(guest.sh("md5sum < /dev/shm/big")).isEqualTo(digest);
                    digests.add(guest.sh("md5sum < /root/big"));
                }
                assertThat(digests).doesNotHaveDuplicates().doesNotContain(digest);
                try (var late = snapshot.restore("late")) {
                    var guest = Guest.of(late);
                    guest.sh(DROP_CACHES);
                    assertThat(guest.sh("cat /root/who /dev/shm/who")).isEqualTo("base\nbase");
                    assertThat(guest.sh("md5sum < /root/big")).isEqualTo(digest);
                }
            }
        }
    }

    @Test
    void twentyForksRestoredInParallelAreDistinctAndAllRight() throws Exception {
        try (var base = MACHINES.stasis().create("base", _ -> {})) {
            var token = Guest.of(base).startCounting().count().token();
            var snapshot = base.snapshot();
            try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                var restores =
                        IntStream.range(0, 20)
                                .<Callable<Sandbox>>mapToObj(n ->
                                        () ->
                                                snapshot.restoreWith(
                                                        "w" + n, r -> r.env("WORKER", "w" + n)))
                                .toList();
                var forks = new ArrayList<Sandbox>();
                for (var future : executor.invokeAll(restores)) {
                    forks.add(future.get());
                }
                var seeds = new ArrayList<String>();
                for (var fork : forks) {
                    var guest = Guest.of(fork);
                    assertThat(guest.sh("hostname; echo $WORKER"))
                            .isEqualTo(fork.name() + "\n" + fork.name());
                    assertThat(guest.count().token()).isEqualTo(token);
                    seeds.add(guest.sh("head -c 16 /dev/urandom | md5sum"));
                }
                assertThat(seeds).doesNotHaveDuplicates();
                forks.forEach(Sandbox::close);
            }
        }
    }
}
