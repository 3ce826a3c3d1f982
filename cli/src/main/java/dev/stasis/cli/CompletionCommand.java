package dev.stasis.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `stasis completion`.
@Command(
        name = "completion",
        description = {
            "Prints a script by which a shell completes verbs and options. For bash, in ~/.bashrc:",
            "  source <(stasis completion bash)",
            "For zsh, in ~/.zshrc behind compinit:",
            "  source <(stasis completion zsh)"
        })
final class CompletionCommand implements Callable<Integer> {
    private static final String ZSH = "autoload -U +X bashcompinit && bashcompinit\n";

    private final Session session;

    @Parameters(index = "0", paramLabel = "bash|zsh", description = "The shell.")
    Shell shell = Shell.BASH;

    @Spec CommandSpec spec = CommandSpec.create();

    CompletionCommand(Session session) {
        this.session = session;
    }

    /// Shells that can be completed in.
    enum Shell {
        BASH,
        ZSH
    }

    @Override
    public Integer call() {
        var script = AutoComplete.bash("stasis", spec.root().commandLine());
        session.print(shell == Shell.ZSH ? ZSH + script : script);
        return 0;
    }
}
