package dev.stasis.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Sandbox;

/// What the tests ask of a guest, in shell.
final class Guest {
    private final Sandbox sandbox;

    private Guest(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    static Guest of(Sandbox sandbox) {
        return new Guest(sandbox);
    }

    /// What a script writes, without the newline at its end; it must succeed.
    String sh(String script) {
        return sandbox.exec("sh", "-c", script).orThrow().stdout().stripTrailing();
    }

    long number(String script) {
        return Long.parseLong(sh(script).strip());
    }

    /// Waits until no process of that name and these arguments, a pattern, is left: a signal that
    /// was sent has its effect soon, and not at once.
    void awaitNone(String processes) {
        assertThat(
                        sh(
                                """
                                n=0
                                while ps -o args | grep -v grep | grep -q '%1$s' && [ $n -lt 600 ]; do
                                  n=$((n+1))
                                  usleep 100000
                                done
                                ps -o args | grep -v grep | grep '%1$s' || true
                                """
                                        .formatted(processes)))
                .isEmpty();
    }

    /// Starts a process that counts in memory, and writes the count and a token that only its
    /// memory holds to a file in /dev/shm.
    Guest startCounting() {
        sh(
                """
                cat > /tmp/counter <<'END'
                token=$(head -c 8 /dev/urandom | md5sum | head -c 16)
                exec 3>/root/open-file
                n=0
                while :; do
                  n=$((n+1))
                  echo "$n" >&3
                  echo "$n $token" > /dev/shm/.count && mv /dev/shm/.count /dev/shm/count
                  usleep 30000
                done
                END
                setsid sh /tmp/counter < /dev/null > /dev/null 2>&1 &
                until [ -s /dev/shm/count ]; do usleep 1000; done
                """);
        return this;
    }

    Count count() {
        var parts = sh("cat /dev/shm/count").split(" ", -1);
        return new Count(Long.parseLong(parts[0]), parts[1]);
    }

    /// Waits until the process has counted on.
    Count countOn() {
        sh(
                "n=$(cut -d' ' -f1 /dev/shm/count); until [ $(cut -d' ' -f1 /dev/shm/count) -gt $n ]; do usleep 10000; done");
        return count();
    }

    record Count(long value, String token) {}
}
