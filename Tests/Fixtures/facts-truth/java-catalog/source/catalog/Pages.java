package catalog;

/** Paths that several controllers share. */
final class Pages {
    static final String ROOT = "/items";
    static final String STOCK = ROOT + "/stock";

    private Pages() {}
}
