package dev.stasis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishedPortTest {
    @ParameterizedTest
    @CsvSource({
        "80,127.0.0.1,0,80",
        ":80,127.0.0.1,0,80",
        "8080:80,127.0.0.1,8080,80",
        "0:80,127.0.0.1,0,80",
        "127.0.0.1::80,127.0.0.1,0,80",
        "0.0.0.0:8080:80,0.0.0.0,8080,80",
        "[::1]:8080:80,0:0:0:0:0:0:0:1,8080,80",
        "[::]::65535,0:0:0:0:0:0:0:0,0,65535"
    })
    void portsAreReadAsTheyAreWritten(String text, String address, int host, int guest) {
        var port = PublishedPort.parse(text);

        assertThat(port).isEqualTo(new PublishedPort(address, host, guest));
        assertThat(PublishedPort.parse(port.toString())).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "x",
                "80x",
                "-1",
                "0",
                "65536",
                "8080:0",
                "65536:80",
                "1:2:3:4",
                "::1:80:80",
                "::80",
                "localhost:80:80",
                "127.0.0.1:80",
                "8080:80/udp",
                "[::1%lo]:80:80",
                "127.0.0.256:80:80",
                "99999999999:80"
            })
    void whatIsNoPortIsRefused(String text) {
        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> PublishedPort.parse(text))
                .matches(e -> e.code() == ErrorCode.INVALID_ARGUMENT);
    }

    @Test
    void aSandboxHasSixtyFourPortsAtMost() {
        var ports = Collections.nCopies(65, PublishedPort.parse("80"));

        assertThatExceptionOfType(StasisException.class)
                .isThrownBy(() -> new NetworkSettings(Network.NONE, ports))
                .withMessageContaining("at most 64");
    }
}
