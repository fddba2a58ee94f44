import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/**
 * Runs the project's build and takes the one jar that starts: {@code Build DIRECTORY OUTPUT JAR MAIN -- COMMAND…}.
 * DIRECTORY is where the build leaves its jars; JAR is a pattern for the jar's name, and MAIN a class to start when no
 * jar names one; both may be {@code -}. OUTPUT gets {@code program.jar} and what it names in its Class-Path.
 */
class Build {
    private static final List<String> ASIDE =
        List.of("-sources.jar", "-javadoc.jar", "-tests.jar", "-test-sources.jar", "-test-fixtures.jar", "-plain.jar");
    private static final Pattern WHOLE =
        Pattern.compile(".*-(all|exec|jar-with-dependencies|with-dependencies|shaded|fat|uber|boot|runner|standalone|app)\\.[jw]ar");

    public static void main(String[] arguments) throws Exception {
        var directory = Path.of(arguments[0]);
        var output = Path.of(arguments[1]);
        var code = new ProcessBuilder(List.of(arguments).subList(5, arguments.length)).inheritIO().start().waitFor();
        if (code != 0) System.exit(code);
        Files.createDirectories(output);
        var quarkus = directory.resolve("quarkus-app/quarkus-run.jar");
        var jar = Files.isRegularFile(quarkus) && arguments[2].equals("-") ? quarkus : choose(directory, arguments[2], !arguments[3].equals("-"));
        System.out.println("packc: the program is " + jar);
        Files.copy(jar, output.resolve("program.jar"), StandardCopyOption.REPLACE_EXISTING);
        if (jar.equals(quarkus)) {
            copyTree(jar.getParent(), output, jar);
        } else {
            copyNamed(jar, output);
        }
    }

    private static Path choose(Path directory, String pattern, boolean hasMain) throws IOException {
        var all = jars(directory);
        if (!pattern.equals("-")) {
            var glob = directory.getFileSystem().getPathMatcher("glob:" + pattern);
            all.removeIf(jar -> !glob.matches(jar.getFileName()));
            if (all.size() == 1) return all.get(0);
            fail(directory, all, "options.jar, \"" + pattern + "\", fits " + (all.isEmpty() ? "none of the jars" : "several jars"));
        }
        var real = new ArrayList<>(all);
        real.removeIf(jar -> isAside(jar.getFileName().toString()));
        var startable = new ArrayList<Path>();
        for (var jar : real) if (mainClass(jar) != null) startable.add(jar);
        var choice = startable.isEmpty() && hasMain ? real : startable;
        if (choice.size() > 1) {
            var whole = new ArrayList<>(choice);
            whole.removeIf(jar -> !WHOLE.matcher(jar.getFileName().toString()).matches());
            if (whole.size() == 1) return whole.get(0);
        }
        if (choice.size() == 1) return choice.get(0);
        fail(directory, real, choice.isEmpty() ? "no jar has a Main-Class in its manifest" : "several jars have a Main-Class");
        return null;
    }

    private static List<Path> jars(Path directory) throws IOException {
        var out = new ArrayList<Path>();
        if (!Files.isDirectory(directory)) return out;
        try (var files = Files.list(directory)) {
            files.filter(file -> file.toString().endsWith(".jar") || file.toString().endsWith(".war")).sorted().forEach(out::add);
        }
        return out;
    }

    private static boolean isAside(String name) {
        return name.startsWith("original-") || ASIDE.stream().anyMatch(name::endsWith);
    }

    private static String mainClass(Path jar) throws IOException {
        try (var file = new JarFile(jar.toFile())) {
            return file.getManifest() == null ? null : file.getManifest().getMainAttributes().getValue("Main-Class");
        }
    }

    private static void fail(Path directory, List<Path> jars, String problem) {
        System.err.println("packc: " + problem + "; " + directory + " holds:");
        for (var jar : jars) System.err.println("  " + jar.getFileName());
        System.err.println("packc: name the jar in unik.yaml, `options: {jar: NAME.jar}`, or the class in the build file");
        System.exit(1);
    }

    /** What the manifest names beside the jar, in the places that it names. */
    private static void copyNamed(Path jar, Path output) throws IOException {
        String list;
        try (var file = new JarFile(jar.toFile())) {
            list = file.getManifest() == null ? null : file.getManifest().getMainAttributes().getValue("Class-Path");
        }
        if (list == null) return;
        for (var entry : list.trim().split("\\s+")) {
            if (entry.isEmpty() || entry.contains(":") || entry.startsWith("/")) continue;
            var from = jar.resolveSibling(entry).normalize();
            var to = output.resolve(entry).normalize();
            if (!to.startsWith(output.normalize())) continue;
            if (Files.isDirectory(from)) {
                copyTree(from, to, null);
            } else if (Files.isRegularFile(from)) {
                Files.createDirectories(to.getParent());
                Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static void copyTree(Path from, Path to, Path except) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : (Iterable<Path>) files::iterator) {
                var target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.equals(except)) {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }
}
