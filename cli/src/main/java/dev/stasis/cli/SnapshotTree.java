package dev.stasis.cli;

import dev.stasis.SandboxInfo;
import dev.stasis.SandboxState;
import dev.stasis.SnapshotInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which snapshot came from which.
final class SnapshotTree {
    private final Map<String, Node> nodes = new LinkedHashMap<>();

    /// A snapshot in the tree.
    ///
    /// @param info what it is
    /// @param names all its names
    /// @param forks the sandboxes that go on from it
    /// @param children the snapshots after it, the oldest first
    record Node(SnapshotInfo info, List<String> names, List<String> forks, List<Node> children) {
        private static Node of(SnapshotInfo info) {
            return new Node(info, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    /// Puts the snapshots together.
    ///
    /// @param snapshots once for each name, the oldest first
    SnapshotTree(List<SnapshotInfo> snapshots, List<SandboxInfo> sandboxes) {
        for (var snapshot : snapshots) {
            var node = nodes.computeIfAbsent(snapshot.id(), _ -> Node.of(snapshot));
            snapshot.name().ifPresent(node.names::add);
        }
        for (var node : nodes.values()) {
            parent(node).ifPresent(parent -> parent.children.add(node));
        }
        for (var sandbox : sandboxes) {
            if (hasMachine(sandbox)) {
                sandbox.snapshot()
                        .map(nodes::get)
                        .ifPresent(node -> node.forks.add(sandbox.name()));
            }
        }
    }

    private static boolean hasMachine(SandboxInfo sandbox) {
        return sandbox.state() != SandboxState.ENDED && sandbox.state() != SandboxState.STOPPED;
    }

    private Optional<Node> parent(Node node) {
        return node.info.parent().map(nodes::get);
    }

    /// Those that have no parent any more.
    List<Node> roots() {
        return nodes.values().stream().filter(node -> parent(node).isEmpty()).toList();
    }

    /// All of them, each before its children.
    List<Node> depthFirst() {
        var all = new ArrayList<Node>();
        var open = new ArrayDeque<>(roots());
        while (!open.isEmpty()) {
            var node = open.removeFirst();
            all.add(node);
            node.children.reversed().forEach(open::addFirst);
        }
        return all;
    }

    /// The JSON of one.
    Map<String, @Nullable Object> fields(Node node) {
        var fields = Fields.of(node.info);
        fields.put("names", node.names);
        fields.put("forks", node.forks);
        fields.put("parentGone", node.info.parent().isPresent() && parent(node).isEmpty());
        fields.put("children", node.children.stream().map(child -> child.info.id()).toList());
        return fields;
    }
}
