package dev.stasis.machine;

import dev.stasis.ByteSize;
import dev.stasis.ErrorCode;
import dev.stasis.StasisException;
import dev.stasis.machine.qmp.QmpException;
import dev.stasis.machine.qmp.QmpObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// Memory that was plugged into a machine, and where: a machine that is to continue it has it at
/// the same place.
///
/// @param number makes its name; no other DIMM of a sandbox, of its forks or of theirs may have it,
///   or an image would be told from one of other memory
/// @param size how large it is
/// @param slot where it is plugged
/// @param address the guest's physical address of its first byte
public record Dimm(int number, ByteSize size, int slot, long address) implements Comparable<Dimm> {
    private static final Pattern NAME = Pattern.compile("dimm-(\\d{1,9})");

    /// Its name, and that of its image.
    public String name() {
        return name(number);
    }

    static String name(int number) {
        return "dimm-" + number;
    }

    MemoryBlock block() {
        return new MemoryBlock(name(), size, address);
    }

    /// Reads one of the answers to `query-memory-devices`.
    static Dimm of(QmpObject device) throws QmpException {
        var data = device.object("data");
        var match = NAME.matcher(data.text("id"));
        if (!match.matches()) {
            throw new StasisException(
                    ErrorCode.MACHINE_FAILED,
                    "The machine has memory that Stasis did not plug: " + data.text("id"));
        }
        return new Dimm(
                Integer.parseInt(match.group(1)),
                new ByteSize(data.number("size")),
                (int) data.number("slot"),
                data.number("addr"));
    }

    /// The same as numbers, for a manifest.
    public Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("number", number);
        map.put("size", size.bytes());
        map.put("slot", slot);
        map.put("address", address);
        return map;
    }

    /// Reads what {@link #toMap} made.
    ///
    /// @throws StasisException with {@link ErrorCode#STORE_DAMAGED} when something is missing or of
    ///   another type
    public static Dimm fromMap(Map<?, ?> map) {
        try {
            return new Dimm(
                    Math.toIntExact(number(map, "number")),
                    new ByteSize(number(map, "size")),
                    Math.toIntExact(number(map, "slot")),
                    number(map, "address"));
        } catch (ClassCastException | ArithmeticException | StasisException e) {
            throw new StasisException(
                    ErrorCode.STORE_DAMAGED,
                    "The description of a machine's memory can't be read: " + map,
                    e);
        }
    }

    private static long number(Map<?, ?> map, String name) {
        if (!(map.get(name) instanceof Number number)) {
            throw new ClassCastException(name);
        }
        return number.longValue();
    }

    @Override
    public int compareTo(Dimm other) {
        return Integer.compare(number, other.number);
    }
}
