import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Lays a program out for an image: {@code Assemble INPUT OUTPUT MAIN CACHE MODULES}. INPUT holds {@code program.jar}
 * and what belongs to it, or is an unpacked jar. OUTPUT gets {@code app}, with {@code app.jar}; {@code libraries}, which
 * go to the same place and change less often; and {@code runtime}, the part of the JDK that both need.
 *
 * An archive of Spring Boot is taken apart as its own tools do: the application's classes become {@code app.jar}, whose
 * manifest names the libraries. A jar is written anew with sorted entries, without times and compression, so that the
 * same classes are the same bytes; signed ones stay as they are.
 */
class Assemble {
    /** 1980-01-01T00:00:00, the first moment that a zip file can express, as a local time of UTC. */
    private static final long TIME = 315532800000L;

    public static void main(String[] arguments) throws Exception {
        var input = Path.of(arguments[0]);
        var output = Path.of(arguments[1]);
        var home = Path.of(System.getProperty("java.home"));
        var app = Files.createDirectories(output.resolve("app"));
        var libraries = Files.createDirectories(output.resolve("libraries"));
        var jar = input.resolve("program.jar");
        var content = Files.isRegularFile(jar) ? read(jar) : readTree(input);
        var manifest = content.containsKey(JarFile.MANIFEST_NAME) ? new Manifest(new ByteArrayInputStream(content.get(JarFile.MANIFEST_NAME))) : new Manifest();
        if (Files.isRegularFile(jar)) copyBeside(input, app, libraries);
        if (manifest.getMainAttributes().getValue("Start-Class") != null) {
            takeApart(content, manifest, libraries);
        } else {
            var named = input.resolve("main");
            var main = arguments[2].equals("-") && Files.isRegularFile(named) ? Files.readString(named).trim() : arguments[2];
            name(manifest, main, libraries);
        }
        var main = manifest.getMainAttributes().getValue("Main-Class");
        if (main == null) fail("the jar names no Main-Class in its manifest, and no class was found to start");
        var target = app.resolve("app.jar");
        if (isSigned(content) && Files.isRegularFile(jar)) {
            Files.copy(jar, target, StandardCopyOption.REPLACE_EXISTING);
        } else {
            write(target, content, manifest);
        }
        System.out.println("packc: the program is the class " + main);
        link(home, modules(home, target, libraries, arguments[4]), output.resolve("runtime"), Path.of(arguments[3]));
    }

    private static void fail(String text) {
        System.err.println("packc: " + text);
        System.exit(1);
    }

    // Reading

    private static TreeMap<String, byte[]> read(Path jar) throws IOException {
        var out = new TreeMap<String, byte[]>();
        try (var file = new JarFile(jar.toFile(), false)) {
            for (var entry : (Iterable<JarEntry>) file.stream()::iterator) {
                if (!entry.isDirectory()) out.put(entry.getName(), file.getInputStream(entry).readAllBytes());
            }
        }
        return out;
    }

