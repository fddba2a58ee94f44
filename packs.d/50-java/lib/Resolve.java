import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * Finds out which files a build takes from repositories, and their hashes: {@code Resolve KIND SOURCE OUTPUT MIRROR
 * DISTRIBUTION -- COMMAND…}. KIND is maven or gradle; MIRROR and DISTRIBUTION may be {@code -}. Only the build itself
 * knows: plugins ask for more while they run. So it is run once, in a copy of the project with an empty repository, and
 * nothing but the names and hashes is kept.
 */
class Resolve {
    private static final Pattern FETCHED = Pattern.compile("(?:Downloaded from \\S+: |Downloading |Download )((?:https?|file):\\S+)");

    public static void main(String[] arguments) throws Exception {
        var kind = arguments[0];
        var source = Path.of(arguments[1]);
        var output = Path.of(arguments[2]);
        var mirror = arguments[3].equals("-") ? "" : arguments[3];
        var place = Files.createTempDirectory("resolve");
        var project = place.resolve("project");
        copy(source, project);
        Map<String, Package> packages = new TreeMap<>();
        var tool = arguments[4].equals("-") ? "" : distribution(arguments[4], place, packages).toString();
        var command = new ArrayList<String>();
        for (var word : List.of(arguments).subList(6, arguments.length)) {
            command.add(word.replace("@repository@", place.resolve("repository").toString()).replace("@tool@", tool));
        }
        if (kind.equals("maven")) command.addAll(settings(place, mirror));
        if (kind.equals("gradle") && !mirror.isEmpty()) command.add(1, "-Dpackc.repository=" + (mirror.startsWith("/") ? serve(Path.of(mirror)) : mirror));
        var urls = run(command, project);
        if (kind.equals("maven")) {
            scan(place.resolve("repository"), false, urls, mirror, packages);
        } else {
            var files = place.resolve("repository/caches/modules-2/files-2.1");
            if (Files.isDirectory(files)) scan(files, true, urls, mirror, packages);
        }
        Files.writeString(output, json(packages));
        // The server's own threads would keep this one waiting.
        System.exit(0);
    }

    private static final class Package {
        final String name, version, base;
        final TreeMap<String, String> files = new TreeMap<>();

        Package(String name, String version, String base) {
            this.name = name;
            this.version = version;
            this.base = base;
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file).toString()), LinkOption.NOFOLLOW_LINKS,
                    StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** With a mirror Maven takes everything from there; the person's own settings, when a secret brings them, say the rest. */
    private static List<String> settings(Path place, String mirror) throws IOException {
        var own = Path.of(System.getenv("HOME"), ".m2/settings.xml");
        var words = new ArrayList<String>();
        if (Files.isRegularFile(own)) words.addAll(List.of(mirror.isEmpty() ? "-s" : "-gs", own.toString()));
        if (mirror.isEmpty()) return words;
        var url = mirror.startsWith("/") ? Path.of(mirror).toUri().toString() : mirror;
        var text = "<settings><mirrors><mirror><id>packc</id><mirrorOf>*</mirrorOf><url>"
            + url.replace("&", "&amp;").replace("<", "&lt;") + "</url></mirror></mirrors></settings>\n";
        words.addAll(List.of("-s", Files.writeString(place.resolve("settings.xml"), text).toString()));
        return words;
    }

