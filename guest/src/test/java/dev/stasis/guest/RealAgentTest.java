package dev.stasis.guest;

import static dev.stasis.guest.AgentConnectionTest.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.stasis.ByteSize;
import dev.stasis.Environment;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.guest.CommandEnd.Exited;
import dev.stasis.guest.CommandEnd.Signaled;
import dev.stasis.guest.CommandEnd.StillRunning;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The agent itself, in one guest for all tests.
@Timeout(300)
class RealAgentTest {
    private static final Duration LONG = RealGuest.LONG;
    private static final ByteSize LIMIT = ByteSize.ofMebibytes(16);

    /// How much of a frame of 16412 bytes is sent.
    private static final int[] CUTS = {1, 4, 23, 24, 30, 9000, 16_411};

    private static final Random EPOCHS = new Random(5);

    private static RealGuest guest;
    private static SharedLane lane;

    @BeforeAll
    static void boot() throws Exception {
        guest = new RealGuest();
        lane = new SharedLane(guest.lanes());
        try (AgentConnection control = guest.lanes().control(LONG)) {
            control.ping(new byte[1]);
        }
    }

    @AfterAll
    static void shutDown() throws Exception {
        lane.close();
        try (AgentConnection control = guest.lanes().control(LONG)) {
            control.shutdown(Duration.ofMillis(500));
        }
        assertThat(guest.awaitEnd(LONG)).isTrue();
        assertThat(guest.end()).startsWith("exited 0");
        guest.close();
    }

    private record Result(CommandEnd end, String stdout, String stderr) {}

    private static Result run(Command command) {
        try (SharedLane.Use use = lane.use(LONG)) {
            return run(use.connection(), command);
        }
    }

    private static Result run(AgentConnection connection, Command command) {
        var stdout = new OutputBuffer("stdout", LIMIT);
        var stderr = new OutputBuffer("stderr", LIMIT);
        CommandEnd end =
                start(connection, command, new OutputSinks(stdout, stderr)).awaitExit(LONG);
        return new Result(end, text(stdout), text(stderr));
    }

    private static RunningCommand start(
            AgentConnection connection, Command command, OutputSinks sinks) {
        return switch (connection.start(command, sinks)) {
            case RunningCommand running -> running;
            case CommandNotStarted not -> throw new AssertionError(not);
        };
    }

    private static Command shell(String script) {
        return Command.of("sh", "-c", script);
    }

    private static String text(OutputBuffer buffer) {
        return new String(buffer.bytes(), StandardCharsets.UTF_8);
    }

    private static OutputSinks discard() {
        return OutputSinks.discard();
    }

    @Test
    void cpusAndMemoryAreTakenIntoUseAndOutOfIt() {
        try (AgentConnection control = guest.lanes().control(LONG)) {
            var sizing = new GuestSizing(control);
            assertThat(sizing.size().possibleCpus()).isEqualTo(2);
            for (int cpus : new int[] {1, 2, 1, 200, 2}) {
                sizing.useCpus(cpus);
                assertThat(sizing.size().cpus()).isEqualTo(Math.min(2, cpus));
                assertThat(run(shell("nproc")).stdout()).isEqualTo(Math.min(2, cpus) + "\n");
            }
            for (int mebibytes : new int[] {256, 512, 300, 512}) {
                sizing.useMemory(ByteSize.ofMebibytes(mebibytes), LONG);
                var size = sizing.size(0, ByteSize.ofMebibytes(128));
                assertThat(size.memory().mebibytes()).isBetween(mebibytes + 0L, mebibytes + 127L);
                assertThat(size.inRange()).isEqualTo(size.block());
                assertThat(size.available()).isLessThan(size.memory());
            }
        }
    }

    @Test
    void malformedSizesAreRefused() {
        try (AgentConnection control = guest.lanes().control(LONG)) {
            for (var wrong :
                    List.of(
                            Map.entry(FrameType.CPUS, new byte[4]),
                            Map.entry(FrameType.CPUS, new byte[] {1, 0, 0}),
                            Map.entry(FrameType.CPUS, new byte[] {0, 1, 0, 0}),
                            Map.entry(FrameType.MEMORY, new byte[11]),
                            Map.entry(FrameType.RESOURCES, new byte[15]))) {
                assertThatExceptionOfType(StasisException.class)
                        .isThrownBy(() ->
                                control.call("A test", wrong.getKey(), wrong.getValue(), LONG))
                        .withMessageContaining("malformed size");
            }
        }
    }

