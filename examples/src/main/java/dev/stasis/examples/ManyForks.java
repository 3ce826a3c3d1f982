package dev.stasis.examples;

import dev.stasis.Sandbox;
import dev.stasis.Snapshot;
import dev.stasis.Stasis;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/// Prepares a sandbox once and lets several forks of it work at the same time.
public final class ManyForks {
    private static final int WORKERS = 4;

    private ManyForks() {}

    /// Prints what each fork made of the prepared data.
    ///
    /// @param args none
    /// @throws InterruptedException when this thread is interrupted
    /// @throws ExecutionException when a fork failed
    public static void main(String[] args) throws InterruptedException, ExecutionException {
        // @start region="forks"
        try (var stasis = Stasis.open();
                var base = stasis.create(s -> s.memory("256M"));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            base.exec("sh", "-c", "seq 1 1000 > /dev/shm/data").orThrow();
            var prepared = base.snapshot();
            var results =
                    IntStream.rangeClosed(1, WORKERS)
                            .mapToObj(n -> threads.submit(() -> share(prepared, n)))
                            .toList();
            for (var result : results) {
                System.out.println(result.get());
            }
        }
        // @end
    }

    private static String share(Snapshot prepared, int number) {
        String name = "worker-" + number;
        try (Sandbox worker =
                prepared.restoreWith(name, r -> r.env("SHARE", Integer.toString(number)))) {
            var sum =
                    "awk 'NR % 4 == ENVIRON[\"SHARE\"] % 4 { s += $1 } END { print s }' /dev/shm/data";
            var result = worker.exec("sh", "-c", sum).orThrow();
            return name + ": " + result.stdout().strip();
        }
    }
}
