package dev.stasis.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.Diagnosis;
import dev.stasis.ExecInfo;
import dev.stasis.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import tools.jackson.jr.ob.JSON;

/// Every verb that prints data prints it for programs too, with the fields that the documentation
/// names.
class OutputTest {
    /// What these print is a command's output, a file, a script or a story.
    private static final Set<String> NO_DATA =
            Set.of(
                    "run",
                    "exec",
                    "shell",
                    "attach",
                    "cp",
                    "logs",
                    "snapshots export",
                    "images save",
                    "login",
                    "logout",
                    "completion",
                    "demo");

    private static final Map<String, String> EXAMPLES =
            Map.ofEntries(
                    Map.entry("create --name new", "A sandbox"),
                    Map.entry("ls", "A sandbox"),
                    Map.entry("inspect box", "A sandbox, inspected"),
                    Map.entry("ps box", "A command"),
                    Map.entry("stats box", "A measure of a sandbox"),
                    Map.entry("snapshot box", "A snapshot"),
                    Map.entry("snapshot box --name n", "A snapshot"),
                    Map.entry("pause box", "An outcome"),
                    Map.entry("resume box nobody", "An outcome"),
                    Map.entry("start box", "An outcome"),
                    Map.entry("restart box", "An outcome"),
                    Map.entry("ping box", "An outcome"),
                    Map.entry("stop box", "An outcome"),
                    Map.entry("wait box --timeout 1s", "An outcome"),
                    Map.entry("rm -f box", "An outcome"),
                    Map.entry("label box a=b", "A sandbox"),
                    Map.entry("resize box --cpus 2", "A sandbox"),
                    Map.entry("rewind box kept", "A sandbox"),
                    Map.entry("restore kept fork", "A sandbox"),
                    Map.entry("restore kept --count 2 --prefix f", "An outcome of a fork"),
                    Map.entry("snapshots ls", "A snapshot"),
                    Map.entry("snapshots tree", "A snapshot in a tree"),
                    Map.entry("snapshots inspect kept", "A snapshot"),
                    Map.entry("snapshots save kept again", "A snapshot"),
                    Map.entry("snapshots label kept a=b", "A snapshot"),
                    Map.entry("snapshots rm kept", "An outcome"),
                    Map.entry("snapshots prune --keep-last 0", "A snapshot"),
                    Map.entry("snapshots verify kept", "An outcome"),
                    Map.entry("snapshots verify --all", "An outcome"),
                    Map.entry("snapshots import file", "A snapshot"),
                    Map.entry("images pull app", "An image"),
                    Map.entry("images load file.tar", "An image"),
                    Map.entry("images ls", "An image"),
                    Map.entry("images inspect app", "An image"),
                    Map.entry("images rm app", "An outcome"),
                    Map.entry("images prune", "An image"),
                    Map.entry("check", "A finding"),
                    Map.entry("doctor", "A diagnosis"));

    private CommandRun cli = new CommandRun();

    @BeforeEach
    void begin() {
        cli = new CommandRun();
        cli.run("create", "--name", "box");
        cli.run("snapshot", "box", "--name", "kept");
        cli.run("resume", "box");
        var box = Objects.requireNonNull(cli.stasis.sandboxes.get("box"));
        box.execs.add(
                new ExecInfo(
                        "a",
                        List.of("b"),
                        1,
                        Instant.EPOCH,
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        false,
                        false));
        cli.stasis.images.all.add(FakeImages.image("app"));
        cli.stasis.findings.add(new Finding("snapshot x", "is gone", Finding.Outcome.FOUND));
        cli.stasis.diagnoses.add(
                new Diagnosis("QEMU", Diagnosis.Verdict.NOTICE, "is old", "get another"));
    }

    private void run(String example) {
        begin();
        if (example.startsWith("wait")) {
            cli.run("stop", "box");
        }
        cli.run(example.split(" ", -1));
    }

    private static void leaves(CommandLine command, List<CommandLine> found) {
        if (command.getSubcommands().isEmpty()) {
            found.add(command);
        }
        new LinkedHashMap<>(command.getSubcommands()).values().forEach(sub -> leaves(sub, found));
    }

