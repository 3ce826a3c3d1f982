package dev.stasis;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// The images of a home: read-only root file systems that sandboxes start from, made from the
/// images of registries and archives. Thread-safe; every call blocks until it is done.
///
/// An image is named as in `python:3.12` or `registry.example.com:5000/team/app@sha256:…`, or by
/// its digest or the beginning of that, 6 digits at least.
public interface Images {
    /// Gets an image from a registry. Logins are read from Docker's configuration.
    ///
    /// @param name its name
    /// @param settings says how
    /// @throws StasisException with {@link ErrorCode#INVALID_NAME}, {@link
    ///   ErrorCode#IMAGE_NOT_FOUND}, {@link ErrorCode#ACCESS_DENIED}, {@link
    ///   ErrorCode#REGISTRY_FAILED}, {@link ErrorCode#IMAGE_INVALID} or another code; what arrived
    ///   until then is kept for the next try
    ImageInfo pull(String name, Consumer<PullBuilder> settings);

    /// Makes images from a file: an archive of `docker save` or with an OCI layout, or a root file
    /// system in a tar file; plain, or compressed with gzip or zstd.
    ///
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND} without such a file, {@link
    ///   ErrorCode#IMAGE_INVALID} or another code
    List<ImageInfo> load(Path file, Consumer<ImageProgress> progress);

    /// The same from a stream, which is read to its end and not closed.
    List<ImageInfo> load(InputStream in, Consumer<ImageProgress> progress);

    /// Writes an image as an archive, which is an OCI layout and a `docker save` in one and has a
    /// single layer.
    ///
    /// @param image its name or digest
    /// @param out where to; not closed
    void save(String image, OutputStream out);

    /// All images, the oldest first.
    List<ImageInfo> list();

    /// One image.
    ///
    /// @param image its name or digest
    /// @throws StasisException with {@link ErrorCode#IMAGE_NOT_FOUND}
    ImageInfo get(String image);

    /// Takes a name from an image; with the last name, or when it is given by its digest, the image
    /// goes.
    ///
    /// @param image its name or digest
    /// @throws StasisException with {@link ErrorCode#IMAGE_IN_USE} naming what uses it
    void remove(String image);

    /// Removes every image that nothing uses, and what interrupted pulls left.
    ///
    /// @return the images that were removed
    List<ImageInfo> prune();

    /// Logs in at a registry and keeps that where Docker does.
    ///
    /// @param registry its host, with its port if it is not the usual one
    /// @param user the user's name there
    /// @param password the password, or a token
    /// @param settings says how the registry is reached
    /// @throws StasisException with {@link ErrorCode#ACCESS_DENIED} when it is refused
    void login(String registry, String user, String password, Consumer<PullBuilder> settings);

    /// Forgets a login.
    ///
    /// @throws StasisException with {@link ErrorCode#INVALID_ARGUMENT} when there is none
    void logout(String registry);
}