    @Test
    void commandsWriteApartAndEndWithTheirCode() {
        assertThat(run(shell("echo out; echo err >&2; exit 7")))
                .isEqualTo(new Result(new Exited(7), "out\n", "err\n"));
        assertThat(run(shell("kill -SEGV $$")).end()).isEqualTo(new Signaled(11));
        assertThat(run(Command.of("true"))).isEqualTo(new Result(new Exited(0), "", ""));
    }

    @Test
    void environmentAndFolderAreThoseAskedFor() {
        Command command = shell("echo $A-$HOME; pwd; cat").withFolder("/usr/bin");
        assertThat(run(command.withEnv(Map.of("A", "a b"))).stdout())
                .isEqualTo("a b-/root\n/usr/bin\n");
    }

    @Test
    void whatCannotBeStartedSaysWhy() {
        try (SharedLane.Use use = lane.use(LONG)) {
            var missing =
                    (CommandNotStarted) use.connection().start(Command.of("nothing"), discard());
            assertThat(missing.step()).isEqualTo(CommandNotStarted.Step.EXECUTE);
            assertThat(missing.exitCode()).isEqualTo(127);
            var folder = Command.of("true").withFolder("/nowhere");
            var nowhere = (CommandNotStarted) use.connection().start(folder, discard());
            assertThat(nowhere.step()).isEqualTo(CommandNotStarted.Step.FOLDER);
            assertThat(nowhere.errno()).isEqualTo(2);
            var file =
                    (CommandNotStarted)
                            use.connection().start(Command.of("/etc/passwd"), discard());
            assertThat(file.exitCode()).isEqualTo(126);
        }
    }

    @Test
    void commandsRunAsTheUserThatTheGuestKnows() {
        run(
                shell(
                        "head -c 100000 /dev/urandom | tr '\\n' x >> /etc/passwd; echo >> /etc/passwd;"
                                + " printf ':::\\nshort\\n\\nalice:x:1000:1001::/home/alice:\\n"
                                + "huge:x:99999999999:5::/:\\nhomeless:x:1002:1002\\n' >> /etc/passwd;"
                                + " printf 'audio:x:29:bob,alice,\\nstaff:x:50:alice\\ntrap:x:0x1:alice\\n"
                                + "alices:x:1001:\\n' >> /etc/group"));
        var who = shell("id -u; id -g; id -G; echo $HOME; echo again > /dev/stdout");
        assertThat(run(who.withUser("alice")).stdout())
                .isEqualTo("1000\n1001\n1001 29 50\n/home/alice\nagain\n");
        assertThat(run(who.withUser("1000")).stdout())
                .startsWith("1000\n1001\n1001 29 50\n/home/alice\n");
        assertThat(run(who.withUser("alice:staff")).stdout()).startsWith("1000\n50\n50\n");
        assertThat(run(who.withUser("alice:7")).stdout()).startsWith("1000\n7\n7\n");
        assertThat(run(who.withUser("4242")).stdout()).startsWith("4242\n0\n0\n/\n");
        assertThat(run(who.withUser("homeless")).stdout()).endsWith("\n/\nagain\n");
        assertThat(run(who.withUser("alice").withEnv(Map.of("HOME", "/x"))).stdout())
                .contains("\n/x\n");
        assertThat(run(shell("grep Cap /proc/self/status").withUser("alice")).stdout())
                .contains("CapPrm:\t0000000000000000")
                .contains("CapEff:\t0000000000000000");
        assertNobody("nobody-else", 2, "no such user");
        assertNobody("huge", 2, "no such user");
        assertNobody("99999999999", 2, "no such user");
        assertNobody("alice:trap", 3, "no such group");
        run(shell("mv /etc/group /etc/group.aside; mkfifo /etc/group"));
        assertNobody("alice", 22, "Invalid argument");
        run(shell("mv /etc/group.aside /etc/group"));
    }

    private static void assertNobody(String user, int errno, String reason) {
        try (SharedLane.Use use = lane.use(LONG)) {
            var refused =
                    (CommandNotStarted)
                            use.connection().start(Command.of("true").withUser(user), discard());
            assertThat(refused.step()).isEqualTo(CommandNotStarted.Step.USER);
            assertThat(refused.errno()).isEqualTo(errno);
            assertThat(refused.reason()).contains(reason);
            assertThat(refused.exitCode()).isEqualTo(126);
        }
    }