    private static TreeMap<String, byte[]> readTree(Path root) throws IOException {
        var out = new TreeMap<String, byte[]>();
        try (var files = Files.walk(root)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (Files.isRegularFile(file)) out.put(root.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return out;
    }

    private static boolean isSigned(TreeMap<String, byte[]> content) {
        return content.keySet().stream().anyMatch(name -> name.startsWith("META-INF/") && name.endsWith(".SF"));
    }

    /** Jars are libraries, wherever the manifest has them; everything else is the application's. */
    private static void copyBeside(Path input, Path app, Path libraries) throws IOException {
        try (var files = Files.walk(input)) {
            for (var file : (Iterable<Path>) files::iterator) {
                var relative = input.relativize(file).toString();
                if (!Files.isRegularFile(file) || relative.equals("program.jar") || relative.equals("main")) continue;
                boolean own = !relative.endsWith(".jar") || relative.startsWith("app/") || relative.startsWith("quarkus/");
                var target = (own ? app : libraries).resolve(relative);
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    // Laying out

    /** BOOT-INF/lib and BOOT-INF/classes (WEB-INF in a war) become a directory of libraries and an ordinary jar. */
    private static void takeApart(TreeMap<String, byte[]> content, Manifest manifest, Path libraries) throws IOException {
        var attributes = manifest.getMainAttributes();
        var prefix = content.keySet().stream().anyMatch(name -> name.startsWith("WEB-INF/classes/")) ? "WEB-INF/" : "BOOT-INF/";
        var order = order(content, prefix);
        var own = new TreeMap<String, byte[]>();
        var names = new TreeSet<String>();
        for (var entry : content.entrySet()) {
            var name = entry.getKey();
            if (name.endsWith(".jar") && (name.startsWith(prefix + "lib/") || name.startsWith("WEB-INF/lib-provided/"))) {
                var file = name.substring(name.lastIndexOf('/') + 1);
                // For layers and wars; no program starts with it.
                if (file.startsWith("spring-boot-jarmode-")) continue;
                Files.createDirectories(libraries.resolve("lib"));
                Files.write(libraries.resolve("lib").resolve(file), entry.getValue());
                names.add(file);
            } else if (name.startsWith(prefix + "classes/")) {
                own.put(name.substring((prefix + "classes/").length()), entry.getValue());
            } else if (name.startsWith("META-INF/") && !name.equals(JarFile.MANIFEST_NAME) && !name.startsWith("META-INF/services/java.nio.file")) {
                own.putIfAbsent(name, entry.getValue());
            } else if (prefix.equals("WEB-INF/") && !name.startsWith("WEB-INF/") && !name.startsWith("META-INF/") && !name.startsWith("org/springframework/boot/loader/")) {
                // What a war serves; Spring finds it there on the class path.
                own.putIfAbsent("META-INF/resources/" + name, entry.getValue());
            }
        }
        attributes.put(Attributes.Name.MAIN_CLASS, attributes.getValue("Start-Class"));
        var path = new ArrayList<String>();
        for (var file : order) if (names.remove(file)) path.add("lib/" + file);
        for (var file : names) path.add("lib/" + file);
        attributes.put(Attributes.Name.CLASS_PATH, String.join(" ", path).replace("+", "%2B"));
        for (var name : List.of("Start-Class", "Spring-Boot-Classes", "Spring-Boot-Lib", "Spring-Boot-Classpath-Index", "Spring-Boot-Layers-Index")) {
            attributes.remove(new Attributes.Name(name));
        }
        content.clear();
        content.putAll(own);
    }

    /** The order that the build chose, where it wrote it down. */
    private static List<String> order(TreeMap<String, byte[]> content, String prefix) {
        var index = content.get(prefix + "classpath.idx");
        var out = new ArrayList<String>();
        if (index == null) return out;
        for (var line : new String(index, StandardCharsets.UTF_8).split("\n")) {
            var name = line.replaceFirst("^- ", "").replace("\"", "").trim();
            out.add(name.substring(name.lastIndexOf('/') + 1));
        }
        return out;
    }

    /** The class to start and the libraries that were put beside a jar that names none. */
    private static void name(Manifest manifest, String main, Path libraries) throws IOException {
        var attributes = manifest.getMainAttributes();
        attributes.putIfAbsent(Attributes.Name.MANIFEST_VERSION, "1.0");
        boolean forced = main.startsWith("!");
        if (!main.equals("-") && (forced || attributes.getValue("Main-Class") == null)) {
            attributes.put(Attributes.Name.MAIN_CLASS, forced ? main.substring(1) : main);
        }
        if (attributes.getValue("Class-Path") != null || !Files.isDirectory(libraries.resolve("lib"))) return;
        var path = new TreeSet<String>();
        try (var files = Files.list(libraries.resolve("lib"))) {
            files.forEach(file -> path.add("lib/" + file.getFileName().toString().replace("+", "%2B")));
        }
        if (!path.isEmpty()) attributes.put(Attributes.Name.CLASS_PATH, String.join(" ", path));
    }

    private static void write(Path target, TreeMap<String, byte[]> content, Manifest manifest) throws IOException {
        var bytes = new ByteArrayOutputStream();
        manifest.write(bytes);
        content.remove(JarFile.MANIFEST_NAME);
        try (var zip = new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(target)))) {
            put(zip, JarFile.MANIFEST_NAME, bytes.toByteArray());
            for (var entry : content.entrySet()) {
                // When it was built is no part of what was built.
                put(zip, entry.getKey(), entry.getKey().endsWith("pom.properties") ? undated(entry.getValue()) : entry.getValue());
            }
        }
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        var crc = new CRC32();
        crc.update(content);
        var entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        entry.setTimeLocal(LocalDateTime.ofEpochSecond(TIME / 1000, 0, ZoneOffset.UTC));
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private static byte[] undated(byte[] text) {
        var out = new StringBuilder();
        for (var line : new String(text, StandardCharsets.ISO_8859_1).split("\n")) {
            if (!line.startsWith("#")) out.append(line).append('\n');
        }
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    // The runtime

    /** Modules that libraries look up by name at run time, where no class names them. */
    private static final List<String> BY_NAME = List.of("java.instrument", "java.management", "java.naming",
        "jdk.management", "jdk.naming.dns", "jdk.net", "jdk.zipfs");
    /** TLS with elliptic curves, and what frameworks reach through reflection; small. */
    private static final List<String> ALWAYS = List.of("java.base", "java.logging", "jdk.crypto.ec", "jdk.unsupported");

    private static TreeSet<String> modules(Path home, Path app, Path libraries, String more) throws Exception {
        var jars = new ArrayList<String>();
        try (var files = Files.walk(libraries)) {
            files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(file -> jars.add(file.toString()));
        }
        var known = known(home);
        var out = new TreeSet<String>(ALWAYS);
        if (!jars.isEmpty() || hasForeign(app)) out.addAll(BY_NAME);
        out.retainAll(known);
        jars.add(app.toString());
        out.addAll(needed(home, jars));
        for (var name : more.split(",")) {
            if (name.isEmpty()) continue;
            if (!known.contains(name)) fail("options.modules names " + name + ", which this JDK does not have");
            out.add(name);
        }
        return out;
    }

    /** A jar that holds its libraries' classes. */
    private static boolean hasForeign(Path app) throws IOException {
        try (var file = new JarFile(app.toFile())) {
            return file.stream().filter(entry -> entry.getName().startsWith("META-INF/maven/") && entry.getName().endsWith("pom.xml")).count() > 1
                || file.stream().anyMatch(entry -> entry.getName().startsWith("META-INF/services/"));
        }
    }

    private static TreeSet<String> known(Path home) throws Exception {
        var out = new TreeSet<String>();
        for (var line : output(home.resolve("bin/java").toString(), "--list-modules").split("\n")) out.add(line.replaceFirst("@.*", "").trim());
        return out;
    }

    /** What jdeps finds in the classes of all jars; all of Java SE when it cannot read them. */
    private static List<String> needed(Path home, List<String> jars) throws Exception {
        var command = new ArrayList<>(List.of(home.resolve("bin/jdeps").toString(), "--ignore-missing-deps",
            "--print-module-deps", "--multi-release", String.valueOf(Runtime.version().feature())));
        command.addAll(jars);
        var text = output(command.toArray(new String[0]));
        var line = text == null ? "" : text.trim();
        if (line.matches("[a-z0-9.,]+")) return List.of(line.split(","));
        System.out.println("packc: jdeps cannot read these jars together; the runtime gets all of Java SE");
        return List.of("java.se");
    }

    /** null when it fails. */
    private static String output(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        process.getOutputStream().close();
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? text : null;
    }

    /** Linking takes longer than everything else, and most programs of a host need the same modules. */
    private static void link(Path home, TreeSet<String> modules, Path output, Path cache) throws Exception {
        System.out.println("packc: modules of the JDK: " + String.join(" ", modules));
        var image = home.resolve("lib/modules");
        var key = "3 " + home + " " + Runtime.version() + " " + Files.size(image) + " " + Files.getLastModifiedTime(image).toMillis()
            + " " + String.join(" ", modules);
        var text = new StringBuilder();
        for (var value : MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8))) {
            text.append(String.format("%02x", value));
        }
        var kept = cache.resolve(text.toString());
        if (!Files.isDirectory(kept)) {
            var staged = Files.createTempDirectory(cache, "staged").resolve("runtime");
            run(home, modules, staged);
            try {
                Files.move(staged, kept);
            } catch (IOException e) {
                // Another build was faster.
                if (!Files.isDirectory(kept)) throw e;
            }
        }
        copyTree(kept, output);
        // The other libraries need libjvm.so by name; java has loaded it from its place by then.
        Files.createSymbolicLink(output.resolve("lib/libjvm.so"), Path.of("server/libjvm.so"));
    }

    private static void run(Path home, TreeSet<String> modules, Path output) throws Exception {
        // The order of what jlink writes is that of sets, which differs between collectors of garbage; and which one a JVM
        // takes by itself goes by the processors of the host.
        var command = new ArrayList<>(List.of(home.resolve("bin/jlink").toString(), "-J-XX:+UseSerialGC",
            "--strip-java-debug-attributes", "--no-header-files", "--no-man-pages", "--compress", Runtime.version().feature() < 21 ? "2" : "zip-6",
            "--add-modules", String.join(",", modules), "--output", output.toString()));
        var code = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (code != 0) fail("jlink failed");
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), LinkOption.NOFOLLOW_LINKS,
                    StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
