package dev.stasis.image;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// A registry on this computer that answers byte by byte as a test wants, however wrong that is.
/// Each answer ends its connection.
final class TestRegistry implements AutoCloseable {
    /// What is asked.
    ///
    /// @param headers by name in lower case
    record Request(String method, String path, Map<String, String> headers, String body) {
        Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }

        /// Without what follows a question mark.
        String plainPath() {
            return path.split("\\?", 2)[0];
        }
    }

    /// What it answers.
    interface Answer {
        void send(Request request, OutputStream out) throws IOException;
    }

    private final ServerSocket server;
    private final List<Socket> open = Collections.synchronizedList(new ArrayList<>());
    final Map<String, Answer> answers = new ConcurrentHashMap<>();
    final List<Request> requests = Collections.synchronizedList(new ArrayList<>());

    private TestRegistry(ServerSocket server) {
        this.server = server;
        Thread.ofPlatform().daemon().name("registry").start(this::accept);
    }

    static TestRegistry start() throws IOException {
        return on(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    }

    static TestRegistry on(ServerSocket server) {
        return new TestRegistry(server);
    }

    String host() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    ImageReference name(String repositoryAndVersion) {
        return ImageReference.parse(host() + "/" + repositoryAndVersion);
    }

    /// Without TLS, and without logins.
    static RegistryAccess access(Path temp) {
        return new RegistryAccess(
                RegistryAccess.Transport.PLAIN_HTTP,
                List.of(),
                temp.resolve("docker").resolve("config.json"),
                Optional.empty());
    }

    /// Has an image.
    TestRegistry with(TestImage image, String repository, String tag) {
        byte[] manifest = image.manifest();
        put(repository, "manifests/" + tag, ok(manifest));
        put(repository, "manifests/sha256:" + image.digest(), ok(manifest));
        image.blobs()
                .forEach((digest, blob) -> put(repository, "blobs/sha256:" + digest, ok(blob)));
        return this;
    }

    void put(String repository, String path, Answer answer) {
        answers.put("/v2/" + repository + "/" + path, answer);
    }

    List<Request> requestsFor(String part) {
        synchronized (requests) {
            return requests.stream().filter(r -> r.path().contains(part)).toList();
        }
    }

    /// The content, or what is left of it where that is asked for.
    static Answer ok(byte[] content) {
        return (request, out) -> {
            int from = from(request);
            if (from > 0) {
                head(
                        out,
                        206,
                        "Content-Length: " + (content.length - from),
                        "Content-Range: bytes %d-%d/%d"
                                .formatted(from, content.length - 1, content.length));
            } else {
                head(out, 200, "Content-Length: " + content.length);
            }
            out.write(content, from, content.length - from);
        };
    }

    static int from(Request request) {
        return request.header("range")
                .map(r -> Integer.parseInt(r.replaceAll("\\D", "")))
                .orElse(0);
    }

    static Answer status(int status, String... headers) {
        return (_, out) -> {
            var all = new ArrayList<>(List.of(headers));
            all.add("Content-Length: 2");
            head(out, status, all.toArray(String[]::new));
            out.write("no".getBytes(StandardCharsets.US_ASCII));
        };
    }

    static void head(OutputStream out, int status, String... headers) throws IOException {
        String head =
                "HTTP/1.1 %d x\r\nConnection: close\r\n%s\r\n"
                        .formatted(
                                status,
                                String.join(
                                        "",
                                        List.of(headers).stream().map(h -> h + "\r\n").toList()));
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void accept() {
        try {
            while (true) {
                var socket = server.accept();
                open.add(socket);
                Thread.ofPlatform().daemon().name("registry answer").start(() -> serve(socket));
            }
        } catch (IOException e) {
            // It was closed.
        }
    }

    private void serve(Socket socket) {
        try (socket;
                var in = new BufferedInputStream(socket.getInputStream());
                var out = socket.getOutputStream()) {
            var request = read(in);
            requests.add(request);
            answers.getOrDefault(request.plainPath(), status(404)).send(request, out);
            out.flush();
        } catch (IOException e) {
            // Whoever asked went away.
        }
    }

    private static Request read(InputStream in) throws IOException {
        var first = line(in).split(" ", 3);
        var headers = new TreeMap<String, String>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            var parts = line.split(":", 2);
            headers.put(parts[0].toLowerCase(java.util.Locale.ROOT), parts[1].strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        return new Request(first[0], first[1], new HashMap<>(headers), body);
    }

    private static String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the request is cut off");
            }
            line.write(c);
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (var socket : List.copyOf(open)) {
            socket.close();
        }
    }
}
