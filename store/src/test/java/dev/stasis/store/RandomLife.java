package dev.stasis.store;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// Does whatever comes to mind in a [World].
final class RandomLife {
    private static final int MOST_SANDBOXES = 3;
    private static final int MOST_NAMES = 7;
    private static final int MOST_UNNAMED = 4;

    private final World world;
    private final Random random;
    private final String prefix;
    private final List<World.Travelling> visitors;

    /// Unnamed snapshots, with their sources.
    private final Map<String, String> unnamed = new HashMap<>();

    private int count;

    /// @param prefix of the names of everything that is made
    /// @param visitors snapshots that can be imported
    RandomLife(World world, Random random, String prefix, List<World.Travelling> visitors) {
        this.world = world;
        this.random = random;
        this.prefix = prefix;
        this.visitors = visitors;
    }

    /// Snapshots of another home.
    static List<World.Travelling> visitors(TestHome home) throws IOException {
        var away = new World(home, World.Journal.NONE);
        away.boot("traveller");
        var visitors = new ArrayList<World.Travelling>();
        for (int i = 0; i < 3; i++) {
            away.write("traveller", "v" + i, "v");
            visitors.add(away.export(away.capture("traveller")));
        }
        return visitors;
    }

    /// Does one thing.
    ///
    /// @return what it was
    String step() throws IOException {
        count++;
        return switch (random.nextInt(20)) {
            case 0, 1, 2 -> begin();
            case 3, 4, 5, 6 -> capture();
            case 7, 8, 9 -> save();
            case 10 -> alias();
            case 11, 12 -> delete();
            case 13 -> end();
            case 14 -> remove();
            case 15, 16 -> fold();
            case 17 -> relabel();
            case 18 -> prune();
            default -> load();
        };
    }

    private <T> Optional<T> any(List<T> list) {
        return list.isEmpty()
                ? Optional.empty()
                : Optional.of(list.get(random.nextInt(list.size())));
    }

    private Optional<String> anyName() {
        return any(List.copyOf(world.promised().keySet()));
    }

    /// Not one that an earlier life in this home has left.
    private String newName(String kind) {
        while (world.promised().containsKey(prefix + kind + count)) {
            count++;
        }
        return prefix + kind + count;
    }

    private Optional<String> anyUnnamed() {
        return any(unnamed.keySet().stream().sorted().toList());
    }

    private String begin() throws IOException {
        if (world.sandboxes().size() >= MOST_SANDBOXES) {
            return remove();
        }
        String sandbox = prefix + "s" + count;
        var id = random.nextInt(4) == 0 ? anyUnnamed() : anyName().map(world::id);
        if (id.isEmpty() || random.nextInt(3) == 0) {
            world.boot(sandbox);
            return "boot";
        }
        world.fork(sandbox, id.get());
        return "fork";
    }

    private String capture() throws IOException {
        var sandbox = any(world.sandboxes());
        if (sandbox.isEmpty() || unnamed.size() >= MOST_UNNAMED) {
            return end();
        }
        for (int i = random.nextInt(4); i >= 0; i--) {
            world.write(sandbox.get(), "p" + random.nextInt(9), "v" + random.nextInt(99));
        }
        unnamed.put(world.capture(sandbox.get()), sandbox.get());
        return "capture";
    }

    private String save() {
        var id = anyUnnamed();
        if (id.isEmpty()) {
            return "nothing";
        }
        unnamed.remove(id.get());
        var taken = anyName();
        if (taken.isPresent() && (world.promised().size() >= MOST_NAMES || random.nextBoolean())) {
            world.save(id.get(), saving(taken.get(), Saving.WhenTaken.MOVE));
            return "move";
        }
        world.save(id.get(), saving(newName("n"), Saving.WhenTaken.REFUSE));
        return "save";
    }

    private Saving saving(String name, Saving.WhenTaken taken) {
        Map<String, String> labels = random.nextBoolean() ? Map.of() : Map.of("at", "" + count);
        return new Saving(name, taken, labels, Optional.of(Duration.ofDays(1)));
    }

    private String alias() {
        var name = anyName();
        if (name.isEmpty() || world.promised().size() >= MOST_NAMES) {
            return delete();
        }
        world.save(world.id(name.get()), Saving.as(newName("a")));
        return "alias";
    }

    private String delete() {
        var name = anyName();
        name.ifPresent(world::delete);
        return name.isPresent() ? "delete" : "nothing";
    }

    private String end() {
        var id = anyUnnamed();
        id.ifPresent(snapshot -> {
            unnamed.remove(snapshot);
            world.close(snapshot);
        });
        return id.isPresent() ? "close" : "nothing";
    }

    private String remove() {
        var sandbox = any(world.sandboxes());
        sandbox.ifPresent(name -> {
            unnamed.values().removeIf(name::equals);
            world.remove(name);
        });
        return sandbox.isPresent() ? "remove" : "nothing";
    }

    private String fold() throws IOException {
        var id = random.nextBoolean() ? anyUnnamed() : anyName().map(world::id);
        world.fold(id.orElse(null));
        return "fold";
    }

    private String relabel() {
        var name = anyName().filter(each -> !isVisitor(world.id(each)));
        name.ifPresent(each -> world.relabel(each, "stage", "" + count));
        return name.isPresent() ? "relabel" : "nothing";
    }

    /// Several processes may have imported it, and its labels are those of all of them.
    private boolean isVisitor(String id) {
        return visitors.stream().anyMatch(visitor -> visitor.id().equals(id));
    }

    private String prune() {
        world.prune(2 + random.nextInt(4), prefix);
        return "prune";
    }

    private String load() {
        var visitor = any(visitors);
        if (visitor.isEmpty() || world.promised().size() >= MOST_NAMES) {
            return delete();
        }
        world.load(visitor.get(), newName("i"));
        return "import";
    }
}
