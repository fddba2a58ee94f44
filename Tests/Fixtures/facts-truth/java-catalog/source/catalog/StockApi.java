package catalog;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;

/** The routes, apart from what they do. */
@RequestMapping(Pages.STOCK)
interface StockApi {
    @GetMapping("/{warehouse}")
    String in(@PathVariable String warehouse);

    @RequestMapping("/reset")
    void reset();
}
