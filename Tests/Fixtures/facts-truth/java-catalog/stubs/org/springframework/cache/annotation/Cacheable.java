package org.springframework.cache.annotation;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

@Retention(RetentionPolicy.RUNTIME)
public @interface Cacheable {
    String[] value() default {};

    String[] cacheNames() default {};
}
