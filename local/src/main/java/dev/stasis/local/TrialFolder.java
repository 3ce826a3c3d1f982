package dev.stasis.local;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.MachineFiles;
import dev.stasis.machine.TrialFiles;
import dev.stasis.store.Home;
import dev.stasis.store.Ids;
import dev.stasis.store.Staging;
import java.io.IOException;
import java.nio.file.Files;

/// The folders of a machine that is only tried out. Its logs are in the folder of a snapshot that
/// is never finished, as those of the machine of a template are: when this process is killed, the
/// next open removes both folders as it does a template's.
final class TrialFolder implements TrialFiles {
    private final Staging staging;
    private final Place place;

    private TrialFolder(Staging staging, Place place) {
        this.staging = staging;
        this.place = place;
    }

    static TrialFolder in(Home home) {
        var staging = home.snapshots().begin(Ids.next());
        var trial =
                new TrialFolder(staging, new Place(home, "trial", staging.id(), staging.folder()));
        try {
            home.runtime().create(staging.id());
            Files.createDirectory(trial.place.logs());
            return trial;
        } catch (IOException | StasisException e) {
            trial.close();
            throw e instanceof StasisException known
                    ? known
                    : new StasisException(
                            ErrorCode.IO_FAILED,
                            "The folder " + trial.place.logs() + " can't be made",
                            e);
        }
    }

    @Override
    public MachineFiles files() {
        return place.machineFiles();
    }

    @Override
    public void close() {
        try (staging) {
            Removal.of(place).forgetMachine();
        }
    }
}
