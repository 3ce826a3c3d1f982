/// The command line of Stasis. It works through the API alone; what makes sandboxes on this machine
/// is found at run time.
@org.jspecify.annotations.NullMarked
module dev.stasis.cli {
    requires dev.stasis;
    requires info.picocli;
    requires static org.jspecify;
    requires tools.jackson.jr.ob;

    opens dev.stasis.cli to
            info.picocli;

    uses dev.stasis.spi.StasisProvider;

    provides System.LoggerFinder with
            dev.stasis.cli.StderrLoggers;
}