    /** Gradle copies nothing out of a directory, and would not say what it took from there; from a server it does. */
    private static String serve(Path root) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var file = root.resolve("." + exchange.getRequestURI().getPath()).normalize();
            var isThere = file.startsWith(root.normalize()) && Files.isRegularFile(file);
            exchange.sendResponseHeaders(isThere ? 200 : 404, isThere && Files.size(file) > 0 ? Files.size(file) : -1);
            if (isThere && exchange.getRequestMethod().equals("GET")) Files.copy(file, exchange.getResponseBody());
            exchange.close();
        });
        server.setExecutor(Executors.newFixedThreadPool(8, work -> {
            var thread = new Thread(work);
            thread.setDaemon(true);
            return thread;
        }));
        server.start();
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** {@code SHA256 URL}: the build tool that the project's wrapper names. */
    private static Path distribution(String text, Path place, Map<String, Package> packages) throws Exception {
        var sha256 = text.substring(0, text.indexOf(' '));
        var url = text.substring(text.indexOf(' ') + 1);
        var base = url.substring(0, url.lastIndexOf('/'));
        var file = url.substring(url.lastIndexOf('/') + 1);
        var list = Files.writeString(place.resolve("tool.txt"), sha256 + " distribution/" + file + " " + base + "\n");
        var output = place.resolve("tools");
        var java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        var script = Path.of(System.getProperty("packc.lib"), "Fetch.java").toString();
        int code = new ProcessBuilder(java, script, list.toString(), output.toString()).inheritIO().start().waitFor();
        if (code != 0) System.exit(code);
        var one = new Package("distribution", file, base);
        one.files.put(file, Files.readString(output.resolve("distribution/sha256")));
        packages.put("", one);
        return output.resolve("distribution/tool");
    }

    /** Runs the build; returns the URLs that it says it took. */
    private static List<String> run(List<String> command, Path directory) throws Exception {
        var process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var urls = new ArrayList<String>();
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null;) {
                System.out.println(line);
                var match = FETCHED.matcher(line);
                if (match.find()) urls.add(match.group(1));
            }
        }
        int code = process.waitFor();
        if (code == 0) return urls;
        System.err.println("packc: the build that finds out what it needs has failed (see above)");
        System.exit(1);
        return urls;
    }

    /**
     * Takes up every artifact below {@code root}: {@code group/…/artifact/version/file}, or Gradle's
     * {@code group.name/artifact/version/sha1/file}.
     */
    private static void scan(Path root, boolean isGradle, List<String> urls, String mirror, Map<String, Package> packages)
        throws Exception {
        var found = new ArrayList<Path>();
        try (var walk = Files.walk(root)) {
            walk.filter(Files::isRegularFile).filter(Resolve::isArtifact).forEach(found::add);
        }
        var problems = new TreeSet<String>();
        for (var file : found) {
            var parts = root.relativize(file).toString().split("/");
            if (parts.length < 4) continue;
            int end = isGradle ? parts.length - 2 : parts.length - 1;
            var version = parts[end - 1];
            var artifact = parts[end - 2];
            var group = String.join(".", List.of(parts).subList(0, end - 2));
            var name = parts[parts.length - 1];
            var path = group.replace('.', '/') + "/" + artifact + "/" + version + "/" + name;
            var base = base(path, urls, mirror);
            if (base == null) {
                problems.add(group + ":" + artifact + ":" + version + " (" + name + ")");
                continue;
            }
            packages.computeIfAbsent(group + ":" + artifact + ":" + version + " " + base,
                key -> new Package(group + ":" + artifact, version, base)).files.put(name, digest(file));
        }
        if (problems.isEmpty()) return;
        System.err.println("packc: these cannot be locked, since they come as snapshots or from no repository: " + String.join(", ", problems));
        System.exit(1);
    }

    private static boolean isArtifact(Path file) {
        var name = file.getFileName().toString();
        return !name.startsWith("_") && !name.startsWith("maven-metadata") && !name.startsWith("resolver-status")
            && !name.endsWith(".lastUpdated") && !name.endsWith(".sha1") && !name.endsWith(".md5") && !name.endsWith(".lock");
    }

    /** The repository of a file: what its URL has before the path. Empty for the mirror, null when nobody named it. */
    private static String base(String path, List<String> urls, String mirror) {
        for (var url : urls) {
            if (!url.endsWith("/" + path) && !url.endsWith("/" + path.replace("+", "%2B"))) continue;
            if (!mirror.isEmpty()) return "";
            return url.substring(0, url.lastIndexOf("/" + path.substring(0, path.lastIndexOf('/'))));
        }
        return null;
    }

    private static String digest(Path path) throws Exception {
        var text = new StringBuilder();
        for (var value : MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path))) text.append(String.format("%02x", value));
        return text.toString();
    }

    private static String json(Map<String, Package> packages) {
        var entries = new ArrayList<String>();
        for (var one : packages.values()) {
            var fields = new ArrayList<String>();
            fields.add(field("name", quote(one.name)));
            fields.add(field("version", quote(one.version)));
            if (!one.base.isEmpty()) fields.add(field("repository", quote(one.base)));
            fields.add(field("files", list(one.files.keySet())));
            fields.add(field("sha256", list(one.files.values())));
            entries.add("{" + String.join(",", fields) + "}");
        }
        return "{\"packages\":[" + String.join(",\n", entries) + "]}\n";
    }

    private static String field(String name, String value) {
        return quote(name) + ":" + value;
    }

    private static String list(Iterable<String> values) {
        var out = new ArrayList<String>();
        for (var value : values) out.add(quote(value));
        return "[" + String.join(",", out) + "]";
    }

    private static String quote(String text) {
        var out = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            if (one == '"' || one == '\\') out.append('\\');
            if (one < 0x20) throw new IllegalArgumentException("a control character in " + text);
            out.append(one);
        }
        return out.append('"').toString();
    }
}
