package dev.stasis.itest;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/// Hears what Stasis says in its log, until it is closed.
final class Notices implements AutoCloseable {
    private final Logger logger = Logger.getLogger("dev.stasis");
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord notice) {
                    heard.add(new SimpleFormatter().formatMessage(notice));
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    Notices() {
        logger.addHandler(handler);
    }

    /// How many of them contain these words.
    long of(String words) {
        return heard.stream().filter(text -> text.contains(words)).count();
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
    }
}
