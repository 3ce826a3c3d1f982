package dev.stasis.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is wrong in a test class is said before anything is started.
class DefinitionsTest {
    @RegisterExtension static final TestHome HOME = new TestHome();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    TwoOfOneName | two sandboxes that are called 'sandbox'
                    NoVariable   | the variable 'ROLE': write it as NAME=value
                    NotStatic    | NotStatic.warm is no static method
                    TwoWarmups   | has two warm-ups, TwoWarmups.
                    NoInput      | the input 'no-such-file.sql', which is neither a file
                    NoImage      | no-such-image.tar
                    """)
    void aWrongClassFailsOnceAndSaysWhy(String name, String said) throws Exception {
        var results = HOME.run(Class.forName(FaultyCases.class.getName() + "$" + name));

        assertThat(TestHome.failures(results)).contains(said);
        results.containerEvents().assertStatistics(counts -> counts.failed(1));
        results.testEvents().assertStatistics(counts -> counts.started(0));
    }

    @Test
    void aWrongConfigurationParameterIsNamed() {
        var results = HOME.run(Map.of("stasis.junit.keep", "all"), Cases.Several.class);

        assertThat(TestHome.failures(results))
                .contains("stasis.junit.keep is 'all': set it to none or failed");
    }
}
