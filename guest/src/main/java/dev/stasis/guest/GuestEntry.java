package dev.stasis.guest;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// One name in a folder of a guest.
///
/// @param name not empty, neither `.` nor `..`, without `/` and NUL
/// @param file what is there; a link itself
/// @param target where a link leads to, else empty
public record GuestEntry(String name, GuestFile file, String target) {
    private static final int MAX_NAME_BYTES = 255;

    /// Reads entries until the end.
    ///
    /// @throws IllegalArgumentException when one can't be true: whoever makes files of these names
    ///   may rely on it
    static List<GuestEntry> readAll(ByteBuffer from) {
        var entries = new ArrayList<GuestEntry>();
        while (from.hasRemaining()) {
            GuestFile file = GuestFile.read(from);
            byte[] name = FileReply.text(from, MAX_NAME_BYTES);
            byte[] target = FileReply.text(from, GuestNames.MAX_PATH_BYTES + 1);
            String text = GuestNames.text(name);
            boolean wrong = name.length == 0 || text.equals(".") || text.equals("..");
            if (wrong || text.indexOf('/') >= 0 || text.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "a file named '" + GuestText.printable(name, 0) + "'");
            }
            String leads = GuestNames.text(target);
            boolean link = file.kind() == GuestFile.Kind.LINK;
            if (leads.indexOf('\0') >= 0 || (!link && !leads.isEmpty())) {
                throw new IllegalArgumentException("a wrong target of a link");
            }
            entries.add(new GuestEntry(text, file, leads));
        }
        return entries;
    }
}
