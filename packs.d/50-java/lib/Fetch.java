import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Fetches files by hash: {@code Fetch LIST OUTPUT [MIRROR]}. A line of the list is {@code SHA256 PATH BASE}; BASE is an
 * URL, or {@code -} for the mirror, an URL or a directory. OUTPUT is laid out as a Maven repository that holds these
 * files and nothing else; an archive below {@code distribution/} is unpacked.
 */
class Fetch {
    private static final class Item {
        final String sha256, path, base;

        Item(String sha256, String path, String base) {
            this.sha256 = sha256;
            this.path = path;
            this.base = base;
        }
    }

    private static HttpClient client;

    public static void main(String[] arguments) throws Exception {
        var items = new ArrayList<Item>();
        for (var line : Files.readAllLines(Path.of(arguments[0]))) {
            var parts = line.split(" ", 3);
            var base = parts[2].equals("-") ? arguments.length > 2 ? arguments[2] : "" : parts[2];
            items.add(new Item(parts[0], parts[1], base));
        }
        var output = Path.of(arguments[1]);
        Files.createDirectories(output);
        fetchAll(items, output);
        writeVersions(items, output);
    }

    private static void fetchAll(List<Item> items, Path output) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        var running = new ArrayList<Future<Void>>();
        for (var item : items) {
            Callable<Void> work = () -> {
                fetch(item, output);
                return null;
            };
            running.add(pool.submit(work));
        }
        pool.shutdown();
        var problems = new TreeSet<String>();
        for (var one : running) {
            try {
                one.get();
            } catch (ExecutionException e) {
                var cause = e.getCause();
                problems.add(cause.getMessage() == null ? cause.toString() : cause.getMessage());
            }
        }
        if (problems.isEmpty()) return;
        problems.stream().limit(10).forEach(problem -> System.err.println("packc: " + problem));
        if (problems.size() > 10) System.err.println("packc: and " + (problems.size() - 10) + " more");
        System.exit(1);
    }

    private static void fetch(Item item, Path output) throws Exception {
        var target = output.resolve(item.path).normalize();
        if (!target.startsWith(output.normalize())) throw new IOException(item.path + " leaves the repository");
        Files.createDirectories(target.getParent());
        if (item.base.startsWith("/")) {
            copy(Path.of(item.base, item.path), target);
        } else if (item.base.startsWith("file:")) {
            copy(Path.of(URI.create(slashed(item.base)).resolve(escaped(item.path))), target);
        } else {
            download(URI.create(slashed(item.base)).resolve(escaped(name(item))), target);
        }
        var found = digest(target);
        if (!item.sha256.equals("-") && !item.sha256.equals(found)) {
            throw new IOException(item.path + " from " + item.base + " has the SHA-256 " + found + ", and packc.lock says "
                + item.sha256 + "; it was changed since it was locked");
        }
        if (item.path.startsWith("distribution/")) {
            unpack(target);
            Files.writeString(target.resolveSibling("sha256"), found);
        }
    }

    /** A distribution lies directly below its base. */
    private static String name(Item item) {
        return item.path.startsWith("distribution/") ? item.path.substring("distribution/".length()) : item.path;
    }

    private static String slashed(String base) {
        return base.endsWith("/") ? base : base + "/";
    }

    private static String escaped(String path) {
        return path.replace("%", "%25").replace(" ", "%20").replace("+", "%2B");
    }

    private static void copy(Path from, Path to) throws IOException {
        if (!Files.isRegularFile(from)) throw new IOException("there is no " + from + " any more");
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void download(URI uri, Path target) throws Exception {
        Exception last = null;
        for (int attempt = 0; attempt < 3; attempt++) {
            try {
                var answer = get(uri, target);
                if (answer.statusCode() == 200) return;
                last = new IOException(uri + " answers " + answer.statusCode()
                    + (answer.statusCode() == 401 ? "; packc build --fetch-secret netrc or maven hands your credentials on" : ""));
                if (answer.statusCode() < 500 && answer.statusCode() != 429) break;
            } catch (IOException e) {
                last = new IOException(uri + " cannot be fetched: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
            }
            Thread.sleep(500L << attempt);
        }
        throw last;
    }

    /** Credentials go to the places that they are for, not to where those lead. */
    private static HttpResponse<Path> get(URI uri, Path target) throws Exception {
        for (int hop = 0;; hop++) {
            var request = HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(5)).header("User-Agent", "packc");
            var authorization = credentials().authorization(uri);
            if (authorization != null) request.header("Authorization", authorization);
            var answer = client().send(request.build(), HttpResponse.BodyHandlers.ofFile(target));
            var next = answer.headers().firstValue("Location");
            if (answer.statusCode() / 100 != 3 || next.isEmpty() || hop == 5) return answer;
            var where = uri.resolve(next.get());
            if (uri.getScheme().equals("https") && !"https".equals(where.getScheme())) throw new IOException(uri + " leads to " + where);
            uri = where;
        }
    }

    private static Credentials credentials;

    private static synchronized Credentials credentials() throws Exception {
        if (credentials == null) credentials = new Credentials(Path.of(System.getenv("HOME")));
        return credentials;
    }

    /** Of the files that a fetch step is given in HOME: netrc by host, Maven's settings by the address of a mirror or repository. */
    private static final class Credentials {
        private final Map<String, String> hosts = new TreeMap<>();
        private final Map<String, String> bases = new TreeMap<>();

        Credentials(Path home) throws Exception {
            if (Files.isRegularFile(home.resolve(".netrc"))) readNetrc(Files.readString(home.resolve(".netrc")));
            if (Files.isRegularFile(home.resolve(".m2/settings.xml"))) readSettings(home.resolve(".m2/settings.xml"));
        }

        String authorization(URI uri) {
            for (var base : bases.entrySet()) if (uri.toString().startsWith(base.getKey())) return base.getValue();
            return hosts.get(uri.getHost());
        }

        private static String basic(String name, String word) {
            return "Basic " + Base64.getEncoder().encodeToString((name + ":" + word).getBytes(StandardCharsets.UTF_8));
        }

        private void readNetrc(String text) {
            var words = text.trim().split("\\s+");
            String host = null, name = "";
            for (int at = 0; at + 1 < words.length; at++) {
                switch (words[at]) {
                    case "machine": host = words[++at]; name = ""; break;
                    case "login": name = words[++at]; break;
                    case "password": if (host != null) hosts.put(host, basic(name, words[++at])); break;
                    default: break;
                }
            }
        }

        private void readSettings(Path file) throws Exception {
            var factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var settings = factory.newDocumentBuilder().parse(file.toFile()).getDocumentElement();
            Map<String, String> servers = new TreeMap<>();
            for (var server : elements(settings, "server")) {
                if (!text(server, "password").isEmpty()) servers.put(text(server, "id"), basic(text(server, "username"), text(server, "password")));
            }
            for (var kind : List.of("mirror", "repository", "pluginRepository")) {
                for (var place : elements(settings, kind)) {
                    var word = servers.get(text(place, "id"));
                    if (word != null && !text(place, "url").isEmpty()) bases.put(slashed(text(place, "url")), word);
                }
            }
        }

        private static List<Element> elements(Element parent, String name) {
            var found = new ArrayList<Element>();
            var nodes = parent.getElementsByTagName(name);
            for (int index = 0; index < nodes.getLength(); index++) found.add((Element) nodes.item(index));
            return found;
        }

        private static String text(Element parent, String name) {
            var found = elements(parent, name);
            return found.isEmpty() ? "" : found.get(0).getTextContent().trim();
        }
    }

    private static synchronized HttpClient client() {
        if (client != null) return client;
        var builder = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).connectTimeout(Duration.ofSeconds(30));
        for (var name : List.of("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY")) {
            var value = System.getenv(name);
            if (value == null || value.isEmpty()) continue;
            var proxy = URI.create(value.contains("://") ? value : "http://" + value);
            builder.proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort() < 0 ? 3128 : proxy.getPort())));
            break;
        }
        client = builder.build();
        return client;
    }

    static String digest(Path path) throws Exception {
        var hash = MessageDigest.getInstance("SHA-256");
        try (InputStream in = Files.newInputStream(path)) {
            var chunk = new byte[1 << 16];
            for (int count; (count = in.read(chunk)) > 0;) hash.update(chunk, 0, count);
        }
        var text = new StringBuilder();
        for (var value : hash.digest()) text.append(String.format("%02x", value));
        return text.toString();
    }

    /** The archive's one directory becomes {@code distribution/tool}. */
    private static void unpack(Path archive) throws IOException {
        var root = archive.resolveSibling("tool");
        try (var zip = new ZipInputStream(Files.newInputStream(archive))) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null;) {
                int slash = entry.getName().indexOf('/');
                if (slash < 0 || entry.isDirectory()) continue;
                var target = root.resolve(entry.getName().substring(slash + 1)).normalize();
                if (!target.startsWith(root)) throw new IOException(archive + " holds " + entry.getName());
                Files.createDirectories(target.getParent());
                Files.copy(zip, target, StandardCopyOption.REPLACE_EXISTING);
                if (target.getParent().getFileName().toString().equals("bin")) target.toFile().setExecutable(true, false);
            }
        }
        Files.delete(archive);
    }

    /** A range of versions ([2.1,2.2)) is looked up in the list of those that are here, which are the locked ones. */
    private static void writeVersions(List<Item> items, Path output) throws IOException {
        Map<String, TreeSet<String>> versions = new TreeMap<>();
        for (var item : items) {
            var parts = item.path.split("/");
            if (parts.length < 4) continue;
            var artifact = String.join("/", List.of(parts).subList(0, parts.length - 2));
            versions.computeIfAbsent(artifact, key -> new TreeSet<>()).add(parts[parts.length - 2]);
        }
        for (var entry : versions.entrySet()) {
            int slash = entry.getKey().lastIndexOf('/');
            var text = new StringBuilder("<metadata><groupId>").append(entry.getKey().substring(0, slash).replace('/', '.'))
                .append("</groupId><artifactId>").append(entry.getKey().substring(slash + 1))
                .append("</artifactId><versioning><versions>");
            for (var version : entry.getValue()) text.append("<version>").append(version).append("</version>");
            text.append("</versions></versioning></metadata>\n");
            var directory = output.resolve(entry.getKey());
            Files.writeString(directory.resolve("maven-metadata-local.xml"), text);
            Files.writeString(directory.resolve("maven-metadata.xml"), text);
        }
    }
}
