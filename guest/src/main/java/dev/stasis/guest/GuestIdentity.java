package dev.stasis.guest;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What makes a guest another one than the machine it was forked from. What is absent stays as it
/// is.
///
/// @param hostname the guest's host name, 1 to 64 bytes
/// @param wallClock the time it is now
/// @param entropy 32 to 512 random bytes for the kernel's generator, which is reseeded
/// @param env variables of the sandbox's environment
/// @param replaceEnv whether `env` is all of the environment, or comes over what is there
/// @param generation an id of this machine, for programs that want to know whether they were
///   forked; the guest's fork file is written anew with it
@SuppressWarnings("ArrayRecordComponent") // copied in and out; identities are not compared
public record GuestIdentity(
        @Nullable String hostname,
        @Nullable Instant wallClock,
        byte @Nullable [] entropy,
        Map<String, String> env,
        boolean replaceEnv,
        @Nullable String generation) {
    private static final int MIN_ENTROPY_BYTES = 32;
    private static final int MAX_ENTROPY_BYTES = 512;

    /// Checks and copies.
    public GuestIdentity {
        env = Collections.unmodifiableMap(new LinkedHashMap<>(env));
        GuestStrings.checkEnvironment(env);
        if (hostname != null) {
            GuestStrings.check("host name", hostname);
        }
        if (generation != null) {
            GuestStrings.check("generation", generation);
        }
        if (entropy != null) {
            if (entropy.length < MIN_ENTROPY_BYTES || entropy.length > MAX_ENTROPY_BYTES) {
                throw new StasisException(
                        ErrorCode.INVALID_ARGUMENT,
                        entropy.length + " bytes of entropy: give 32 to 512");
            }
            entropy = entropy.clone();
        }
    }

    @Override
    public byte @Nullable [] entropy() {
        return entropy == null ? null : entropy.clone();
    }

    /// A builder of an identity that changes nothing yet.
    public static Builder builder() {
        return new Builder();
    }

    /// Gathers an identity. Not thread-safe.
    public static final class Builder {
        private @Nullable String hostname;
        private @Nullable Instant wallClock;
        private byte @Nullable [] entropy;
        private final Map<String, String> env = new LinkedHashMap<>();
        private boolean replaceEnv;
        private @Nullable String generation;

        private Builder() {}

        /// Sets the host name.
        public Builder hostname(String hostname) {
            this.hostname = hostname;
            return this;
        }

        /// Sets the guest's clock to this time.
        public Builder wallClock(Instant wallClock) {
            this.wallClock = wallClock;
            return this;
        }

        /// Adds entropy and reseeds the kernel's generator.
        public Builder entropy(byte[] entropy) {
            this.entropy = entropy.clone();
            return this;
        }

        /// Sets one variable and leaves the others as they are.
        public Builder env(String name, String value) {
            env.put(name, value);
            return this;
        }

        /// Makes these variables all of the environment.
        public Builder replaceEnv(Map<String, String> variables) {
            env.clear();
            env.putAll(variables);
            replaceEnv = true;
            return this;
        }

        /// Sets the id of this machine.
        public Builder generation(String generation) {
            this.generation = generation;
            return this;
        }

        /// The identity.
        public GuestIdentity build() {
            return new GuestIdentity(hostname, wallClock, entropy, env, replaceEnv, generation);
        }
    }
}
