package dev.stasis.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ErrorCode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "base", "a-b_c.d", "9.9", "a--", "abcdefghijkl"})
    void goodNamesAreTaken(String name) {
        assertThat(Names.check("sandbox", name)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "-a",
                "_a",
                ".a",
                "A",
                "aB",
                "a b",
                "a/b",
                "../a",
                "a\n",
                "a\0",
                "ä",
                "a:b",
                "a\u202eb",
                "*"
            })
    void badNamesAreRefusedByNamingThem(String name) {
        var failure =
                TestHome.assertFails(ErrorCode.INVALID_NAME, () -> Names.check("snapshot", name));
        assertThat(failure).hasMessageContaining("'" + Names.shown(name) + "'");
        assertThat(failure).hasMessageContaining("snapshot");
        assertThat(failure.getMessage()).matches("[ -~]*");
    }

    @Test
    void aNameHasAtMost63Characters() {
        assertThat(Names.isName("a".repeat(63))).isTrue();
        var failure =
                TestHome.assertFails(
                        ErrorCode.INVALID_NAME, () -> Names.check("sandbox", "a".repeat(100_000)));
        assertThat(failure.getMessage()).hasSizeLessThan(300);
    }

    @Test
    void idsAreNamesThatDoNotRepeat() {
        assertThat(Ids.next()).matches("[a-z2-7]{12}").isNotEqualTo(Ids.next());
        assertThat(Ids.isId(Ids.next(new Random(1)))).isTrue();
        assertThat(Names.isName(Ids.next())).isTrue();
        for (String other : new String[] {"", "abcdefghijk", "abcdefghijk1", "ABCDEFGHIJKL"}) {
            assertThat(Ids.isId(other)).isFalse();
        }
    }
}
