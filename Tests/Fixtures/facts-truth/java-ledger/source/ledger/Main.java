package ledger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** A small book of accounts behind the JDK's own server. */
public class Main {
    private static final int PORT = 8620;

    public static void main(String[] arguments) throws IOException {
        var settings = new Settings();
        var book = new Book(settings.directory());
        var rates = new Rates(settings.ratesAddress(), settings.require("RATES_TOKEN"));
        var server = HttpServer.create(new InetSocketAddress(PORT), 0);
        server.createContext("/accounts", exchange -> answer(exchange, book.accounts()));
        server.createContext("/accounts/close", exchange -> answer(exchange, book.close()));
        server.createContext("/rates", exchange -> answer(exchange, rates.today("EUR")));
        for (String path : new String[] {"/healthz", "/readyz"}) server.createContext(path, Main::healthy);
        server.start();
    }

    private static void healthy(HttpExchange exchange) throws IOException {
        answer(exchange, "ok");
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}