    @Test
    void everyVerbThatPrintsDataTakesAFormatAndCanBeQuiet() {
        var all = new ArrayList<CommandLine>();
        leaves(new StasisCommandLine(cli.session()).commandLine(), all);
        var shown = new TreeSet<String>();
        for (var command : all) {
            var verb = command.getCommandSpec().qualifiedName().replaceFirst("^stasis ", "");
            if (!NO_DATA.contains(verb)) {
                var options = command.getCommandSpec().optionsMap().keySet();
                assertThat(options).as(verb).contains("--format", "-q", "--quiet");
                shown.add(verb);
            }
        }
        var examples = new TreeSet<String>();
        EXAMPLES.keySet()
                .forEach(example ->
                        shown.stream()
                                .filter(verb -> (example + " ").startsWith(verb + " "))
                                .forEach(examples::add));
        assertThat(examples).as("verbs with an example here").isEqualTo(shown);
    }

    @Test
    void verbsAreCalledWhatTheySay() {
        var all = new ArrayList<CommandLine>();
        leaves(new StasisCommandLine(cli.session()).commandLine(), all);
        assertThat(all).hasSizeGreaterThan(EXAMPLES.size() / 2);
        for (var command : all) {
            var spec = command.getCommandSpec();
            var words = spec.qualifiedName().replaceFirst("^stasis ", "").split(" ", -1);
            assertThat(spec.aliases()).as(words[0]).isEmpty();
            var only = new StasisCommandLine(cli.session()).commandLine(words);
            var found = new ArrayList<CommandLine>();
            leaves(only, found);
            assertThat(found)
                    .extracting(each -> each.getCommandSpec().userObject().getClass().getName())
                    .contains(spec.userObject().getClass().getName());
            assertThat(found.size() == 1 || words[0].equals("completion")).isTrue();
        }
    }

    @Test
    void jsonHasTheDocumentedFields() throws Exception {
        var documented = documented();
        for (var example : EXAMPLES.entrySet()) {
            run(example.getKey() + " --format json");
            var parsed = JSON.std.anyFrom(cli.out());
            var objects = parsed instanceof List<?> list ? list : List.of(parsed);
            assertThat(objects).as(example + cli.err()).isNotEmpty();
            for (var each : objects) {
                assertThat(((Map<?, ?>) each).keySet())
                        .as(example.toString())
                        .map(String::valueOf)
                        .containsExactlyInAnyOrderElementsOf(documented.get(example.getValue()));
            }
        }
    }

    @Test
    void quietIsOneWordALine() {
        for (var example : EXAMPLES.keySet()) {
            run(example + " -q");
            assertThat(cli.out().lines())
                    .as(example)
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(line).matches("[\\w.:/@-]+|snapshot x|QEMU"));
        }
    }

    /// The names of the fields in the tables of the documentation, by the heading of each.
    private static Map<String, Set<String>> documented() throws IOException {
        var fields = new LinkedHashMap<String, Set<String>>();
        var row = Pattern.compile("\\| ((?:`\\w+`(?:, )?)+) \\|.*?\\|(.*)\\|");
        String heading = "";
        var inspected = new TreeSet<String>();
        for (var line : Files.readAllLines(Path.of("../docs/command-line.md"))) {
            var begins = Pattern.compile("\\*\\*(An? [\\w, ]+)\\*\\*.*").matcher(line);
            var matches = row.matcher(line);
            if (begins.matches()) {
                heading = begins.group(1);
            } else if (!heading.isEmpty() && matches.matches()) {
                for (var name : matches.group(1).replace("`", "").split(", ", -1)) {
                    var only = matches.group(2).contains("`inspect` only");
                    (only ? inspected : fields.computeIfAbsent(heading, _ -> new TreeSet<>()))
                            .add(name);
                }
            }
        }
        inspected.addAll(Objects.requireNonNull(fields.get("A sandbox")));
        fields.put("A sandbox, inspected", inspected);
        Objects.requireNonNull(fields.get("A snapshot in a tree"))
                .addAll(Objects.requireNonNull(fields.get("A snapshot")));
        return fields;
    }
}
