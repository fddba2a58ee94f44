package catalog;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.web.client.RestTemplate;

class Prices {
    private static final String HOST = "https://prices.example.com";
    private final RestTemplate client = new RestTemplate();

    @Value("${suppliers.address}")
    private String suppliers;

    @Cacheable("prices")
    String of(String id) {
        return client.getForObject(HOST + "/items/{id}", String.class, id);
    }

    String supplier(String id) {
        return client.getForObject(suppliers + "/of/" + id, String.class);
    }
}
