package dev.stasis.cli;

import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `stasis images save`.
@Command(
        name = "save",
        description =
                "Writes an image as an archive that 'docker load' and 'stasis images load' read, and"
                        + " that is an OCI layout too. It has a single layer.")
final class ImagesSaveCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "The image's name or digest.")
    String image = "";

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            description = "The file to write, which is not there yet; '-' is standard output.")
    String file = "";

    ImagesSaveCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (!file.equals(SnapshotsExportCommand.STREAM)) {
            save(Path.of(file));
            return 0;
        }
        if (session.terminal().outIsTerminal()) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "An archive is nothing to be read on a terminal: name a file, or send standard output to a program");
        }
        session.progress("saving " + image);
        session.stasis().images().save(image, session.terminal().out());
        session.progressEnd();
        return 0;
    }

    private void save(Path target) {
        try (var out =
                Files.newOutputStream(
                        target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            session.progress("saving " + image);
            try {
                session.stasis().images().save(image, out);
            } catch (RuntimeException e) {
                Files.delete(target);
                throw e;
            }
            session.progressEnd();
        } catch (FileAlreadyExistsException e) {
            throw new StasisException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s exists: name another file, or remove it".formatted(target),
                    e);
        } catch (IOException e) {
            throw new StasisException(
                    ErrorCode.IO_FAILED, "The archive %s can't be written".formatted(target), e);
        }
    }
}
