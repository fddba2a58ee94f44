package ledger;

import java.util.Objects;
import java.util.Optional;

class Settings {
    String require(String name) {
        String value = System.getenv(name);
        if (value == null || value.isBlank()) {
            throw new IllegalStateException(name + " is not set");
        }
        return value;
    }

    String owner() {
        return Objects.requireNonNull(System.getenv("LEDGER_OWNER"), "LEDGER_OWNER");
    }

    String currency() {
        return System.getenv().getOrDefault("LEDGER_CURRENCY", "EUR");
    }

    boolean isQuiet() {
        return System.getenv("LEDGER_QUIET") != null;
    }

    String directory() {
        return "ledger-data";
    }

    String ratesAddress() {
        return Optional.ofNullable(System.getenv("RATES_URL")).orElse("https://rates.example.org/v2");
    }
}
