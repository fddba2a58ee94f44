package catalog;

import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(Pages.ROOT)
public class ItemController {
    private final Prices prices;

    ItemController(Prices prices) {
        this.prices = prices;
    }

    @GetMapping
    String all() {
        return "[]";
    }

    @GetMapping({"/{id}", "/by-number/{id}"})
    String one(@PathVariable String id) {
        return prices.of(id);
    }

    @PostMapping
    void add() {}

    @PutMapping(path = "/{id}/price")
    void price(@PathVariable String id) {}

    @DeleteMapping("/{id}")
    void remove(@PathVariable String id) {}

    @RequestMapping(value = "/export", method = {RequestMethod.GET, RequestMethod.POST})
    String export() {
        return "";
    }
}
