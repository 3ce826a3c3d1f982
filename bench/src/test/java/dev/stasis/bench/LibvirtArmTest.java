package dev.stasis.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.machine.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibvirtArmTest {
    private static final Subject SUBJECT = Subject.idle(256, 10);

    @TempDir private Path folder;

    @Test
    void theGuestOfASnapshotIsSavedAndRestoredByLibvirt() throws IOException, QmpException {
        var settings = Settings.parse("--quick", "--folder", folder.toString());
        var samples = new Samples();
        try (var run = Run.begin(settings);
                var virsh = Virsh.start(run.workplace().newRunFolder());
                var source = run.stasis().boot("guest", SUBJECT.memory());
                var snapshot = source.snapshot()) {
            var original = run.stasis().original(SUBJECT, snapshot);
            try (var libvirt = new LibvirtArm(samples, run.workplace(), original, virsh)) {
                libvirt.save();
                libvirt.restore();
                libvirt.restore();
            }
            assertThat(virsh.run("list", "--all", "--name")).doesNotContain(LibvirtDomain.NAME);
        }

        assertThat(values(samples, Metric.SNAPSHOT_PAUSE)).hasSize(1);
        assertThat(values(samples, Metric.SNAPSHOT_DISK))
                .singleElement()
                .satisfies(mebibytes -> assertThat(mebibytes).isBetween(10.0, 256.0));
        assertThat(values(samples, Metric.RESTORE_RUNNING)).hasSize(2);
        assertThat(values(samples, Metric.RESTORE_FIRST_OUTPUT)).hasSize(2);
        assertThat(folder).isEmptyDirectory();
        assertThat(processesNaming(folder)).isEmpty();
    }

    private static List<Double> values(Samples samples, Metric metric) {
        return samples.sorted(new Series(metric, Arm.LIBVIRT, SUBJECT));
    }

    private static Stream<String> processesNaming(Path folder) {
        return ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .filter(line -> line.contains(folder.toString()));
    }
}
