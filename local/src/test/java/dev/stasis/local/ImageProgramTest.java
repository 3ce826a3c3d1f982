package dev.stasis.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stasis.ImageConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageProgramTest {
    @ParameterizedTest
    @CsvSource({
        "'',15",
        "SIGTERM,15",
        "quit,3",
        "SIGINT,2",
        "9,9",
        "SIGRTMIN+3,37",
        "RTMAX-1,63",
        "SIGRTMAX,64",
        "0,15",
        "65,15",
        "SIGRTMAX+1,15",
        "SIGWRONG,15",
        "+,15",
        "SIGSYS,31"
    })
    void theStopSignalIsTheImagesOrSigterm(String said, int number) {
        var config =
                new ImageConfig(List.of(), List.of(), Map.of(), "", "", said, List.of(), Map.of());
        assertThat(new ImageProgram("box", config).stopSignal()).isEqualTo(number);
    }
}