    @Test
    void aMissingFolderIsMadeOnlyWhenThatIsAskedFor() {
        var pwd = Command.of("pwd");
        assertThat(run(pwd.withFolderMade("/made/for/it").withUser("65534")).stdout())
                .isEqualTo("/made/for/it\n");
        try (SharedLane.Use use = lane.use(LONG)) {
            assertThat(
                            ((CommandNotStarted)
                                            use.connection()
                                                    .start(pwd.withFolder("/not/made"), discard()))
                                    .step())
                    .isEqualTo(CommandNotStarted.Step.FOLDER);
        }
    }

    @Test
    void eightMebibytesGoThroughEachWayUnchanged() throws Exception {
        var input = new byte[8 << 20];
        new Random(11).nextBytes(input);
        var output = new ByteArrayOutputStream();
        try (SharedLane.Use use = lane.use(LONG)) {
            RunningCommand cat =
                    start(
                            use.connection(),
                            Command.of("cat").withStdin(Stdin.of(input)),
                            new OutputSinks(OutputSink.to(output), OutputSink.discard()));
            assertThat(cat.awaitExit(LONG)).isEqualTo(new Exited(0));
        }
        assertThat(sha256(output.toByteArray())).isEqualTo(sha256(input));
    }

    @Test
    void longCommandsArrive() {
        String argument = "x".repeat(120_000);
        Command command =
                Command.of("sh", "-c", "echo ${#1} ${#2} ${#A}", "sh", argument, argument);
        assertThat(run(command.withEnv(Map.of("A", argument))).stdout())
                .isEqualTo("120000 120000 120000\n");
    }

    @Test
    void inputThatNobodyReadsDoesNotHoldUpAnything() {
        assertThat(run(Command.of("true").withStdin(Stdin.of(new byte[1 << 20]))).end())
                .isEqualTo(new Exited(0));
        assertThat(
                        run(shell("exec <&-; sleep 0.2; echo done")
                                        .withStdin(Stdin.of(new byte[1 << 20])))
                                .stdout())
                .isEqualTo("done\n");
    }

