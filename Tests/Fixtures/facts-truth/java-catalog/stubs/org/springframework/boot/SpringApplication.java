package org.springframework.boot;

public class SpringApplication {
    public static void run(Class<?> program, String... arguments) {}
}
