package dev.stasis.store;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// What is done in a [World] while it ends: each operation of the store.
enum Act {
    CAPTURE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) throws IOException {
            world.capture("base");
        }
    },
    FORK {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) throws IOException {
            world.fork("another", world.id("two"));
        }
    },
    SAVE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.save(
                    unnamed,
                    new Saving(
                            "new",
                            Saving.WhenTaken.REFUSE,
                            Map.of("stage", "seeded"),
                            Optional.of(Duration.ofDays(1))));
        }
    },
    MOVE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.save(unnamed, moving("one"));
        }
    },
    DELETE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.delete("two");
        }
    },
    RELABEL {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.relabel("one", "stage", "other");
        }
    },
    COMPACT {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) throws IOException {
            world.fold(unnamed);
        }
    },
    COMPACT_AND_SAVE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) throws IOException {
            world.fold(unnamed);
            world.save(unnamed, Saving.as("new"));
        }
    },
    IMPORT {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.load(visitor, "imported");
        }
    },
    EXPORT {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.export(world.id("four"));
        }
    },
    PRUNE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.prune(2, "");
        }
    },
    CLOSE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.close(unnamed);
        }
    },
    REMOVE_SANDBOX {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.remove("base");
        }
    },
    TEMPLATE {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) throws IOException {
            template(world.test);
        }
    },
    REPAIR {
        @Override
        void in(World world, String unnamed, World.Travelling visitor) {
            world.test.home.repair();
        }
    };

    abstract void in(World world, String unnamed, World.Travelling visitor) throws IOException;

    private static Saving moving(String name) {
        return new Saving(name, Saving.WhenTaken.MOVE, Map.of(), Optional.empty());
    }

    private static void template(TestHome test) throws IOException {
        String key = Digests.hex(new byte[0]);
        String id = Ids.next();
        try (var making = test.home.templates().lock(key, Duration.ofSeconds(5));
                var staging = test.snapshots.begin(id)) {
            making.announce(id);
            Files.writeString(staging.file("ram.img", Part.MEMORY), "a=b\n");
            Files.writeString(staging.file("disk.qcow2", Part.DISK), "a=b\n");
            staging.publish(SnapshotManifest.ofTemplate(id, TestHome.SETUP));
            test.home.templates().harden(key);
        }
    }
}