    @Test
    void stalledReaderDoesNotHoldUpOthers() throws Exception {
        var gate = new CountDownLatch(1);
        OutputSink stuck =
                (_, _, _) -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                };
        try (SharedLane.Use use = lane.use(LONG)) {
            RunningCommand slow =
                    start(
                            use.connection(),
                            shell("head -c 1000000 /dev/zero"),
                            new OutputSinks(stuck, OutputSink.discard()));
            assertThat(run(shell("head -c 300000 /dev/zero | wc -c")).stdout().strip())
                    .isEqualTo("300000");
            assertThat(slow.awaitExit(Duration.ofMillis(100))).isInstanceOf(StillRunning.class);
            gate.countDown();
            assertThat(slow.awaitExit(LONG)).isEqualTo(new Exited(0));
        }
    }

    @Test
    void fortyCommandsRunAtOnce() throws Exception {
        var results = new ArrayList<Future<Result>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 40; i++) {
                Command command = shell("sleep 0.5; echo " + i + "; cat >&2; exit " + i);
                byte[] input = ("in " + i).getBytes(StandardCharsets.UTF_8);
                results.add(threads.submit(() -> run(command.withStdin(Stdin.of(input)))));
            }
        }
        for (int i = 0; i < 40; i++) {
            assertThat(results.get(i).get())
                    .isEqualTo(new Result(new Exited(i), i + "\n", "in " + i));
        }
    }

    @Test
    void killEndsTheWholeTreeAndASignalOnlyTheGroup() {
        try (SharedLane.Use use = lane.use(LONG)) {
            var output = new OutputBuffer("stdout", LIMIT);
            var sinks = new OutputSinks(output, OutputSink.discard());
            RunningCommand tree =
                    start(
                            use.connection(),
                            shell("setsid sleep 1001 & sleep 1002 & echo; wait"),
                            sinks);
            assertThat(tree.pid()).isPositive();
            await(() -> output.bytes().length > 0);
            tree.kill();
            assertThat(tree.awaitExit(LONG)).isEqualTo(new Signaled(9));
            await(() -> !run(Command.of("ps", "-o", "args")).stdout().contains("sleep 100"));
            RunningCommand group = start(use.connection(), Command.of("sleep", "1003"), sinks);
            group.signal(15);
            assertThat(group.awaitExit(LONG)).isEqualTo(new Signaled(15));
        }
    }

    @Test
    void pipedInputIsInteractive() throws Exception {
        var output = new OutputBuffer("stdout", LIMIT);
        try (SharedLane.Use use = lane.use(LONG)) {
            RunningCommand cat =
                    start(
                            use.connection(),
                            Command.of("cat").withStdin(Stdin.piped()),
                            new OutputSinks(output, OutputSink.discard()));
            cat.stdin().write("one\n".getBytes(StandardCharsets.UTF_8));
            await(() -> text(output).equals("one\n"));
            cat.stdin().write("two\n".getBytes(StandardCharsets.UTF_8));
            cat.stdin().close();
            assertThat(cat.awaitExit(LONG)).isEqualTo(new Exited(0));
        }
        assertThat(text(output)).isEqualTo("one\ntwo\n");
    }

    @Test
    void backgroundProcessesLiveOnAndWriteToTheLog() throws Exception {
        Result result = run(shell("(sleep 1; echo from behind; sleep 1000) & echo $!"));
        assertThat(result.end()).isEqualTo(new Exited(0));
        await(() -> guest.log("guest").contains("from behind"));
        assertThat(run(shell("kill " + result.stdout().strip())).end()).isEqualTo(new Exited(0));
    }

    @Test
    void commandsOfAClosedConnectionGoOnWithoutBlocking() throws Exception {
        AgentConnection connection =
                AgentConnection.open(new AgentAddress(guest.socket(2), guest.socket(2)), LONG);
        start(
                connection,
                shell("cat; head -c 500000 /dev/zero | tr '\\0' 'x'; echo; touch /tmp/orphan-done")
                        .withStdin(Stdin.piped()),
                discard());
        connection.close();
        await(() -> run(Command.of("test", "-e", "/tmp/orphan-done")).end().equals(new Exited(0)));
    }

    @Test
    void laneIsTakenOverAfterItsClientWasCutOffAmidAFrame() throws Exception {
        for (int cut : CUTS) {
            try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(guest.socket(3)))) {
                openAndCut(channel, cut);
            }
            try (var connection =
                    AgentConnection.open(
                            new AgentAddress(guest.socket(3), guest.socket(3)), LONG)) {
                connection.ping(new byte[cut % 16_000]);
            }
        }
    }

    /// As in a fork: the guest sees no end between the half frame and the next opening.
    @Test
    void halfFrameBeforeAnOpeningIsDroppedWithAllThatItHolds() throws Exception {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(guest.socket(3)))) {
            for (int cut : CUTS) {
                openAndCut(channel, cut);
            }
            openAndCut(channel, 0);
        }
        assertThat(run(Command.of("test", "-e", "/tmp/injected")).end()).isEqualTo(new Exited(1));
    }

    private static void openAndCut(SocketChannel channel, int cut) throws IOException {
        long epoch = EPOCHS.nextLong();
        var writer = new FrameWriter(epoch);
        write(channel, writer.opening());
        new FrameReader(channel, epoch).awaitWelcome();
        write(channel, writer.frame(5, FrameType.PING, hiddenHello()).limit(cut));
    }

    /// A payload that holds frames: a HELLO and a command.
    private static byte[] hiddenHello() {
        var writer = new FrameWriter(77);
        ByteBuffer payload = ByteBuffer.allocate(16_384).position(50);
        payload.put(writer.frame(0, FrameType.HELLO, new byte[] {1, 0, 1, 0}));
        byte[] command = FieldList.of(Command.of("touch", "/tmp/injected"));
        payload.put(writer.frame(1, FrameType.EXEC, command));
        var bytes = new byte[16_384];
        payload.rewind().get(bytes);
        return bytes;
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Test
    void freezeStopsCommandsAndThawLetsThemRun() throws Exception {
        var output = new OutputBuffer("stdout", LIMIT);
        try (AgentConnection control = guest.lanes().control(LONG);
                AgentConnection other =
                        AgentConnection.open(
                                new AgentAddress(guest.socket(2), guest.socket(2)), LONG)) {
            RunningCommand ticker =
                    start(
                            other,
                            shell("while :; do echo; sleep 0.05; done"),
                            new OutputSinks(output, OutputSink.discard()));
            await(() -> output.bytes().length > 3);
            control.freeze(Duration.ofSeconds(5));
            control.freeze(Duration.ofSeconds(5));
            var refused = (CommandNotStarted) other.start(Command.of("true"), discard());
            assertThat(refused.step()).isEqualTo(CommandNotStarted.Step.FROZEN);
            other.ping(new byte[3]);
            int frozenAt = output.bytes().length;
            assertThat(ticker.awaitExit(Duration.ofMillis(500))).isInstanceOf(StillRunning.class);
            assertThat(output.bytes()).hasSize(frozenAt);
            control.thaw();
            control.thaw();
            await(() -> output.bytes().length > frozenAt);
            ticker.kill();
            assertThat(ticker.awaitExit(LONG)).isEqualTo(new Signaled(9));
        }
    }

    @Test
    void identityIsInEffectWhenItIsAnswered() {
        Instant then = Instant.parse("2031-02-03T04:05:06Z");
        Instant now = Instant.now();
        try (AgentConnection control = guest.lanes().control(LONG)) {
            control.identify(
                    GuestIdentity.builder()
                            .hostname("renamed")
                            .wallClock(then)
                            .entropy(new byte[64])
                            .env("COLOUR", "green")
                            .generation("g-2")
                            .build());
            Result seen = run(shell("hostname; date +%s; echo $COLOUR"));
            List<String> lines = seen.stdout().lines().toList();
            assertThat(lines.get(0)).isEqualTo("renamed");
            assertThat(Long.parseLong(lines.get(1))).isCloseTo(then.getEpochSecond(), within(5L));
            assertThat(lines.get(2)).isEqualTo("green");
            control.identify(
                    GuestIdentity.builder().wallClock(now).replaceEnv(Map.of("B", "b")).build());
            assertThat(run(shell("echo $COLOUR$B")).stdout()).isEqualTo("b\n");
            assertFails(
                    ErrorCode.AGENT_FAILED,
                    "refused with error",
                    () ->
                            control.identify(
                                    GuestIdentity.builder().hostname("h".repeat(65)).build()));
            control.sync();
        }
    }

    @Test
    void theForkFileHasOneLineForEachEntryWhateverItHolds() {
        try (AgentConnection control = guest.lanes().control(LONG)) {
            control.identify(
                    GuestIdentity.builder()
                            .hostname("w-1")
                            .replaceEnv(
                                    Map.of(
                                            "HOSTILE",
                                            "a\\b\ngeneration=x\r$(reboot)'\"",
                                            "OK",
                                            "é"))
                            .generation("g-3")
                            .build());
            assertThat(run(shell("cat /run/stasis/fork")).stdout().lines())
                    .containsExactlyInAnyOrder(
                            "generation=g-3",
                            "name=w-1",
                            "env.OK=é",
                            "env.HOSTILE=a\\\\b\\ngeneration=x\\r$(reboot)'\"");
            String read = "printf '%b' \"$(sed -n 's/^env.HOSTILE=//p' /run/stasis/fork)\"";
            assertThat(run(shell(read + "; [ \"$(" + read + ")\" = \"$HOSTILE\" ]")))
                    .isEqualTo(new Result(new Exited(0), "a\\b\ngeneration=x\r$(reboot)'\"", ""));
            run(shell("rm -rf /run/stasis; ln -s /nowhere /run/stasis"));
            control.identify(GuestIdentity.builder().generation("g-4").build());
            assertThat(run(shell("rm /run/stasis")).end()).isEqualTo(new Exited(0));
            control.identify(
                    GuestIdentity.builder().replaceEnv(Map.of()).generation("g-5").build());
            assertThat(run(shell("cat /run/stasis/fork; ls -A /run/stasis")).stdout())
                    .isEqualTo("generation=g-5\nname=w-1\nfork\n");
        }
    }

    /// SYNC makes ready the file that is to become it.
    @Test
    void theForkFileIsRightWhateverBecameOfTheOneThatWasMadeReady() {
        var interferences =
                List.of(
                        "true",
                        "rm -rf /run/stasis",
                        "rm /run/stasis/.fork",
                        "head -c 9999 /dev/zero > /run/stasis/.fork",
                        "mv /run/stasis/.fork /run/else; echo x > /run/stasis/.fork",
                        "mv /run/stasis /run/was; mkdir /run/stasis");
        try (AgentConnection control = guest.lanes().control(LONG)) {
            for (int i = 0; i < interferences.size(); i++) {
                control.sync();
                var ready = run(shell("wc -c < /run/stasis/.fork; " + interferences.get(i)));
                assertThat(ready.stdout().strip()).as(interferences.get(i)).isEqualTo("1");
                control.identify(
                        GuestIdentity.builder().replaceEnv(Map.of()).generation("g" + i).build());
                assertThat(
                                run(shell("head -1 /run/stasis/fork; wc -l < /run/stasis/fork"))
                                        .stdout())
                        .as(interferences.get(i))
                        .isEqualTo("generation=g%d\n2\n".formatted(i));
                run(shell("rm -rf /run/stasis/.fork /run/was /run/else"));
            }
        }
    }

    @Test
    void aCommandCanDoWithoutVariablesOfTheSandbox() {
        try (AgentConnection control = guest.lanes().control(LONG)) {
            control.identify(
                    GuestIdentity.builder()
                            .replaceEnv(Map.of("A", "a", "AB", "ab", "HOME", "/else"))
                            .build());
            var command =
                    shell("echo $A-$AB-$HOME-${PATH%%:*}")
                            .withEnv(
                                    new Environment(Map.of(), Set.of("A", "HOME", "PATH", "NONE")));
            assertThat(run(command).stdout()).isEqualTo("-ab-/root-/usr/local/sbin\n");
            assertThat(run(shell("echo $A")).stdout()).isEqualTo("a\n");
            control.identify(GuestIdentity.builder().replaceEnv(Map.of()).build());
        }
    }

    @Test
    void theHookRunsWhenTheGuestHasBecomeAForkAndIsKilledWithItsTreeWhenItsTimeIsOver()
            throws Exception {
        try (AgentConnection control = guest.lanes().control(LONG)) {
            assertThat(control.thawFork(LONG)).isEqualTo(new HookEnd.None());
            hook("#!/bin/sh\necho said by the hook; exit 3");
            run(shell("chmod a-x /etc/stasis/on-fork"));
            assertThat(control.thawFork(LONG)).isEqualTo(new HookEnd.None());
            run(shell("chmod a+x /etc/stasis/on-fork"));
            assertThat(control.thawFork(LONG)).isEqualTo(new HookEnd.Exited(3));
            await(() -> guest.log("guest").contains("\"text\":\"said by the hook"));
            hook("#!/no/such/shell\n");
            assertThat(control.thawFork(LONG)).isEqualTo(new HookEnd.NotStarted(2));
            hook("#!/bin/sh\nkill -9 $$");
            assertThat(control.thawFork(LONG)).isEqualTo(new HookEnd.Signaled(9));
            hook("#!/bin/sh\nsetsid sleep 7654 &\nsleep 7654");
            var shortly = Duration.ofSeconds(2);
            assertThat(control.thawFork(shortly)).isEqualTo(new HookEnd.TimedOut(shortly));
            await(() -> !run(shell("ps")).stdout().contains("sleep 7654"));
            hook("#!/bin/sh\nsetsid sleep 4567 < /dev/null > /dev/null 2>&1 &");
            assertThat(control.thawFork(LONG)).isEqualTo(new HookEnd.Exited(0));
            await(() -> run(shell("ps")).stdout().contains("sleep 4567"));
            run(shell("rm -r /etc/stasis; pkill -f '[s]leep 4567'"));
        }
    }

    private static void hook(String text) {
        var written =
                run(
                        shell(
                                        "mkdir -p /etc/stasis; cat > /etc/stasis/on-fork; chmod 755 /etc/stasis/on-fork")
                                .withStdin(
                                        Stdin.from(
                                                new ByteArrayInputStream(
                                                        text.getBytes(StandardCharsets.UTF_8)))));
        assertThat(written.end()).isEqualTo(new Exited(0));
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) {
        long end = System.nanoTime() + LONG.toNanos();
        try {
            while (!condition.holds()) {
                assertThat(System.nanoTime()).as("waiting for a condition").isLessThan(end);
                Thread.sleep(20);
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
