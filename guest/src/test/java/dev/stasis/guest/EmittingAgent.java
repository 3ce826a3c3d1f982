package dev.stasis.guest;

import dev.stasis.guest.FakeAgent.HostFrame;
import dev.stasis.guest.FakeAgent.Session;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A script for a {@link FakeAgent} that keeps to the protocol: a command `emit OUT ERR CODE`
/// writes that many bytes to its outputs, as far as it has credit, and ends; frames of all commands
/// are mixed at random. A killed command ends by signal 9.
final class EmittingAgent implements FakeAgent.Script {
    private final Random random = new Random(7);
    private final Map<Integer, Emitter> emitters = new LinkedHashMap<>();

    @Override
    public void run(Session session) throws IOException {
        session.open();
        while (true) {
            take(session, session.read());
            while (step(session)) {
                // until all are done or out of credit
            }
        }
    }

    static byte byteAt(int channel, long position) {
        return (byte) (channel * 31L + position * 7 + (position >> 8));
    }

    private void take(Session session, HostFrame frame) throws IOException {
        if (frame.type() == 16) {
            List<String> arguments = arguments(frame.payload());
            emitters.put(frame.stream(), new Emitter(arguments));
            session.started(frame.stream(), 100 + frame.stream());
            return;
        }
        Emitter emitter = emitters.get(frame.stream());
        if (emitter != null && frame.type() == 3) {
            emitter.credit[frame.intAt(0)] += frame.intAt(4);
        } else if (emitter != null && frame.type() == 24) {
            emitters.remove(frame.stream());
            session.send(frame.stream(), 23, FakeAgent.ints(1, frame.intAt(0)));
        }
    }

    /// Lets one of the emitters that can do something do it.
    private boolean step(Session session) throws IOException {
        var able = emitters.entrySet().stream().filter(e -> e.getValue().able()).toList();
        if (able.isEmpty()) {
            return false;
        }
        var chosen = able.get(random.nextInt(able.size()));
        int stream = chosen.getKey();
        Emitter emitter = chosen.getValue();
        for (int channel = 1; channel <= 2; channel++) {
            int count = emitter.sendable(channel);
            if (count > 0) {
                count = 1 + random.nextInt(count);
                session.send(stream, 20 + channel, emitter.emit(channel, count));
                return true;
            }
        }
        session.exited(stream, emitter.code);
        emitters.remove(stream);
        return true;
    }

    private static List<String> arguments(byte[] fields) {
        var arguments = new ArrayList<String>();
        for (int at = 0; at < fields.length; ) {
            int length =
                    (fields[at + 1] & 0xFF)
                            | (fields[at + 2] & 0xFF) << 8
                            | (fields[at + 3] & 0xFF) << 16;
            if (fields[at] == 1) {
                arguments.add(new String(fields, at + 5, length, StandardCharsets.UTF_8));
            }
            at += 5 + length;
        }
        return arguments;
    }

    private static final class Emitter {
        private final long[] size = new long[3];
        private final long[] sent = new long[3];
        private final int[] credit = {0, 65_536, 65_536};
        private final int code;

        Emitter(List<String> arguments) {
            size[1] = Long.parseLong(arguments.get(1));
            size[2] = Long.parseLong(arguments.get(2));
            code = Integer.parseInt(arguments.get(3));
        }

        int sendable(int channel) {
            return (int) Math.min(16_384, Math.min(credit[channel], size[channel] - sent[channel]));
        }

        boolean able() {
            boolean done = sent[1] == size[1] && sent[2] == size[2];
            return done || sendable(1) > 0 || sendable(2) > 0;
        }

        byte[] emit(int channel, int count) {
            var bytes = new byte[count];
            for (int i = 0; i < count; i++) {
                bytes[i] = byteAt(channel, sent[channel] + i);
            }
            sent[channel] += count;
            credit[channel] -= count;
            return bytes;
        }
    }
}
